# SPDX-License-Identifier: Apache-2.0
"""`surmax time`: the shortest clock period of a unit, and the path that sets it."""

import json
from collections.abc import Callable
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from surmax.commands.synth import SYNTH_CACHE, adders_for
from surmax.console import out, print_json, say
from surmax.golden import check_choice
from surmax.options import as_json
from surmax.rtl import Build, verilog
from surmax.synth import resolve_target, synthesise
from surmax.synth.liberty_tables import read_timing_library
from surmax.synth.netlist import need_library
from surmax.synth.timing import ENGINES, time_design
from surmax.synth.timing_result import Timing
from surmax.units import for_each_unit


@click.group()
def time() -> None:
    """Clock period and critical path, by static timing of the mapped netlist."""


def _time_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that are not of the unit."""
    for option in (
        as_json,
        click.option(
            "--engine", default="auto", show_default=True, help=f"{', '.join(ENGINES)} (sta)"
        ),
        click.option(
            "--sized-for", type=float, help="clock in ns to size cells for  [default: least area]"
        ),
        click.option(
            "--no-clock-gating", is_flag=True, help="flip-flops with enables, no clock gates"
        ),
        click.option("--liberty", help="Liberty file, the same as --target liberty:PATH"),
        click.option("--target", default="sky130", show_default=True, help="sky130, liberty:PATH"),
    ):
        command = option(command)
    return command


@for_each_unit(time, "Static timing before layout, with an ideal clock.", _time_options)
def _time(take: Callable[..., Build], options: dict[str, Any]) -> None:
    liberty, name = options.pop("liberty"), options.pop("target")
    target = resolve_target(f"liberty:{liberty}" if liberty else name)
    engine, json_output = options.pop("engine"), options.pop("json_output")
    # Told before synthesis, which takes its time.
    check_choice("engine", engine, ENGINES)
    read_timing_library(need_library(target), SYNTH_CACHE)
    sized_for, clock_gating = options.pop("sized_for"), not options.pop("no_clock_gating")
    build = take(options, adders=adders_for(target))
    say(f"timing of {build.top_module}, {build.lanes} lanes, for {target.name}")
    result = synthesise(
        verilog(build),
        build.top_module,
        target,
        cache=SYNTH_CACHE,
        clock_gating=clock_gating,
        parts=build.parts,
        period_ns=sized_for,
    )
    timing = time_design(result, target, cache=SYNTH_CACHE, engine=engine)
    if json_output:
        cost = {"area_um2": result.total.area_um2, "recipe": result.recipe, "tool": result.tool}
        print_json(json.loads(timing.to_json()) | cost)
        return
    _show(timing)
    out.print(
        build.headline(),
        f"{target.name}, {timing.library}, corner {timing.corner}; engine {timing.engine}",
        f"{result.total.area_um2:.0f} um2; {result.recipe}; {result.tool}",
        f"before layout, ideal clock; {1000 * timing.pf_per_sink:.2f} fF of wire a pin; inputs "
        f"change at the clock edge in {timing.boundary.input_slew_ns:g} ns, outputs drive "
        f"{1000 * timing.boundary.output_load_pf:g} fF",
        sep="\n",
        markup=False,
    )


def _show(timing: Timing) -> None:
    wide = Console(width=150, soft_wrap=False, highlight=False)
    table = Table(box=None)
    for title in ("path", "ns", "from", "to"):
        table.add_column(title, justify="right" if title == "ns" else "left")
    for kind, path in timing.paths.items():
        table.add_row(kind, f"{path.ns:.3f}", path.start, path.end)
    wide.print(table)
    if timing.period_ns is None:
        return
    out.print(f"period {timing.period_ns:.3f} ns, {timing.mhz:.0f} MHz; its path:", markup=False)
    path = timing.paths["register to register"]
    steps = Table(box=None)
    for title in ("ns", "slew", "fF", "edge", "cell", "pins", "net"):
        steps.add_column(title, justify="right" if title in ("ns", "slew", "fF") else "left")
    for point in path.points:
        figures = f"{point.arrival_ns:.3f}", f"{point.slew_ns:.3f}", f"{1000 * point.load_pf:.1f}"
        steps.add_row(*figures, point.edge, point.cell, point.pins, point.net)
    steps.add_row(f"{path.ns:.3f}", "", "", "", "setup", "", path.end)
    wide.print(steps)
