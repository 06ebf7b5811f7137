# SPDX-License-Identifier: Apache-2.0
"""Recorded calls of the kernels, as the program aiengine/host/replay.cpp takes them."""

import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from surmax.aie.check.compare import Step
from surmax.aie.check.subjects import HccsSubject
from surmax.aie.layout import Array
from surmax.golden import InputError

PLAN = "replay.txt"
_BLOB = "data.bin"


@dataclass(frozen=True)
class Replay:
    """What the program found.

    Attributes:
        calls, rows: replayed; rows that only fill up a tile count.
        mismatches: codes that differ.
        fault: the first call that differs, or why the program ended early; None when all is well.
    """

    calls: int
    rows: int
    mismatches: int
    fault: str | None


def step_arrays(step: Step, architecture: str) -> dict[str, Array | None]:
    """Return what a call reads and has to give, in the order of a plan's places."""
    return {
        "scores": step.rows.scores,
        "rows": step.rows.records(step.masking),
        "table": step.case.table(architecture),
        "mask": step.rows.words(step.masking),
        "expected": step.expected,
    }


def plan_line(step: Step, places: Mapping[str, str]) -> str:
    """Return a plan's line for a call; `places` says where each array of step_arrays lies."""
    hccs = isinstance(step.subject, HccsSubject)
    words = [
        "hccs" if hccs else "consmax",
        step.subject.name if hccs else 8 * step.expected.itemsize,
        step.rows.schedule,
        step.masking,
        len(step.rows.records(step.masking)),
        step.case.rows.length,
        len(step.case.table("aie")),
        *(places.get(name, "-") for name in ("scores", "rows", "table", "mask", "expected")),
    ]
    return " ".join(map(str, words))


def write_plans(
    steps: Iterable[Step], architectures: Sequence[str], folder: Path
) -> dict[str, Path]:
    """Write many calls, their data in one file beside the plans; return each architecture's."""
    kept: dict[int, tuple[Array, str]] = {}  # arrays that several calls share, by identity
    lines: dict[str, list[str]] = {architecture: [] for architecture in architectures}
    end = 0
    with (folder / _BLOB).open("wb") as blob:
        for step in steps:
            for architecture in architectures:
                places = {}
                for name, array in step_arrays(step, architecture).items():
                    if array is None:
                        continue
                    if id(array) not in kept:
                        kept[id(array)] = array, f"{_BLOB}:{end}:{array.nbytes}"
                        blob.write(np.ascontiguousarray(array).tobytes())
                        end += array.nbytes
                    places[name] = kept[id(array)][1]
                lines[architecture].append(plan_line(step, places) + "\n")
    plans = {}
    for architecture in architectures:
        plans[architecture] = folder / f"{architecture}-{PLAN}"
        plans[architecture].write_text("".join(lines[architecture]))
    return plans


def run_replay(program: Path, plans: Sequence[Path]) -> Replay:
    """Run the program on plans. Raises InputError when it refuses one of them."""
    # An error of a sanitizer ends the program with a code of its own.
    environment = os.environ | {"ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "exitcode=99"}
    done = subprocess.run(
        [str(program.resolve()), *map(str, plans)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env=environment,
    )
    if done.returncode == 2:
        raise InputError(f"replay: {done.stderr.strip()}")
    lines = done.stdout.splitlines()
    found = re.fullmatch(r"(\d+) calls, (\d+) rows, (\d+) mismatches", lines[-1] if lines else "")
    if found is None or done.returncode not in (0, 1):
        lines = done.stderr.splitlines()
        reasons = [one.strip() for one in lines if "runtime error" in one or "SUMMARY" in one]
        fault = reasons[0] if reasons else f"the program ended with {done.returncode}"
        return Replay(0, 0, 0, fault)
    calls, rows, mismatches = map(int, found.groups())
    return Replay(calls, rows, mismatches, lines[0] if mismatches else None)
