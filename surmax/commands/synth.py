# SPDX-License-Identifier: Apache-2.0
"""`surmax synth`: count the cells of a unit."""

import json
from typing import Any

import click
from rich.table import Table

from surmax.console import out, print_json, say
from surmax.options import BUILD, as_json, consmax_build, take_build
from surmax.rtl import ConsmaxBuild, verilog
from surmax.synth import TARGET_NAMES, Measure, SynthResult, Target, resolve_target, synthesise

_ASIC = ("um2", "GE", "GE a lane", "transistors")
_FPGA = ("LUT", "FF", "carry", "DSP", "BRAM")


@click.group()
def synth() -> None:
    """Synthesise with yosys and count cells; results are cached by content."""


@synth.command("consmax")
@consmax_build
@click.option(
    "--target",
    "targets",
    multiple=True,
    default=("generic",),
    show_default=True,
    help=f"{', '.join(TARGET_NAMES)}; repeat for more",
)
@click.option("--liberty", help="Liberty file, the same as --target liberty:PATH")
@click.option("--no-clock-gating", is_flag=True, help="flip-flops with enables, no clock gates")
@click.option("--by-kind", is_flag=True, help="list the cells by kind")
@as_json
def synth_consmax(
    targets: tuple[str, ...],
    liberty: str | None,
    no_clock_gating: bool,
    by_kind: bool,
    json_output: bool,
    **options: Any,
) -> None:
    """Table storage is a row of its own; storage + logic = total."""
    chosen = [resolve_target(f"liberty:{liberty}")] if liberty else [*map(resolve_target, targets)]
    asked = options["adders"]
    results = []
    for target in chosen:
        build = take_build(dict(options, adders=asked), adders=adders_for(target))
        say(f"synthesis of {build.top_module}, {build.lanes} lanes, for {target.name}")
        results.append(count_cells(build, target, clock_gating=not no_clock_gating))
    if json_output:
        print_json([json.loads(result.to_json()) for result in results])
        return
    for result in results:
        show(result, build.lanes)
        if by_kind:
            for kind, count in sorted(result.total.cells.items()):
                out.print(f"  {kind} {count}", markup=False)


def adders_for(target: Target) -> str:
    """Return how the product is best written for a target."""
    return "operators" if target.family else "cells"


def count_cells(build: ConsmaxBuild, target: Target, *, clock_gating: bool = True) -> SynthResult:
    """Synthesise `build` for `target`, from the cache when it is there."""
    return synthesise(
        verilog(build), build.top_module, target, cache=BUILD / "synth", clock_gating=clock_gating
    )


def show(result: SynthResult, lanes: int) -> None:
    """Print one result as a table of total, storage and logic."""
    asic = result.total.ge is not None
    corner = f", {result.corner}" if result.corner else ""
    out.print(f"{result.target}: {result.library}{corner}; {result.tool}; {result.recipe}")
    table = Table("part", *(_ASIC if asic else _FPGA), box=None)
    parts = {"total": result.total, "storage": result.storage, "logic": result.logic}
    for name, measure in parts.items():
        if measure is not None:
            table.add_row(name, *(_asic_row(measure, lanes) if asic else _fpga_row(measure)))
    out.print(table)


def _asic_row(measure: Measure, lanes: int) -> list[str]:
    area = f"{measure.area_um2:.0f}" if measure.area_um2 is not None else "-"
    ge = measure.ge or 0.0
    return [area, f"{ge:.0f}", f"{ge / lanes:.0f}", str(measure.transistors)]


def _fpga_row(measure: Measure) -> list[str]:
    counts = (measure.lut, measure.ff, measure.carry, measure.dsp, measure.bram)
    return ["-" if count is None else str(count) for count in counts]
