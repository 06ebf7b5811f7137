# SPDX-License-Identifier: Apache-2.0
"""The command tree."""

import click

from surmax.commands.aie.command import aie
from surmax.commands.build.elaborate import elaborate, lint
from surmax.commands.build.registers import registers
from surmax.commands.build.solve import solve
from surmax.commands.measure.cells import cells
from surmax.commands.measure.energy import energy
from surmax.commands.measure.errors import errors
from surmax.commands.measure.explore import explore
from surmax.commands.measure.figures import figures
from surmax.commands.measure.report import report
from surmax.commands.measure.sweep import sweep
from surmax.commands.measure.synth import synth
from surmax.commands.measure.time import time
from surmax.commands.models.accuracy import accuracy
from surmax.commands.models.calibrate import calibrate
from surmax.commands.verify.bench import bench
from surmax.commands.verify.flow import flow
from surmax.commands.verify.sim import sim


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="surmax")
def app() -> None:
    """Generate, verify and measure hardware that replaces softmax in attention."""


for command in (
    elaborate,
    lint,
    sim,
    synth,
    time,
    energy,
    solve,
    flow,
    explore,
    errors,
    figures,
    report,
    sweep,
    bench,
    registers,
    calibrate,
    accuracy,
    cells,
    aie,
):
    app.add_command(command)
