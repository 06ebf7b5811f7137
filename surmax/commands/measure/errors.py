# SPDX-License-Identifier: Apache-2.0
"""`surmax errors`: row sums and errors of every HCCS mode, as a page of tables."""

from dataclasses import asdict
from pathlib import Path

import click

from surmax.calibrate.hccs.modes import (
    COMPARISONS,
    compare_masks,
    compare_modes,
    compare_sums,
    fit_lengths,
)
from surmax.common.writing import write_whole
from surmax.console import out, print_json, say
from surmax.golden.hccs.samples import KINDS, SCALE
from surmax.options import as_json, output_file
from surmax.pages.hccs_errors import errors_page


@click.command(epilog="Example: surmax errors -o docs/hccs-errors.md")
@output_file("write the tables as Markdown, as in docs/hccs-errors.md")
@as_json
def errors(output_file: Path | None, json_output: bool) -> None:
    """Measure row sums and errors of every HCCS mode.

    The rows are flat, peaked and natural ones, from a fixed seed.
    """
    fits = fit_lengths()
    say("constants fitted")
    measured = {name: compare_modes(modes, fits) for name, modes in COMPARISONS.items()}
    say("modes measured")
    measured["sums"], measured["masks"] = compare_sums(), compare_masks()
    if output_file:
        write_whole(output_file, errors_page(measured, fits))
    if json_output:
        constants = [{"n": n, "kl": one.kl} | asdict(one.constants) for n, one in fits.items()]
        print_json({"rows": KINDS, "scale": SCALE, "constants": constants, "tables": measured})
    elif not output_file:
        out.print(errors_page(measured, fits))
