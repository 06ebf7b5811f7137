# SPDX-License-Identifier: Apache-2.0
"""`surmax aie header`: constants for the kernels, as a C++ header."""

from pathlib import Path

import click

from surmax.aie.header import aie_header
from surmax.commands.aie.shared import CONSTANTS
from surmax.common.writing import write_whole
from surmax.console import out
from surmax.options import output_file


@click.command(epilog="Example: surmax aie header constants.json -o heads.hpp")
@click.argument("constants", type=CONSTANTS)
@output_file("header to write  [default: standard output]")
def header(constants: Path, output_file: Path | None) -> None:
    """Write the C++ header of a head-constants file.

    Illegal constants in CONSTANTS are refused.
    """
    text = aie_header(constants)
    if output_file is None:
        click.echo(text, nl=False)
    else:
        write_whole(output_file, text)
        out.print(f"{output_file}: constants of {constants}")
