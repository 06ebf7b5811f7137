# SPDX-License-Identifier: Apache-2.0
"""The reading paths of docs/contributing.md: short, and each file is named by one before it."""

import re

import pytest
from helpers.repository import DOCS, ROOT

TEXT = (DOCS / "contributing.md").read_text().partition("## Reading paths")[2]
PATHS = [
    re.findall(r"^\d+\. `(\S+\.py)`", part, re.MULTILINE) for part in TEXT.split("\nFrom ")[1:]
]


def test_they_are_short():
    synth, beat = PATHS
    assert len(synth) <= 18
    assert len(beat) <= 14


@pytest.mark.parametrize("path", PATHS, ids=["synth", "beat"])
def test_each_file_is_named_by_one_before_it(path):
    assert len(set(path)) == len(path)
    seen = (ROOT / path[0]).read_text()
    for file in path[1:]:
        text = (ROOT / file).read_text()
        folder, name = file.removesuffix(".py").split("/")[-2:]
        # A class or function of the file, its module, or an entry that the registry finds.
        names = re.findall(r"^(?:class|def) ([A-Za-z]\w+)", text, re.MULTILINE)
        named = "|".join(rf"\b{one}\b" for one in (*names, rf"{folder}\.{name}"))
        by_registry = name == "entry" and "unit_entry(" in seen
        assert by_registry or re.search(named, seen), file
        seen += text
