# SPDX-License-Identifier: Apache-2.0
"""`surmax sim`: the benches of a unit."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from surmax.commands.measure.synth import SYNTH_CACHE, count_cells
from surmax.console import counter, out, print_json, say
from surmax.golden import InputError
from surmax.options import BUILD, as_json
from surmax.rtl import Build
from surmax.synth import need_library, plain_netlist, resolve_target
from surmax.tb.run.regression import BenchResult, run_benches
from surmax.tb.volume.run import VolumeResult, run_volume
from surmax.units.protocol import Command
from surmax.units.subcommands import for_each_unit


@click.group()
def sim() -> None:
    """Run the benches; every output is compared with the golden model."""


def _run_options(command: Command) -> Command:
    """Add the options of a run, the same for every unit."""
    for option in reversed(
        (
            click.option(
                "--simulator",
                default="verilator",
                show_default=True,
                help="icarus or verilator (cocotb)",
            ),
            click.option(
                "--beats", type=int, default=2000, show_default=True, help="beats a random test"
            ),
            click.option(
                "--seed",
                "seeds",
                type=int,
                multiple=True,
                help="seed of a random test; repeat for more",
            ),
            click.option("--tests", help="regular expression: only the cocotb tests that match"),
            click.option(
                "--scores", help="volume run through the compiled unit instead, as in 1e8"
            ),
            click.option(
                "--netlist", help="run the mapped netlist: generic, sky130 or liberty:PATH"
            ),
            click.option("--wave", is_flag=True, help="record waves of the whole run"),
            as_json,
        )
    ):
        command = option(command)
    return command


def _adders(options: dict[str, Any]) -> str:
    """Operators simulate fastest; a netlist is made as synth makes it."""
    return "cells" if options["netlist"] else "operators"


@for_each_unit(
    sim,
    "Exit code 1 when anything differs from the golden model or coverage is not full. For a unit "
    "that goes over rows latency and cycles a row are measured and compared with what the build "
    "states.",
    _run_options,
)
def _sim(take: Callable[..., Build], options: dict[str, Any]) -> None:
    _run(take(options, adders=_adders(options)), **options)


def _run(
    build: Build,
    *,
    simulator: str,
    beats: int,
    seeds: tuple[int, ...],
    tests: str | None,
    scores: str | None,
    netlist: str | None,
    wave: bool,
    json_output: bool,
) -> None:
    """Run the cocotb benches or, with `scores`, the volume."""
    text = None
    if netlist is not None:
        target = resolve_target(netlist)
        need_library(target)
        say(f"synthesis of {build.top_module}, {build.lanes} lanes, for {target.name}")
        text = plain_netlist(
            count_cells(build, target, transistors=False), target, cache=SYNTH_CACHE
        )
    if scores is not None:
        volume = run_volume(
            build,
            _count(scores),
            folder=BUILD / "sim",
            seed=seeds[0] if seeds else 1,
            progress=counter("scores checked"),
            text=text,
        )
        print_json(volume.to_json()) if json_output else _show_volume(volume)
        passed, interrupted = volume.passed, volume.interrupted
    else:
        result = run_benches(
            build,
            simulator,
            folder=BUILD / "sim",
            seeds=seeds or (1, 2),
            beats=beats,
            tests=tests,
            wave=wave,
            progress=say,
            text=text,
        )
        print_json(result.to_json()) if json_output else _show_benches(result)
        passed, interrupted = result.passed, False
    if interrupted:
        raise click.Abort
    if not passed:
        raise SystemExit(1)


def _count(text: str) -> int:
    if not re.fullmatch(r"\d+(\.\d+)?([eE]\d+)?", text) or float(text) % 1:
        raise InputError(f"--scores must be a whole number such as 1e8, not {text!r}")
    return int(float(text))


def _show_volume(result: VolumeResult) -> None:
    out.print(
        f"{result.scores} scores checked, {result.mismatches} mismatches, "
        f"{result.last_mismatches} wrong TLAST, {result.scores_per_second:.3g} scores/s, "
        f"seed {result.seed}",
        markup=False,
    )
    for name in ("fault", "first_mismatch"):
        if getattr(result, name):
            out.print(f"{name.replace('_', ' ')}: {getattr(result, name)}", markup=False)


def _show_benches(result: BenchResult) -> None:
    table = Table("test", "result", "scores", "scores/s", box=None)
    for test in result.tests:
        rate = f"{test.scores / test.seconds:.3g}" if test.seconds else ""
        table.add_row(test.name, "pass" if test.passed else "FAIL", str(test.scores), rate)
    out.print(table)
    if result.throughput:
        _show_throughput(result)
    if result.coverage:
        met, bins = result.coverage["met"], result.coverage["bins"]
        out.print(f"coverage {met} of {bins} bins", markup=False)
    out.print(
        f"{result.version}: {result.scores} scores checked, {result.rate:.3g} scores/s, "
        f"seeds {', '.join(map(str, result.seeds))}",
        markup=False,
    )
    if result.wave:
        out.print(f"waves: {Path(result.wave)}", markup=False)
    if result.message:
        out.print(f"FAILED: {result.message}", markup=False)


def _show_throughput(result: BenchResult) -> None:
    table = Table("beats a row", "latency", "cycles", "stated", "scores a cycle", box=None)
    for row in result.throughput:
        measured = row["cycles_per_row"]
        table.add_row(
            str(row["beats"]),
            str(row["latency"]),
            f"{measured:.4g}",
            f"{row['stated']:.4g}",
            f"{row['positions'] / measured:.3g}",
        )
    out.print(table)
