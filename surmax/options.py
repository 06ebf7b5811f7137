# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from surmax.golden import InputError
from surmax.units.protocol import Command

BUILD = Path("build")


def as_json(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "json_output", is_flag=True, help="print JSON")(command)


def output_file(text: str, *names: str) -> Callable[[Command], Command]:
    """Add -o FILE, with `text` as its help; its folder has to be there before work begins.

    `names` are more names of the option.
    """
    return click.option(
        "-o",
        "--output-file",
        *names,
        "output_file",
        type=click.Path(path_type=Path, dir_okay=False),
        callback=_in_a_folder,
        help=text,
    )


def _in_a_folder(context: Any, parameter: Any, path: Path | None) -> Path | None:
    if path is not None and not path.parent.is_dir():
        raise InputError(f"output file {path}: folder {path.parent} is not there")
    return path
