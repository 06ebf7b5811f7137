# SPDX-License-Identifier: Apache-2.0
"""`surmax synth`: count the cells of a unit."""

import json
from typing import Any

import click

from surmax.console import out, print_json, say
from surmax.golden import InputError
from surmax.options import BUILD, as_json, consmax_build, take_build
from surmax.rtl import ConsmaxBuild, verilog
from surmax.synth import (
    TARGET_NAMES,
    PnrResult,
    SynthResult,
    Target,
    place_and_route_ecp5,
    render_table,
    resolve_target,
    results_json,
    synthesise,
)

PNR_SEEDS = (1, 2, 3, 4, 5)


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
@click.option("--pnr", is_flag=True, help="place and route on ECP5 as well, for the clock rate")
@click.option("--by-kind", is_flag=True, help="list the cells by kind")
@as_json
def synth_consmax(
    targets: tuple[str, ...],
    liberty: str | None,
    no_clock_gating: bool,
    pnr: bool,
    by_kind: bool,
    json_output: bool,
    **options: Any,
) -> None:
    """Table storage is a row of its own; storage + logic = total."""
    if pnr and options["top"] != "stream":
        raise InputError(f"top is {options['top']!r} with --pnr: stream is needed")
    names = (f"liberty:{liberty}",) if liberty else targets
    chosen = [resolve_target(name) for name in names]
    results = []
    for target in chosen:
        build = take_build(dict(options), adders=adders_for(target))
        say(f"synthesis of {build.top_module}, {build.lanes} lanes, for {target.name}")
        results.append(count_cells(build, target, clock_gating=not no_clock_gating))
    routed = place_and_route(take_build(dict(options), adders="operators")) if pnr else None
    if json_output:
        document: dict[str, Any] = {"cells": results_json(results)}
        if routed:
            document["place_and_route"] = json.loads(routed.to_json())
        print_json(document)
        return
    out.print(render_table(results))
    for result in results:
        if result.total.ge is not None:
            each = result.total.ge / build.lanes
            out.print(f"{result.target}: {each:.0f} GE a lane; {result.tool}; {result.recipe}")
        if by_kind:
            for kind, count in sorted(result.total.cells.items()):
                out.print(f"  {kind} {count}", markup=False)
    if routed:
        out.print(show_rate(routed))


def adders_for(target: Target) -> str:
    """Return how the product is best written for a target."""
    return "operators" if target.family else "cells"


def count_cells(build: ConsmaxBuild, target: Target, *, clock_gating: bool = True) -> SynthResult:
    """Synthesise `build` for `target`, from the cache when it is there."""
    return synthesise(
        verilog(build),
        build.top_module,
        target,
        cache=BUILD / "synth",
        clock_gating=clock_gating,
        parts=build.parts,
    )


def place_and_route(build: ConsmaxBuild) -> PnrResult:
    """Place and route `build` on ECP5, from the cache when it is there."""
    say(f"place and route of {build.top_module}, {build.lanes} lanes, on ECP5")
    return place_and_route_ecp5(
        verilog(build), build.top_module, cache=BUILD / "synth", seeds=PNR_SEEDS
    )


def show_rate(routed: PnrResult) -> str:
    """Say the clock rate in one line."""
    return (
        f"ECP5 {routed.device}: {routed.fmax_min:.0f} / {routed.fmax_median:.0f} / "
        f"{routed.fmax_max:.0f} MHz (min / median / max of {len(routed.seeds)} seeds)"
    )
