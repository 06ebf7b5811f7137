# SPDX-License-Identifier: Apache-2.0
"""The command tree."""

import click

from surmax.commands.accuracy import accuracy
from surmax.commands.aie import aie
from surmax.commands.bench import bench
from surmax.commands.calibrate import calibrate
from surmax.commands.cells import cells
from surmax.commands.elaborate import elaborate, lint
from surmax.commands.energy import energy
from surmax.commands.errors import errors
from surmax.commands.explore import explore
from surmax.commands.figures import figures
from surmax.commands.flow import flow
from surmax.commands.registers import registers
from surmax.commands.report import report
from surmax.commands.sim import sim
from surmax.commands.solve import solve
from surmax.commands.sweep import sweep
from surmax.commands.synth import synth
from surmax.commands.time import time


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
