# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from surmax.common.writing import check_output

Command = Callable[..., Any]

BUILD = Path("build")
SYNTH_CACHE = BUILD / "synth"
SEED = click.IntRange(0, 2**32 - 1)
# A file that is read: what reads it says what is wrong with it.
INPUT_FILE = click.Path(path_type=Path, dir_okay=False)
INPUT_FOLDER = click.Path(path_type=Path, file_okay=False)


def with_options(command: Command, *options: Command) -> Command:
    """Add options to a command, in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def as_json(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "json_output", is_flag=True, help="print JSON")(command)


def output_file(text: str) -> Callable[[Command], Command]:
    """Add -o FILE with `text` as its help.

    It is checked before work begins (see surmax.common.writing.check_output).
    """
    return click.option(
        "-o",
        "--output",
        "output_file",
        type=click.Path(path_type=Path),
        callback=_checked,
        help=text,
    )


def output_folder(text: str, default: Path | None = None) -> Callable[[Command], Command]:
    """Add -o FOLDER with `text` as its help; required where it has no default.

    A folder that is not there is made.
    """
    return click.option(
        "-o",
        "--output",
        "folder",
        type=click.Path(path_type=Path, file_okay=False, writable=True),
        help=text,
        **({"required": True} if default is None else {"default": default, "show_default": True}),
    )


def _checked(context: Any, parameter: Any, path: Path | None) -> Path | None:
    if path is not None:
        check_output(path)
    return path
