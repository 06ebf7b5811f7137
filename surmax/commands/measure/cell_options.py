# SPDX-License-Identifier: Apache-2.0
"""Options of `surmax time` and `surmax energy`, and the netlist that they measure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from surmax.console import say
from surmax.options import INPUT_FILE, SYNTH_CACHE
from surmax.rtl import Build
from surmax.synth import TARGET_NAMES, SynthResult, Target, resolve_target, synthesise_build
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.mapping.plain_netlist import need_library
from surmax.synth.report.designs import adders_for
from surmax.synth.timing.time_design import ENGINES
from surmax.value_types import RealRange, TargetName

CELL_LIBRARY = click.option(
    "--target",
    type=TargetName(TARGET_NAMES),
    default="sky130",
    show_default=True,
    help="cell library: sky130, generic or liberty:PATH",
)
CELL_OPTIONS = (
    CELL_LIBRARY,
    click.option("--liberty", type=INPUT_FILE, help="Liberty file, in place of --target"),
    click.option(
        "--sized-for",
        type=RealRange(0.01, 1e6),
        help="clock in ns to size cells for  [default: least area]",
    ),
    click.option(
        "--engine",
        type=click.Choice(ENGINES),
        default="auto",
        show_default=True,
        help="Surmax's own engine or OpenSTA (sta)",
    ),
)


@dataclass(frozen=True)
class Mapping:
    """A build, how it is mapped, and the engine that measures it."""

    target: Target
    build: Build
    engine: str
    sized_for: float | None

    def netlist(self, *, clock_gating: bool) -> SynthResult:
        """Return the mapped build, from the cache when it is there."""
        return synthesise_build(
            self.build,
            self.target,
            cache=SYNTH_CACHE,
            clock_gating=clock_gating,
            period_ns=self.sized_for,
            transistors=False,
        )

    def __str__(self) -> str:
        """Name the build, its lanes and the target."""
        return f"{self.build.top_module}, {self.build.lanes} lanes, for {self.target.name}"


def take_mapping(take: Callable[..., Build], options: dict[str, Any]) -> Mapping:
    """Remove the options of CELL_OPTIONS and of a build, which `take` makes of them.

    Raises InputError before synthesis, which takes its time, for what it would end in.
    """
    liberty, name = options.pop("liberty"), options.pop("target")
    target = resolve_target(f"liberty:{liberty}" if liberty else name, note=say)
    engine, sized_for = options.pop("engine"), options.pop("sized_for")
    read_timing_library(need_library(target), SYNTH_CACHE)
    return Mapping(target, take(options, adders=adders_for(target)), engine, sized_for)
