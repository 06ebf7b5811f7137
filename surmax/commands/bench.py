# SPDX-License-Identifier: Apache-2.0
"""`surmax bench`: how fast the flow is here."""

import time
from typing import Any

import click
from rich.table import Table

from surmax.console import out, print_json, say
from surmax.golden import PRESETS, ConsmaxConfig, solve_tables
from surmax.golden.sampling import random_heads
from surmax.options import BUILD, as_json
from surmax.rtl import ConsmaxBuild
from surmax.tb.runner import run_benches
from surmax.tb.simulators import available
from surmax.tb.volume import run_volume


@click.command()
@as_json
def bench(json_output: bool) -> None:
    """Time the table solver and the simulators, 16 lanes, preset paper; nothing is asserted."""
    rows = [*_solver(), *_simulators()]
    if json_output:
        print_json(rows)
        return
    table = Table("what", "figure", "unit", box=None)
    for row in rows:
        table.add_row(row["what"], f"{row['figure']:.3g}", row["unit"])
    out.print(table)


def _solver() -> list[dict[str, Any]]:
    rows = []
    configs = {
        "12-bit mantissas": ConsmaxConfig(),
        "10-bit mantissas": ConsmaxConfig(mantissa_bits=10),
        "preset small": PRESETS["small"],
    }
    for name, config in configs.items():
        times = []
        for head in random_heads(100, seed=7):
            start = time.perf_counter()
            solve_tables(config, **head)
            times.append(time.perf_counter() - start)
        rows.append({"what": f"solve a head, {name}, slowest", "figure": max(times), "unit": "s"})
    return rows


def _simulators() -> list[dict[str, Any]]:
    build = ConsmaxBuild(PRESETS["paper"], lanes=16)
    rows = []
    for name in available():
        say(f"cocotb in {name}")
        result = run_benches(build, name, folder=BUILD / "sim", beats=20000, tests="random")
        rows.append({"what": f"cocotb in {name}", "figure": result.rate, "unit": "scores/s"})
    if "verilator" in available():
        say("compiled")
        volume = run_volume(build, 10**8, folder=BUILD / "sim")
        rate = volume.scores_per_second
        rows.append({"what": "compiled, 1e8 scores", "figure": rate, "unit": "scores/s"})
    return rows
