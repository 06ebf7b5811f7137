# SPDX-License-Identifier: Apache-2.0
"""`surmax bench`: how fast the flow is here."""

import time
from collections.abc import Callable
from typing import Any

import click
import numpy as np
from rich.table import Table

from surmax.console import print_json, print_table, say
from surmax.golden import (
    CONSMAX_PRESETS,
    HCCS_PRESETS,
    ConsmaxConfig,
    HccsConstants,
    hccs,
    solve_tables,
)
from surmax.golden.sampling import random_heads
from surmax.options import BUILD, as_json
from surmax.rtl import ConsmaxBuild
from surmax.tb.run.regression import run_benches
from surmax.tb.run.simulators import available
from surmax.tb.volume.run import run_volume

ROW_LENGTH = 128
_MODES = ("div", "clb", "div16", "clb16", "nearest")
# Legal for rows of 128.
_CONSTANTS = HccsConstants(255, 4, 60)


@click.command(epilog="Example: surmax bench --json")
@as_json
def bench(json_output: bool) -> None:
    """Time the golden models, the table solver and the simulators.

    The simulators run ConSmax, preset paper, with 16 lanes.
    """
    rows = [*golden_rates(), *_solver(), *_simulators()]
    if json_output:
        print_json(rows)
        return
    table = Table("what", "figure", "unit", "also", box=None)
    for row in rows:
        also = [f"{row['rows_per_second']:.3g} rows/s"] if "rows_per_second" in row else []
        also += [f"{row['of_scipy']:.2f} x scipy"] if "of_scipy" in row else []
        table.add_row(row["what"], f"{row['figure']:.3g}", row["unit"], ", ".join(also))
    print_table(table)


def golden_rates(count: int = 4096, repeats: int = 15) -> list[dict[str, Any]]:
    """Time golden HCCS on `count` random rows of 128, beside SciPy's softmax in float32.

    The best of `repeats` runs each in processor time, taken in turn, so that other work on the
    machine counts little; all run on one core. Returns scores and rows a second and, where SciPy is
    installed, the speed relative to its softmax; says so and leaves that out where it is not.
    """
    scores = np.random.default_rng(1).integers(-128, 128, (count, ROW_LENGTH)).astype(np.int8)
    runs: dict[str, Callable[[], Any]] = {
        f"HCCS {name}": lambda config=HCCS_PRESETS[name]: hccs(scores, _CONSTANTS, config)
        for name in _MODES
    }
    try:
        from scipy.special import softmax
    except ImportError:
        say("scipy is not installed: its softmax is left out")
    else:
        real = scores.astype(np.float32) * np.float32(0.05)
        runs["scipy"] = lambda: softmax(real, axis=-1)
    best = dict.fromkeys(runs, np.inf)
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.process_time()
            run()
            best[name] = min(best[name], time.process_time() - start)
    rows = []
    for name, seconds in best.items():
        row = {"what": f"{name}, n = {ROW_LENGTH}", "figure": scores.size / seconds}
        row |= {"unit": "scores/s", "rows_per_second": count / seconds}
        if name == "scipy":
            row["what"] = f"scipy softmax, n = {ROW_LENGTH}"
        elif "scipy" in best:
            row["of_scipy"] = best["scipy"] / seconds
        rows.append(row)
    return rows


def _solver() -> list[dict[str, Any]]:
    rows = []
    configs = {
        "12-bit mantissas": ConsmaxConfig(),
        "10-bit mantissas": ConsmaxConfig(mantissa_bits=10),
        "preset small": CONSMAX_PRESETS["small"],
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
    build = ConsmaxBuild(CONSMAX_PRESETS["paper"], lanes=16)
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
