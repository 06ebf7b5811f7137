# SPDX-License-Identifier: Apache-2.0
"""`surmax sim`: the benches of a unit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from surmax.console import counter, out, print_json, print_table, say
from surmax.options import BUILD, SEED, SYNTH_CACHE, as_json
from surmax.rtl import Build
from surmax.synth import (
    TARGET_NAMES,
    need_library,
    plain_netlist,
    resolve_target,
    synthesise_build,
)
from surmax.tb.run.regression import BenchResult, run_benches
from surmax.tb.run.simulators import SIMULATORS
from surmax.tb.volume.run import VolumeResult, run_volume
from surmax.units.subcommands import unit_command
from surmax.value_types import Count, TargetName


@unit_command(
    click.option(
        "--simulator",
        type=click.Choice(SIMULATORS),
        default="verilator",
        show_default=True,
        help="simulator under cocotb",
    ),
    click.option(
        "--beats",
        type=click.IntRange(1, 10**8),
        default=2000,
        show_default=True,
        help="beats of a random test",
    ),
    click.option(
        "--seed", "seeds", type=SEED, multiple=True, help="seed of a random test; repeat for more"
    ),
    click.option(
        "--tests", metavar="REGEX", help="only the cocotb tests that this regular expression fits"
    ),
    click.option(
        "--scores",
        type=Count(),
        help="run so many scores, as in 1e8, through the compiled unit instead",
    ),
    click.option(
        "--netlist",
        type=TargetName(TARGET_NAMES),
        help="run the mapped netlist: generic, sky130 or liberty:PATH",
    ),
    click.option("--wave", is_flag=True, help="record waves of the whole run"),
    as_json,
    example="--simulator verilator --lanes 4 --heads 2",
)
def sim(take: Callable[..., Build], values: dict[str, Any]) -> None:
    """Run the benches; every output is checked by the golden model.

    Exit code 1 when anything differs from the golden model or coverage is not full. For a unit that
    goes over rows latency and cycles a row are measured and compared with what the build states.
    """
    # Operators simulate fastest; a netlist is made as `surmax synth` makes it.
    _run(take(values, adders="cells" if values["netlist"] else "operators"), **values)


def _run(
    build: Build,
    *,
    simulator: str,
    beats: int,
    seeds: tuple[int, ...],
    tests: str | None,
    scores: int | None,
    netlist: str | None,
    wave: bool,
    json_output: bool,
) -> None:
    """Run the cocotb benches or, with `scores`, the volume."""
    text = None
    if netlist is not None:
        target = resolve_target(netlist, note=say)
        need_library(target)
        say(f"synthesis of {build.top_module}, {build.lanes} lanes, for {target.name}")
        text = plain_netlist(
            synthesise_build(build, target, cache=SYNTH_CACHE, transistors=False),
            target,
            cache=SYNTH_CACHE,
        )
    if scores is not None:
        volume = run_volume(
            build,
            scores,
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


def _show_volume(result: VolumeResult) -> None:
    out.print(
        f"{result.scores} scores checked, {result.mismatches} mismatches, "
        f"{result.last_mismatches} wrong TLAST, {result.scores_per_second:.3g} scores/s, "
        f"seed {result.seed}",
    )
    for name in ("fault", "first_mismatch"):
        if getattr(result, name):
            out.print(f"{name.replace('_', ' ')}: {getattr(result, name)}")


def _show_benches(result: BenchResult) -> None:
    table = Table("test", "result", "scores", "scores/s", box=None)
    for test in result.tests:
        rate = f"{test.scores / test.seconds:.3g}" if test.seconds else ""
        table.add_row(test.name, "pass" if test.passed else "FAIL", str(test.scores), rate)
    print_table(table)
    if result.throughput:
        _show_throughput(result)
    if result.coverage:
        met, bins = result.coverage["met"], result.coverage["bins"]
        out.print(f"coverage {met} of {bins} bins")
    out.print(
        f"{result.version}: {result.scores} scores checked, {result.rate:.3g} scores/s, "
        f"seeds {', '.join(map(str, result.seeds))}",
    )
    if result.wave:
        out.print(f"waves: {Path(result.wave)}")
    if result.message:
        out.print(f"FAILED: {result.message}")


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
    print_table(table)
