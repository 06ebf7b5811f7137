# SPDX-License-Identifier: Apache-2.0
"""`surmax time`: the shortest clock period of a unit, and the path that sets it."""

import json
from collections.abc import Callable
from typing import Any

import click
from rich.table import Table

from surmax.commands.measure.cell_options import CELL_OPTIONS, take_mapping
from surmax.console import out, print_json, print_table, say
from surmax.options import SYNTH_CACHE, as_json
from surmax.rtl import Build
from surmax.synth.timing.result import Timing
from surmax.synth.timing.time_design import time_design
from surmax.units.subcommands import unit_command


@unit_command(
    *CELL_OPTIONS,
    click.option("--no-clock-gating", is_flag=True, help="flip-flops with enables, no clock gates"),
    as_json,
    example="--target sky130 --lanes 16",
)
def time(take: Callable[..., Build], values: dict[str, Any]) -> None:
    """Find clock period and critical path by static timing.

    The mapped netlist is timed before layout, with an ideal clock.
    """
    json_output, clock_gating = values.pop("json_output"), not values.pop("no_clock_gating")
    mapping = take_mapping(take, values)
    say(f"timing of {mapping}")
    result = mapping.netlist(clock_gating=clock_gating)
    timing = time_design(result, mapping.target, cache=SYNTH_CACHE, engine=mapping.engine)
    if json_output:
        cost = {"area_um2": result.total.area_um2, "recipe": result.recipe, "tool": result.tool}
        print_json(json.loads(timing.to_json()) | cost)
        return
    _show(timing)
    out.print(
        mapping.build.headline(),
        f"{mapping.target.name}, {timing.library}, corner {timing.corner}; engine {timing.engine}",
        f"{result.total.area_um2:.0f} um2; {result.recipe}; {result.tool}",
        f"before layout, ideal clock; {1000 * timing.pf_per_sink:.2f} fF of wire a pin; inputs "
        f"change at the clock edge in {timing.boundary.input_slew_ns:g} ns, outputs drive "
        f"{1000 * timing.boundary.output_load_pf:g} fF",
        sep="\n",
    )


def _show(timing: Timing) -> None:
    table = Table(box=None)
    for title in ("path", "ns", "from", "to"):
        table.add_column(title, justify="right" if title == "ns" else "left")
    for kind, path in timing.paths.items():
        table.add_row(kind, f"{path.ns:.3f}", path.start, path.end)
    print_table(table)
    if timing.period_ns is None:
        return
    out.print(f"period {timing.period_ns:.3f} ns, {timing.mhz:.0f} MHz; its path:")
    path = timing.paths["register to register"]
    steps = Table(box=None)
    for title in ("ns", "slew", "fF", "edge", "cell", "pins", "net"):
        steps.add_column(title, justify="right" if title in ("ns", "slew", "fF") else "left")
    for point in path.points:
        figures = f"{point.arrival_ns:.3f}", f"{point.slew_ns:.3f}", f"{1000 * point.load_pf:.1f}"
        steps.add_row(*figures, point.edge, point.cell, point.pins, point.net)
    steps.add_row(f"{path.ns:.3f}", "", "", "", "setup", "", path.end)
    print_table(steps)
