# SPDX-License-Identifier: Apache-2.0
"""`surmax synth`: count the cells of a unit."""

import json
from collections.abc import Callable
from typing import Any

import click

from surmax.console import out, print_json, say
from surmax.golden import InputError
from surmax.options import (
    BUILD,
    as_json,
    consmax_build,
    hccs_build,
    take_build,
    take_hccs_build,
)
from surmax.rtl import Build, verilog
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
from surmax.synth.designs import adders_for

PNR_SEEDS = (1, 2, 3, 4, 5)
SYNTH_CACHE = BUILD / "synth"


@click.group()
def synth() -> None:
    """Synthesise with yosys and count cells; results are cached by content."""


def _synth_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that are not of the unit."""
    for option in (
        as_json,
        click.option("--by-kind", is_flag=True, help="list the cells by kind"),
        click.option(
            "--pnr", is_flag=True, help="place and route on ECP5 as well, for the clock rate"
        ),
        click.option(
            "--no-clock-gating", is_flag=True, help="flip-flops with enables, no clock gates"
        ),
        click.option("--liberty", help="Liberty file, the same as --target liberty:PATH"),
        click.option(
            "--target",
            "targets",
            multiple=True,
            default=("generic",),
            show_default=True,
            help=f"{', '.join(TARGET_NAMES)}; repeat for more",
        ),
    ):
        command = option(command)
    return command


@synth.command("consmax")
@consmax_build
@_synth_options
def synth_consmax(**options: Any) -> None:
    """Table storage is a row of its own; storage + logic = total."""
    _synth(take_build, options)


@synth.command("hccs")
@hccs_build
@_synth_options
def synth_hccs(**options: Any) -> None:
    """Row storage and constant storage are rows of their own; they and logic make the total."""
    _synth(take_hccs_build, options)


def _synth(take: Callable[..., Build], options: dict[str, Any]) -> None:
    targets, liberty = options.pop("targets"), options.pop("liberty")
    clock_gating, pnr = not options.pop("no_clock_gating"), options.pop("pnr")
    by_kind, json_output = options.pop("by_kind"), options.pop("json_output")
    if pnr and options["top"] != "stream":
        raise InputError(f"top is {options['top']!r} with --pnr: stream is needed")
    chosen = [resolve_target(name) for name in ((f"liberty:{liberty}",) if liberty else targets)]
    results = []
    for target in chosen:
        build = take(dict(options), adders=adders_for(target))
        say(f"synthesis of {build.top_module}, {build.lanes} lanes, for {target.name}")
        results.append(count_cells(build, target, clock_gating=clock_gating))
    routed = place_and_route(take(dict(options), adders="operators")) if pnr else None
    if json_output:
        document: dict[str, Any] = {"cells": results_json(results)}
        if routed:
            document["place_and_route"] = json.loads(routed.to_json())
        print_json(document)
        return
    out.print(render_table(results))
    for result in results:
        if result.total.ge is not None:
            out.print(
                f"{result.target}: {result.total.ge / build.lanes:.0f} GE a lane, "
                f"{result.logic.ge / build.lanes:.0f} of it logic; {result.tool}; {result.recipe}"
            )
        if by_kind:
            for kind, count in sorted(result.total.cells.items()):
                out.print(f"  {kind} {count}", markup=False)
    if routed:
        out.print(show_rate(routed))


def count_cells(build: Build, target: Target, *, clock_gating: bool = True) -> SynthResult:
    """Synthesise `build` for `target`, from the cache when it is there."""
    return synthesise(
        verilog(build),
        build.top_module,
        target,
        cache=SYNTH_CACHE,
        clock_gating=clock_gating,
        parts=build.parts,
    )


def place_and_route(build: Build) -> PnrResult:
    """Place and route `build` on ECP5, from the cache when it is there."""
    say(f"place and route of {build.top_module}, {build.lanes} lanes, on ECP5")
    return place_and_route_ecp5(
        verilog(build), build.top_module, cache=SYNTH_CACHE, seeds=PNR_SEEDS
    )


def show_rate(routed: PnrResult) -> str:
    """Say the clock rate in one line."""
    return (
        f"ECP5 {routed.device}: {routed.fmax_min:.0f} / {routed.fmax_median:.0f} / "
        f"{routed.fmax_max:.0f} MHz (min / median / max of {len(routed.seeds)} seeds)"
    )
