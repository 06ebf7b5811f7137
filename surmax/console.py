# SPDX-License-Identifier: Apache-2.0
"""Output of the commands: results to standard output, progress to standard error."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.console import Console

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

_start = time.monotonic()


def say(text: str) -> None:
    """Print one line of progress with the seconds since the start."""
    err.print(f"[{time.monotonic() - _start:6.1f} s] {text}", markup=False)


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
        err.print(f"\r{what}: {done:.3g} of {wanted:.3g} ", end="\n" if done >= wanted else "")

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
