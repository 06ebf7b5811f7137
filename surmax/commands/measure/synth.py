# SPDX-License-Identifier: Apache-2.0
"""`surmax synth`: count the cells of a unit."""

import json
from collections.abc import Callable
from typing import Any

import click

from surmax.console import out, print_json, print_table, say
from surmax.golden import InputError
from surmax.options import INPUT_FILE, SYNTH_CACHE, as_json
from surmax.pages.synth_table import synth_table
from surmax.rtl import Build
from surmax.synth import (
    TARGET_NAMES,
    resolve_target,
    results_json,
    route_build,
    synthesise_build,
)
from surmax.synth.pnr.devices import DEVICES, device_of
from surmax.synth.report.designs import adders_for
from surmax.units.subcommands import unit_command
from surmax.value_types import TargetName

PNR_SEEDS = (1, 2, 3, 4, 5)


@unit_command(
    click.option(
        "--target",
        "targets",
        type=TargetName(TARGET_NAMES),
        multiple=True,
        default=("generic",),
        show_default=True,
        help=f"{', '.join(TARGET_NAMES)}; repeat for more",
    ),
    click.option("--liberty", type=INPUT_FILE, help="Liberty file, in place of --target"),
    click.option("--no-clock-gating", is_flag=True, help="flip-flops with enables, no clock gates"),
    click.option(
        "--pnr", is_flag=True, help=f"place and route as well: targets {', '.join(DEVICES)}"
    ),
    click.option("--by-kind", is_flag=True, help="list the cells by kind"),
    as_json,
    example="--target sky130 --lanes 16",
)
def synth(take: Callable[..., Build], values: dict[str, Any]) -> None:
    """Synthesise with yosys and count cells.

    Storage is counted apart: with the logic it makes the total. A result is kept by its content:
    the same design and target are synthesised once.
    """
    targets, liberty = values.pop("targets"), values.pop("liberty")
    clock_gating, pnr = not values.pop("no_clock_gating"), values.pop("pnr")
    by_kind, json_output = values.pop("by_kind"), values.pop("json_output")
    if pnr and values["top"] != "stream":
        raise InputError(f"top must be stream with --pnr, not {values['top']!r}")
    names = (f"liberty:{liberty}",) if liberty else targets
    chosen = [resolve_target(name, note=say) for name in names]
    families = [target.name for target in chosen if target.name in DEVICES] if pnr else []
    if pnr and not families:
        raise InputError(f"--pnr without one of its targets: {', '.join(DEVICES)}")
    for family in families:
        device_of(family)
    results, routed = [], {}
    for target in chosen:
        build = take(dict(values), adders=adders_for(target))
        what = f"{build.top_module}, {build.lanes} lanes, for {target.name}"
        say(f"synthesis of {what}")
        results.append(
            synthesise_build(build, target, cache=SYNTH_CACHE, clock_gating=clock_gating)
        )
        if target.name in families:
            say(f"place and route of {what}")
            routed[target.name] = route_build(
                build, target.name, cache=SYNTH_CACHE, seeds=PNR_SEEDS
            )
    if json_output:
        document: dict[str, Any] = {"cells": results_json(results)}
        if routed:
            document["place_and_route"] = [json.loads(one.to_json()) for one in routed.values()]
        print_json(document)
        return
    print_table(synth_table(results, routed))
    for result in results:
        if result.total.ge is not None:
            out.print(
                f"{result.target}: {result.total.ge / build.lanes:.0f} GE a lane, "
                f"{result.logic.ge / build.lanes:.0f} of it logic; {result.tool}; {result.recipe}"
            )
        if by_kind:
            for kind, count in sorted(result.total.cells.items()):
                out.print(f"  {kind} {count}")
    for one in routed.values():
        out.print(one.summary())
