# SPDX-License-Identifier: Apache-2.0
"""What `surmax time` and `surmax energy` share: options, and the netlist to measure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from surmax.commands.measure.synth import SYNTH_CACHE
from surmax.golden import check_choice
from surmax.options import as_json
from surmax.rtl import Build, verilog
from surmax.synth import SynthResult, Target, resolve_target, synthesise
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.mapping.plain_netlist import need_library
from surmax.synth.report.designs import adders_for
from surmax.synth.timing.time_design import ENGINES


def cell_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --target, --liberty, --sized-for, --engine and --json."""
    for option in (
        as_json,
        click.option(
            "--engine", default="auto", show_default=True, help=f"{', '.join(ENGINES)} (sta)"
        ),
        click.option(
            "--sized-for", type=float, help="clock in ns to size cells for  [default: least area]"
        ),
        click.option("--liberty", help="Liberty file, the same as --target liberty:PATH"),
        click.option("--target", default="sky130", show_default=True, help="sky130, liberty:PATH"),
    ):
        command = option(command)
    return command


@dataclass(frozen=True)
class Mapping:
    """How a build is mapped and by what it is measured."""

    target: Target
    build: Build
    engine: str
    sized_for: float | None

    def netlist(self, *, clock_gating: bool) -> SynthResult:
        """Return the mapped build, from the cache when it is there."""
        return synthesise(
            verilog(self.build),
            self.build.top_module,
            self.target,
            cache=SYNTH_CACHE,
            clock_gating=clock_gating,
            parts=self.build.parts,
            period_ns=self.sized_for,
            transistors=False,
        )

    def __str__(self) -> str:
        """Name the build, its lanes and the target."""
        return f"{self.build.top_module}, {self.build.lanes} lanes, for {self.target.name}"


def take_mapping(take: Callable[..., Build], options: dict[str, Any]) -> Mapping:
    """Remove the options of cell_options and of a build, which `take` makes of them.

    Raises InputError before synthesis, which takes its time, for what it would end in.
    """
    liberty, name = options.pop("liberty"), options.pop("target")
    target = resolve_target(f"liberty:{liberty}" if liberty else name)
    engine, sized_for = options.pop("engine"), options.pop("sized_for")
    check_choice("engine", engine, ENGINES)
    read_timing_library(need_library(target), SYNTH_CACHE)
    return Mapping(target, take(options, adders=adders_for(target)), engine, sized_for)
