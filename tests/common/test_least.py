# SPDX-License-Identifier: Apache-2.0
"""Tools that are too old are refused in one line, and the least versions stand in the docs."""

import re

import pytest
from helpers.repository import ROOT
from surmax.common.errors import MissingToolError
from surmax.common.least import LEAST, check_version, is_older


@pytest.mark.parametrize(
    ("older", "newer"),
    [("4.038", "5.006"), ("5.006", "5.010"), ("5.006", "5.49"), ("10.3", "11.0"), ("0.9", "0.23")],
)
def test_versions_are_compared_by_their_numbers(older, newer):
    assert is_older(older, newer)
    assert not is_older(newer, older)
    assert not is_older(newer, newer)


def test_an_old_tool_is_refused_in_one_line():
    with pytest.raises(MissingToolError) as caught:
        check_version("verilator", "4.038", "/opt/verilator")
    line = "Verilator must be 5.006 or later, not 4.038 (/opt/verilator)"
    assert str(caught.value) == line
    check_version("verilator", "5.006", "/opt/verilator")
    check_version("icarus", "Icarus Verilog version 11.0 (stable)", "iverilog")
    check_version("icarus", "devel", "iverilog")


@pytest.mark.parametrize("page", ["README.md", "docs/verification.md"])
def test_pages_state_the_least_versions(page):
    text = re.sub(r"\s+", " ", (ROOT / page).read_text())
    for name, least in LEAST.values():
        assert f"{name} {least}" in text
