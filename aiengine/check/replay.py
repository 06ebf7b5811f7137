# SPDX-License-Identifier: Apache-2.0
"""Write kernel calls as plans for the program aiengine/host/replay.cpp, and run it."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from surmax.aie.check.calls import KernelCall
from surmax.aie.check.kernels import HccsKernel
from surmax.aie.layout import Array
from surmax.common.processes import run
from surmax.golden import InputError

PLAN = "replay.txt"
_BLOB = "data.bin"
_TIMEOUT = 3600.0  # seconds


@dataclass(frozen=True)
class Replay:
    """Result of the program.

    Attributes:
        calls, rows: replayed, with the rows that fill up a tile.
        mismatches: codes that differ.
        fault: the first call that differs, or why the program ended early; None without a fault.
    """

    calls: int
    rows: int
    mismatches: int
    fault: str | None


def call_arrays(call: KernelCall, architecture: str) -> dict[str, Array | None]:
    """Return inputs and expected codes of a call by name, in the order of a plan's words."""
    return {
        "scores": call.rows.scores,
        "rows": call.rows.records(call.masking),
        "table": call.case.table(architecture),
        "mask": call.rows.words(call.masking),
        "expected": call.expected,
    }


def plan_line(call: KernelCall, places: Mapping[str, str]) -> str:
    """Return the line of a plan for a call; `places` has the file of each array of call_arrays."""
    hccs = isinstance(call.kernel, HccsKernel)
    words = [
        "hccs" if hccs else "consmax",
        call.kernel.name if hccs else 8 * call.expected.itemsize,
        call.rows.schedule,
        call.masking,
        len(call.rows.records(call.masking)),
        call.case.rows.length,
        len(call.case.table("aie")),
        *(places.get(name, "-") for name in ("scores", "rows", "table", "mask", "expected")),
    ]
    return " ".join(map(str, words))


def write_plans(
    calls: Iterable[KernelCall], architectures: Sequence[str], folder: Path
) -> dict[str, Path]:
    """Write a plan for each architecture, the data of all calls in one file; return the plans."""
    # Several calls share arrays: each array is written once, by its identity.
    written: dict[int, tuple[Array, str]] = {}
    lines: dict[str, list[str]] = {architecture: [] for architecture in architectures}
    end = 0
    with (folder / _BLOB).open("wb") as blob:
        for call in calls:
            for architecture in architectures:
                places = {}
                for name, array in call_arrays(call, architecture).items():
                    if array is None:
                        continue
                    if id(array) not in written:
                        written[id(array)] = array, f"{_BLOB}:{end}:{array.nbytes}"
                        blob.write(np.ascontiguousarray(array).tobytes())
                        end += array.nbytes
                    places[name] = written[id(array)][1]
                lines[architecture].append(plan_line(call, places) + "\n")
    plans = {}
    for architecture in architectures:
        plans[architecture] = folder / f"{architecture}-{PLAN}"
        plans[architecture].write_text("".join(lines[architecture]), encoding="utf-8")
    return plans


def run_replay(program: Path, plans: Sequence[Path]) -> Replay:
    """Run the program on plans; raises InputError when it refuses one of them."""
    # Exit code 99 tells an error of a sanitizer from a mismatch.
    environment = os.environ | {"ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "exitcode=99"}
    command = [str(program.resolve()), *map(str, plans)]
    done = run(command, env=environment, timeout=_TIMEOUT, apart=True)
    if done.returncode == 2:
        raise InputError(f"replay: {done.stderr.strip()}")
    lines = done.stdout.splitlines()
    found = re.fullmatch(r"(\d+) calls, (\d+) rows, (\d+) mismatches", lines[-1] if lines else "")
    if found is None or done.returncode not in (0, 1):
        lines = done.stderr.splitlines()
        reasons = [line.strip() for line in lines if "runtime error" in line or "SUMMARY" in line]
        fault = reasons[0] if reasons else f"the program ended with {done.returncode}"
        return Replay(0, 0, 0, fault)
    calls, rows, mismatches = map(int, found.groups())
    return Replay(calls, rows, mismatches, lines[0] if mismatches else None)
