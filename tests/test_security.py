# SPDX-License-Identifier: Apache-2.0
"""SECURITY.md says the limits that the code has, and how to report in private."""

import re

from helpers.repository import ROOT
from surmax.common.archives import MOST_MEMBER
from surmax.common.index import MOST_ARCHIVE
from surmax.common.reading import MIB, MOST_BYTES, read_toml
from surmax.golden.units import GROUP

PAGE = " ".join((ROOT / "SECURITY.md").read_text().split())


def test_limits_are_those_of_the_code():
    toml = read_toml.__kwdefaults__["most"]
    assert f"{MOST_BYTES // MIB} MiB for JSON and text, {toml // MIB} MiB for TOML" in PAGE
    assert f"at most {MOST_MEMBER // MIB} MiB each" in PAGE
    assert MOST_ARCHIVE <= MOST_MEMBER
    assert f"entry point group `{GROUP}`" in PAGE


def test_reports_are_private_and_go_to_no_mailbox():
    assert "*Report a vulnerability*" in PAGE
    assert not re.search(r"\w@\w", PAGE)
