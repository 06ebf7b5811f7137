# SPDX-License-Identifier: Apache-2.0
"""Faults planted in the command line: print, for each, what the rules say of a case with it.

PYTHONPATH=tests python -m fuzz.planted
"""

import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import click
from fuzz import process
from fuzz.rules import broken_rules, snapshot
from fuzz.run import _ended
from surmax.common.errors import InputError

from surmax.app import app

LINE = ["surmax", "aie", "header", "in/heads.json", "-o", "out/made"]


def _key_error() -> None:
    raise KeyError("layer")


def _two_lines() -> None:
    print("note: one more line", file=sys.stderr)
    raise InputError("heads must be a list")


def _leave_process() -> None:
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)


FAULTS: dict[str, Callable[[], object]] = {
    "none": lambda: None,
    "key error": _key_error,
    "warning": lambda: warnings.warn("overflow encountered", RuntimeWarning, stacklevel=1),
    "two lines": _two_lines,
    "odd exit code": lambda: sys.exit(5),
    "killed": lambda: os.kill(os.getpid(), 11),
    "hang": lambda: time.sleep(60),
    "busy hang": lambda: any(time.sleep(0) for _ in iter(int, 1)),
    "other file": lambda: Path("in/new").write_text(""),
    "file of its parent folder": lambda: Path("../new").write_text(""),
    "input written": lambda: Path("in/heads.json").write_text("{}"),
    "input removed": lambda: Path("in/heads.json").unlink(),
    "partial file": lambda: Path("out/.made.partial").write_text(""),
    "work folder": lambda: Path("build/work-x").mkdir(parents=True),
    "long progress": lambda: print(f"[   1.0 s] {'x' * 400}", file=sys.stderr),
    "terminal codes": lambda: print("[   1.0 s] \x1b[2J", file=sys.stderr),
    "process left": _leave_process,
}


def troubles(fault: Callable[[], object], base: Path) -> list[str]:
    """Return the rules that are broken when the command runs `fault` after reading its input."""
    root = Path(tempfile.mkdtemp(dir=base))
    folder, log = root / "case" / "here", root / "log"
    for made in (folder / "in", folder / "out", log):
        made.mkdir(parents=True)
    (folder / "in" / "heads.json").write_text("[]")
    context = click.Context(app)
    command = app.get_command(context, "aie").get_command(context, "header")

    def body() -> int:
        command.callback = lambda **_: fault() and None
        return _ended(LINE)

    before = snapshot(folder.parent, folder)
    ended = process.run(body, folder, log)
    after = snapshot(folder.parent, folder)
    return broken_rules(ended, before, after, ["out/made"], json_output=False)


def main() -> None:
    """Print the troubles of each fault as JSON."""
    process.SECONDS, process.PATIENCE = 1.0, 3
    process.adopt_orphans()
    with tempfile.TemporaryDirectory() as base:
        found = {name: troubles(fault, Path(base)) for name, fault in FAULTS.items()}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
