# SPDX-License-Identifier: Apache-2.0
"""`surmax synth`: count the cells of a unit."""

import json
from collections.abc import Callable
from typing import Any

import click

from surmax.console import out, print_json, say
from surmax.golden import InputError
from surmax.options import BUILD, as_json
from surmax.pages.synth_table import synth_table
from surmax.rtl import Build, verilog
from surmax.synth import (
    TARGET_NAMES,
    PnrResult,
    SynthResult,
    Target,
    place_and_route,
    resolve_target,
    results_json,
    synthesise,
)
from surmax.synth.pnr.devices import DEVICES, device_of
from surmax.synth.report.designs import adders_for
from surmax.units.subcommands import for_each_unit

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
            "--pnr", is_flag=True, help=f"place and route as well: targets {', '.join(DEVICES)}"
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


@for_each_unit(synth, "Storage is counted apart; it and logic make the total.", _synth_options)
def _synth(take: Callable[..., Build], options: dict[str, Any]) -> None:
    targets, liberty = options.pop("targets"), options.pop("liberty")
    clock_gating, pnr = not options.pop("no_clock_gating"), options.pop("pnr")
    by_kind, json_output = options.pop("by_kind"), options.pop("json_output")
    if pnr and options["top"] != "stream":
        raise InputError(f"top must be stream, not {options['top']!r} with --pnr")
    chosen = [resolve_target(name) for name in ((f"liberty:{liberty}",) if liberty else targets)]
    families = [target.name for target in chosen if target.name in DEVICES] if pnr else []
    if pnr and not families:
        raise InputError(f"--pnr without one of its targets: {', '.join(DEVICES)}")
    for family in families:
        device_of(family)
    results, routed = [], {}
    for target in chosen:
        build = take(dict(options), adders=adders_for(target))
        what = f"{build.top_module}, {build.lanes} lanes, for {target.name}"
        say(f"synthesis of {what}")
        results.append(count_cells(build, target, clock_gating=clock_gating))
        if target.name in families:
            say(f"place and route of {what}")
            routed[target.name] = route(build, target.name)
    if json_output:
        document: dict[str, Any] = {"cells": results_json(results)}
        if routed:
            document["place_and_route"] = [json.loads(one.to_json()) for one in routed.values()]
        print_json(document)
        return
    out.print(synth_table(results, routed))
    for result in results:
        if result.total.ge is not None:
            out.print(
                f"{result.target}: {result.total.ge / build.lanes:.0f} GE a lane, "
                f"{result.logic.ge / build.lanes:.0f} of it logic; {result.tool}; {result.recipe}"
            )
        if by_kind:
            for kind, count in sorted(result.total.cells.items()):
                out.print(f"  {kind} {count}", markup=False)
    for one in routed.values():
        out.print(one.summary(), markup=False)


def count_cells(
    build: Build, target: Target, *, clock_gating: bool = True, transistors: bool = True
) -> SynthResult:
    """Synthesise `build` for `target`, from the cache when it is there."""
    return synthesise(
        verilog(build),
        build.top_module,
        target,
        cache=SYNTH_CACHE,
        clock_gating=clock_gating,
        parts=build.parts,
        transistors=transistors,
    )


def route(build: Build, family: str) -> PnrResult:
    """Place and route `build` on the device of `family`, from the cache when it is there."""
    return place_and_route(
        verilog(build), build.top_module, family, cache=SYNTH_CACHE, seeds=PNR_SEEDS
    )
