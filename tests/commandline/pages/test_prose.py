# SPDX-License-Identifier: Apache-2.0
"""The prose of generated pages."""

from importlib.resources import files

import pytest

from surmax.pages import prose
from surmax.pages.prose import fill


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page of two sections; the second one has a field."""
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "page.md").write_text(
        "# Prose of a test\n\n## first\n\nOne\nline.\n\nAnother\nparagraph.\n\n"
        "## second part\n\nA value of {value:.2f} {unit}.\n"
    )
    monkeypatch.setattr(prose, "files", lambda package: tmp_path)
    prose._sections.cache_clear()
    yield "page"
    prose._sections.cache_clear()


def test_paragraphs_are_lines_with_values(page):
    assert prose.prose(page, "first") == ("One line.", "Another paragraph.")
    found = prose.prose(page, "second part", value=0.123, unit="pJ")
    assert found == ("A value of 0.12 pJ.",)
    with pytest.raises(KeyError):
        prose.prose(page, "third")
    with pytest.raises(KeyError):
        prose.prose(page, "second part", value=1)


def test_lines_are_no_longer_than_the_width():
    text = fill("a long-word " * 40, indent="  ")
    assert max(map(len, text.splitlines())) <= prose.WIDTH
    assert "long-word" in text
    assert all(line.startswith("  ") for line in text.splitlines()[1:])


def test_every_template_is_package_data():
    names = {path.name for path in files("surmax.pages").joinpath("text").iterdir()}
    assert {"report.md", "hccs_errors.md", "operations.md", "accuracy.md", "sweep.md"} <= names
