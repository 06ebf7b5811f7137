# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from surmax.common.writing import check_output, check_output_folder
from surmax.value_types import LIBERTY, TargetName


class OutputPath(click.Path):
    """A path that a command writes to."""


Command = Callable[..., Any]

BUILD = Path("build")
SYNTH_CACHE = BUILD / "synth"
SEED = click.IntRange(0, 2**32 - 1)
# A file that is read: what reads it says what is wrong with it.
INPUT_FILE = click.Path(path_type=Path, dir_okay=False)
INPUT_FOLDER = click.Path(path_type=Path, file_okay=False)
OUTPUT_FILE = OutputPath(path_type=Path)
OUTPUT_FOLDER = OutputPath(path_type=Path, file_okay=False)


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

    Before the command begins it is checked that the file can be written and is no input of it.
    """

    def add(command: Command) -> Command:
        @wraps(command)
        def checked(**values: Any) -> Any:
            if values["output_file"] is not None:
                check_output(values["output_file"], _inputs())
            return command(**values)

        return click.option("-o", "--output", "output_file", type=OUTPUT_FILE, help=text)(checked)

    return add


def output_folder(
    text: str, default: Path | None = None, names: Sequence[str] = ()
) -> Callable[[Command], Command]:
    """Add -o FOLDER with `text` as its help; required where it has no default.

    A folder that is not there is made. Before the command begins it is checked that files can be
    written there, and that those called `names` would replace regular files only and no input.
    """
    given = {"required": True} if default is None else {"default": default, "show_default": True}

    def add(command: Command) -> Command:
        @wraps(command)
        def checked(*arguments: Any, **values: Any) -> Any:
            folder = click.get_current_context().params["folder"]
            check_output_folder(folder, names, _inputs())
            return command(*arguments, **values)

        option = click.option("-o", "--output", "folder", type=OUTPUT_FOLDER, help=text, **given)
        return option(checked)

    return add


def _inputs() -> list[Path]:
    """Return the paths of files and folders that the command in progress reads."""
    context = click.get_current_context()
    found: list[Path] = []
    for option in context.command.params:
        if isinstance(option.type, OutputPath):
            continue
        value = context.params.get(option.name or "")
        for one in value if isinstance(value, tuple) else (value,):
            # A target may be liberty:PATH.
            if isinstance(option.type, click.Path | TargetName) and one is not None:
                found.append(Path(str(one).removeprefix(LIBERTY)))
    return found
