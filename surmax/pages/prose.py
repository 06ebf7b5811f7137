# SPDX-License-Identifier: Apache-2.0
"""The prose of generated pages: Markdown templates in the folder `text`, one file a page.

A template has sections that begin with `## NAME`. A blank line ends a paragraph; fields in braces
are filled in as by str.format, so that {value:.3f} rounds. The text decides no result: it is read
past surmax.common.digest, and a changed sentence makes no kept result void.
"""

import re
import textwrap
from functools import cache
from importlib.resources import files
from typing import Any

WIDTH = 100


def prose(page: str, section: str, **values: Any) -> tuple[str, ...]:
    """Return the paragraphs of a section, each on one line, with `values` filled in.

    Raises KeyError when there is no such section, or a field has no value.
    """
    return tuple(one.format(**values) for one in _sections(page)[section])


def wrapped(page: str, section: str, **values: Any) -> str:
    """Return the section as Markdown text with lines of at most WIDTH characters."""
    return "\n\n".join(fill(one) for one in prose(page, section, **values))


def fill(paragraph: str, indent: str = "") -> str:
    """Return a paragraph in lines of at most WIDTH characters, all but the first one indented."""
    return textwrap.fill(paragraph, WIDTH, subsequent_indent=indent, break_on_hyphens=False)


@cache
def _sections(page: str) -> dict[str, tuple[str, ...]]:
    text = files("surmax.pages").joinpath("text", f"{page}.md").read_text(encoding="utf-8")
    found = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        name, _, body = part.partition("\n")
        paragraphs = re.split(r"\n\s*\n", body.strip())
        found[name.strip()] = tuple(" ".join(one.split()) for one in paragraphs)
    return found
