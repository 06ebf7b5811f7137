# SPDX-License-Identifier: Apache-2.0
"""`surmax energy`: what a score costs, by part."""

import json
from collections.abc import Callable
from typing import Any

import click
from rich.table import Table

from surmax.commands.synth import SYNTH_CACHE, adders_for
from surmax.console import out, print_json, say
from surmax.options import as_json
from surmax.rtl import Build, verilog
from surmax.synth import Target, resolve_target, synthesise
from surmax.synth.energy import energy_of
from surmax.synth.energy_result import KINDS, Energy
from surmax.synth.netlist import need_library
from surmax.synth.stimulus import STIMULI, make_stimulus
from surmax.synth.timing import ENGINES
from surmax.units import for_each_unit


@click.group()
def energy() -> None:
    """Energy a score, by event-driven simulation of the mapped netlist; kept by content."""


def _energy_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that are not of the unit."""
    for option in (
        as_json,
        click.option(
            "--engine", default="auto", show_default=True, help=f"{', '.join(ENGINES)} (sta)"
        ),
        click.option(
            "--sized-for", type=float, help="clock in ns to size cells for  [default: least area]"
        ),
        click.option("--period", type=float, default=25.0, show_default=True, help="clock in ns"),
        click.option("--cycles", type=int, default=300, show_default=True, help="cycles to count"),
        click.option(
            "--head", type=int, default=0, show_default=True, help="which recorded head's rows"
        ),
        click.option(
            "--length",
            type=int,
            help="scores of a row; recorded ones have 64 or 256  [default: the unit's longest row, "
            "64 for ConSmax]",
        ),
        click.option(
            "--stimulus",
            "stimuli",
            multiple=True,
            default=STIMULI,
            show_default=True,
            help="int8 attention scores of a real model, or uniform codes; repeat for more",
        ),
        click.option("--target", default="sky130", show_default=True, help="sky130, liberty:PATH"),
    ):
        command = option(command)
    return command


@for_each_unit(energy, "With and without clock gates.", _energy_options)
def _energy(take: Callable[..., Build], options: dict[str, Any]) -> None:
    names = ("stimuli", "length", "head", "cycles", "period", "sized_for", "engine", "json_output")
    own = {name: options.pop(name) for name in names}
    target = resolve_target(options.pop("target"))
    library = need_library(target)
    build = take(options, adders=adders_for(target))
    length = own["length"] or getattr(build, "max_length", 64)
    stimuli = [
        make_stimulus(build, kind, length=length, cycles=own["cycles"], head=own["head"])
        for kind in own["stimuli"]
    ]
    found: list[Energy] = []
    for clock_gating in (True, False) if library.has_clock_gate else (False,):
        gates = "with clock gates" if clock_gating else "without clock gates"
        say(f"energy of {build.top_module}, {build.lanes} lanes, for {target.name}, {gates}")
        result = synthesise(
            verilog(build),
            build.top_module,
            target,
            cache=SYNTH_CACHE,
            clock_gating=clock_gating,
            parts=build.parts,
            period_ns=own["sized_for"],
        )
        found += [
            energy_of(
                result,
                target,
                stimulus,
                period_ns=own["period"],
                cache=SYNTH_CACHE,
                engine=own["engine"],
            )
            for stimulus in stimuli
        ]
    if own["json_output"]:
        print_json([json.loads(one.to_json()) for one in found])
    else:
        _show(found, build, target, length)


def _show(found: list[Energy], build: Build, target: Target, length: int) -> None:
    for kind in dict.fromkeys(one.stimulus for one in found):
        for one in (one for one in found if one.stimulus == kind):
            gates = "clock gates" if one.clock_gating else "no clock gates"
            table = Table(
                title=f"pJ a score, {kind} scores, {gates}", box=None, title_justify="left"
            )
            for name in ("part", *KINDS, "all"):
                table.add_column(name, justify="left" if name == "part" else "right")
            for part, kinds in (*one.parts.items(), ("all", one.by_kind())):
                figures = [*kinds.values(), sum(kinds.values())]
                table.add_row(part, *(f"{value:.3f}" for value in figures))
            out.print(table)
    first = found[0]
    out.print(
        f"{build.headline()}",
        f"{target.name}, {first.library}, corner {first.corner}; engine {first.engine}",
        f"clock {first.period_ns:g} ns; {first.cycles} cycles, rows of {length}, no stalls; "
        "outputs equal the golden model's",
        f"before layout, no clock tree; {1000 * first.pf_per_sink:.2f} fF of wire a pin; glitches "
        f"count; nets of input ports are charged here ({first.inputs_pj:.3f} pJ a score)",
        sep="\n",
        markup=False,
    )
