# SPDX-License-Identifier: Apache-2.0
"""The command tree: every command with its topic, its summary and where it is."""

from typing import Any

import click

from surmax.lazy_group import LazyGroup, Listed

_COMMANDS = "surmax.commands"
TOPICS = {
    "Build": {
        "elaborate": Listed(
            f"{_COMMANDS}.build.elaborate:elaborate",
            "Write Verilog, a JSON sidecar and a FuseSoC core file.",
            "rtl",
        ),
        "solve": Listed(
            f"{_COMMANDS}.build.solve:solve",
            "Solve the tables of heads and write a head-constants file.",
        ),
        "registers": Listed(
            f"{_COMMANDS}.build.registers:registers",
            "Print the address maps of the AXI tops in Markdown.",
            "rtl",
        ),
    },
    "Verify": {
        "sim": Listed(
            f"{_COMMANDS}.verify.sim:sim",
            "Run the benches; every output is checked by the golden model.",
            "sim",
        ),
        "mutate": Listed(
            f"{_COMMANDS}.verify.mutate:mutate",
            "Change the Verilog at random; the checks must notice each change.",
            "sim",
        ),
        "lint": Listed(
            f"{_COMMANDS}.build.elaborate:lint",
            "Lint the Verilog of a unit with Verilator -Wall.",
            "rtl",
        ),
        "flow": Listed(
            f"{_COMMANDS}.verify.flow:flow",
            "Elaborate, simulate and synthesise some units; print a table.",
            "synth",
        ),
        "bench": Listed(
            f"{_COMMANDS}.verify.bench:bench",
            "Time the golden models, the table solver and the simulators.",
            "sim",
        ),
    },
    "Measure": {
        "synth": Listed(
            f"{_COMMANDS}.measure.synth:synth",
            "Synthesise with yosys and count cells.",
            "synth",
        ),
        "time": Listed(
            f"{_COMMANDS}.measure.time:time",
            "Find clock period and critical path by static timing.",
            "synth",
        ),
        "energy": Listed(
            f"{_COMMANDS}.measure.energy:energy",
            "Simulate the mapped netlist for the energy of a score.",
            "synth",
        ),
        "report": Listed(
            f"{_COMMANDS}.measure.report:report",
            "Measure area, speed, energy and error of every design.",
            "report",
        ),
        "sweep": Listed(
            f"{_COMMANDS}.measure.sweep:sweep",
            "Measure a grid of designs and targets.",
            "report",
        ),
        "explore": Listed(
            f"{_COMMANDS}.measure.explore:explore",
            "Measure the alternatives of a unit that were tried.",
            "synth",
        ),
        "errors": Listed(
            f"{_COMMANDS}.measure.errors:errors",
            "Measure row sums and errors of every HCCS mode.",
        ),
        "figures": Listed(
            f"{_COMMANDS}.measure.figures:figures",
            "Draw the flow, the units against softmax, and HCCS errors.",
        ),
        "cells": Listed(
            f"{_COMMANDS}.measure.cells:cells",
            "Fetch cell libraries for synthesis.",
            "synth",
        ),
    },
    "Models": {
        "calibrate": Listed(
            f"{_COMMANDS}.models.calibrate:calibrate",
            "Choose the constants of every head from its attention scores.",
        ),
        "accuracy": Listed(
            f"{_COMMANDS}.models.accuracy:accuracy",
            "Measure perplexity and accuracy of real models.",
            "train",
        ),
    },
    "AI Engine": {
        "aie": Listed(
            f"{_COMMANDS}.aie.group:aie",
            "Check, export and build the AI Engine kernels.",
        ),
    },
}


def _print_versions(context: click.Context, parameter: click.Parameter, wanted: Any) -> None:
    """Print the version of Surmax and of each tool, and end."""
    if not wanted or context.resilient_parsing:
        return
    from surmax.versions import tool_versions

    click.echo("\n".join(f"{name:10} {version}" for name, version in tool_versions().items()))
    context.exit()


@click.group(
    cls=LazyGroup,
    topics=TOPICS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: surmax elaborate consmax --lanes 16 --top axi",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_versions,
    help="Show the versions of Surmax and of the tools that it finds, and exit.",
)
def app() -> None:
    """Generate, verify and measure hardware that replaces softmax in attention."""
