# SPDX-License-Identifier: Apache-2.0
"""`surmax registers`: the AXI4-Lite address maps as a page of documentation."""

from pathlib import Path

import click

from surmax.console import out
from surmax.options import output_file
from surmax.rtl.consmax.axi import consmax_map
from surmax.rtl.hccs.axi import hccs_map
from surmax.rtl.softermax.axi import softermax_map
from surmax.rtl.softmax.axi import softmax_map
from surmax.rtl.tops.axi import address_map


@click.command()
@output_file("write the page, as in docs/registers.md")
def registers(output_file: Path | None) -> None:
    """Print the address maps of the AXI tops in Markdown."""
    text = address_map(consmax_map(), hccs_map(), softmax_map(), softermax_map())
    if output_file:
        output_file.write_text(text)
    else:
        out.print(text, markup=False)
