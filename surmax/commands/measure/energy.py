# SPDX-License-Identifier: Apache-2.0
"""`surmax energy`: what a score costs, by part."""

import json
from collections.abc import Callable
from typing import Any

import click
from rich.table import Table

from surmax.commands.measure.cell_options import CELL_OPTIONS, Mapping, take_mapping
from surmax.common.extras import needs
from surmax.console import out, print_json, print_table, say
from surmax.options import SYNTH_CACHE, as_json
from surmax.rtl import Build
from surmax.synth import SynthResult
from surmax.synth.energy.result import KINDS, Energy
from surmax.synth.energy.stimulus import STIMULI, make_stimulus
from surmax.synth.timing.time_design import time_design
from surmax.units.subcommands import unit_command
from surmax.value_types import RealRange


@unit_command(
    *CELL_OPTIONS,
    click.option(
        "--stimulus",
        "stimuli",
        type=click.Choice(STIMULI),
        multiple=True,
        default=STIMULI,
        show_default=True,
        help="int8 attention scores of a real model, or uniform codes; repeat for more",
    ),
    click.option(
        "--length",
        type=click.IntRange(1, 4096),
        help="scores of a row; recorded ones have 64 or 256  [default: the unit's longest row, "
        "64 for ConSmax]",
    ),
    click.option(
        "--head",
        type=click.IntRange(0, 10**6),
        default=0,
        show_default=True,
        help="number of the recorded head whose rows are taken",
    ),
    click.option(
        "--cycles",
        type=click.IntRange(1, 100_000),
        default=300,
        show_default=True,
        help="cycles that are counted",
    ),
    click.option(
        "--period",
        type=RealRange(0, 1e6, open=True),
        help="clock in ns  [default: the netlist's longest path]",
    ),
    as_json,
    example="--target sky130 --stimulus recorded --length 64",
)
def energy(take: Callable[..., Build], values: dict[str, Any]) -> None:
    """Simulate the mapped netlist for the energy of a score.

    The simulation is event-driven, with the delays of the cells; it runs with and without clock
    gates. A result is kept by its content.
    """
    names = ("stimuli", "length", "head", "cycles", "period", "json_output")
    with needs("synth"):
        from surmax.synth.energy.measure_energy import measure_energy
        from surmax.synth.energy.opensta import choose_opensta

    own = {name: values.pop(name) for name in names}
    mapping = take_mapping(take, values)
    length = own["length"] or getattr(mapping.build, "max_length", 64)
    stimuli = [
        make_stimulus(mapping.build, kind, length=length, cycles=own["cycles"], head=own["head"])
        for kind in own["stimuli"]
    ]
    _, why_own = choose_opensta(mapping.engine)
    if why_own:
        say(f"energy by our own engine: {why_own}")
    found: list[Energy] = []
    for clock_gating in (True, False) if mapping.target.library.has_clock_gate else (False,):
        say(f"energy of {mapping}, {'with' if clock_gating else 'without'} clock gates")
        result = mapping.netlist(clock_gating=clock_gating)
        period = own["period"] or _longest_path(result, mapping)
        for stimulus in stimuli:
            options = {"period_ns": period, "cache": SYNTH_CACHE, "engine": mapping.engine}
            found.append(measure_energy(result, mapping.target, stimulus, **options))
    if own["json_output"]:
        print_json([json.loads(one.to_json()) for one in found])
    else:
        _show(found, mapping, length)


def _longest_path(result: SynthResult, mapping: Mapping) -> float:
    """The netlist's own clock, in ns: its longest path, from and to ports as well."""
    timing = time_design(result, mapping.target, cache=SYNTH_CACHE, engine="own")
    # Delays are rounded to ticks, and inputs come a tick after the edge.
    return round(1.01 * max(path.ns for path in timing.paths.values()) + 0.005, 2)


def _show(found: list[Energy], mapping: Mapping, length: int) -> None:
    for kind in dict.fromkeys(one.stimulus for one in found):
        for one in (one for one in found if one.stimulus == kind):
            gates = "clock gates" if one.clock_gating else "no clock gates"
            title = f"pJ a score, {kind} scores, {gates}, clock {one.period_ns:g} ns"
            table = Table(title=title, box=None, title_justify="left")
            for name in ("part", *KINDS, "all"):
                table.add_column(name, justify="left" if name == "part" else "right")
            for part, kinds in (*one.parts.items(), ("all", one.by_kind())):
                figures = [*kinds.values(), sum(kinds.values())]
                table.add_row(part, *(f"{value:.3f}" for value in figures))
            print_table(table)
    first = found[0]
    out.print(
        mapping.build.headline(),
        f"{mapping.target.name}, {first.library}, corner {first.corner}; engine {first.engine}",
        f"{first.cycles} cycles, rows of {length}, no stalls; outputs equal the golden model's",
        f"before layout, no clock tree; {1000 * first.pf_per_sink:.2f} fF of wire a pin; glitches "
        f"count; nets of input ports are charged here ({first.inputs_pj:.3f} pJ a score)",
        sep="\n",
    )
