# SPDX-License-Identifier: Apache-2.0
"""`surmax registers`: the AXI4-Lite address maps as a page of documentation."""

from pathlib import Path

import click

from surmax.common.writing import write_whole
from surmax.console import out
from surmax.golden import unit_entry, unit_names
from surmax.options import output_file
from surmax.rtl.tops.address_map import address_map


@click.command(epilog="Example: surmax registers -o docs/registers.md")
@output_file("write the page, as in docs/registers.md")
def registers(output_file: Path | None) -> None:
    """Print the address maps of the AXI tops in Markdown."""
    text = address_map(*(unit_entry("rtl", unit).address_map() for unit in unit_names()))
    if output_file:
        write_whole(output_file, text)
    else:
        out.print(text)
