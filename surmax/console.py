# SPDX-License-Identifier: Apache-2.0
"""Output of the commands: results to standard output, progress to standard error."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.table import Table
from rich.text import Text

from surmax.common.errors import escaped, one_line


def _drop_odd_sizes() -> None:
    """Forget sizes of the terminal that are no numbers from 1 to 9999: rich would believe them."""
    for name in ("COLUMNS", "LINES"):
        value = os.environ.get(name, "1")
        if not (value.isascii() and value.isdecimal() and 1 <= int(value[:9]) <= 9999):
            del os.environ[name]


_drop_odd_sizes()
# Names of users' files and cells are printed, so that nothing in a text is markup.
_PLAIN = {"soft_wrap": True, "highlight": False, "markup": False, "emoji": False}


class PlainConsole(Console):
    """A console on which no name of a user's file acts on the terminal, in text or in tables."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return text to print, its control characters as escapes."""
        return super().render_str(escaped(text), **options)


out = PlainConsole(**_PLAIN)
err = PlainConsole(stderr=True, **_PLAIN)

_start = time.monotonic()


def say(text: str) -> None:
    """Print one line of progress with the seconds since the start."""
    err.print(f"[{time.monotonic() - _start:6.1f} s] {one_line(text)}")


def print_table(table: Table) -> None:
    """Print a table on standard output as wide as it is: no figure is broken or cut."""
    options = out.options.update(max_width=10_000)
    width = max(out.measure(table, options=options).maximum, 1)
    PlainConsole(width=width, height=25, **_PLAIN).print(table)


def counter(what: str) -> Callable[[int, int], None]:
    """Return a progress callback that shows `what` done of wanted, in place on a terminal."""
    shown = time.monotonic()

    def show(done: int, wanted: int) -> None:
        nonlocal shown
        if not err.is_terminal:
            if time.monotonic() - shown > 5:
                shown = time.monotonic()
                say(f"{what}: {done:.3g} of {wanted:.3g}")
            return
        # Rich drops a carriage return that is part of a text.
        err.control(Control(ControlType.CARRIAGE_RETURN))
        err.print(f"{what}: {done:.3g} of {wanted:.3g} ", end="\n" if done >= wanted else "")

    return show


def print_json(document: Any) -> None:
    """Print a document on standard output as JSON."""
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown, without a newline at its end."""
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)
