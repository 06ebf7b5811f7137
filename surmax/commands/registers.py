# SPDX-License-Identifier: Apache-2.0
"""`surmax registers`: the AXI4-Lite address map as a page of documentation."""

from pathlib import Path

import click

from surmax.console import out
from surmax.rtl.axi import address_map


@click.command()
@click.option("-o", "--output-file", type=click.Path(path_type=Path, dir_okay=False))
def registers(output_file: Path | None) -> None:
    """Print the address map of the AXI top in Markdown."""
    text = address_map()
    if output_file:
        output_file.write_text(text)
    else:
        out.print(text, markup=False)
