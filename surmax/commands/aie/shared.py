# SPDX-License-Identifier: Apache-2.0
"""Options and compilation of kernels that several commands of `surmax aie` share."""

from pathlib import Path

import click

from surmax.aie.forms import ARCHITECTURES
from surmax.options import BUILD, Command

AIE_BUILD = BUILD / "aie"
CONSTANTS = click.Path(path_type=Path, dir_okay=False)
ARCHITECTURE = click.Choice(tuple(ARCHITECTURES))


def compiler_option(command: Command) -> Command:
    """Add --compiler."""
    return click.option(
        "--compiler",
        metavar="PROGRAM",
        help="C++20 compiler  [default: $CXX, else g++, else clang++]",
    )(command)


def sanitize_option(text: str) -> Command:
    """Add --sanitize; `text` is added to its help."""
    return click.option(
        "--sanitize",
        is_flag=True,
        help=f"with address and undefined-behaviour sanitizers{text}",
    )
