# SPDX-License-Identifier: Apache-2.0
"""Planted faults: edits of the unit's source, each of which the checks must find.

A fault is one replacement in one file of surmax.rtl. The edited copy of the package is elaborated
by a process of its own and its Verilog takes the place of the right one in the volume test, which
compares with golden and checks the handshake. An edit whose text is not there, or that changes no
Verilog, is an error: a fault that is not planted would count as killed by nobody.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import surmax.rtl
from surmax.golden import unit_entry
from surmax.rtl import Build, verilog
from surmax.tb.volume.run import VolumeResult, run_volume

SCORES = 20_000

# Runs in the child: the edited folder becomes the package surmax.rtl, before anything imports it.
_CHILD = """
import importlib.util, json, sys
folder, unit = sys.argv[1], json.loads(sys.argv[2])
spec = importlib.util.spec_from_file_location(
    "surmax.rtl", folder + "/__init__.py", submodule_search_locations=[folder]
)
package = importlib.util.module_from_spec(spec)
sys.modules["surmax.rtl"] = package
spec.loader.exec_module(package)
from surmax.tb.proof.mutation import make_build
sys.stdout.write(package.verilog(make_build(unit)))
"""


def make_build(unit: dict[str, Any]) -> Build:
    """Return the build that Fault.unit describes."""
    unit = dict(unit)
    name = unit.pop("unit")
    config = unit_entry("golden", name).presets[unit.pop("preset")]
    return unit_entry("rtl", name).build(config, **unit)


@dataclass(frozen=True)
class Fault:
    """One edit of one file of surmax.rtl, and the unit in which it is planted.

    Attributes:
        name: what is wrong.
        file: file name in the package.
        old, new: the text that is replaced, once in the file, and what replaces it.
        unit: parameters of the build, with the kind of unit and the name of the preset.
    """

    name: str
    file: str
    old: str
    new: str
    unit: dict[str, Any]

    def build(self) -> Build:
        """Return the build in which the fault is planted."""
        return make_build(self.unit)


@dataclass(frozen=True)
class MutationResult:
    """What became of a fault: `killed_by` says which check found it, None if none did."""

    fault: str
    killed_by: str | None
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """All fields, JSON-ready."""
        return asdict(self)


class MutationError(RuntimeError):
    """A fault could not be planted."""


_right_verilog = cache(verilog)


def faulty_verilog(fault: Fault) -> str:
    """Return the Verilog of the fault's unit with the fault in it.

    Raises MutationError when the text to replace is not there exactly once, or the edited source
    does not elaborate, or gives the same Verilog as the right one.
    """
    with tempfile.TemporaryDirectory(prefix="surmax-") as name:
        package = Path(name) / "rtl"
        shutil.copytree(
            Path(surmax.rtl.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
        )
        source = package / fault.file
        text = source.read_text()
        if text.count(fault.old) != 1:
            raise MutationError(
                f"fault {fault.name!r}: {fault.old!r} is in {fault.file} {text.count(fault.old)} "
                "times: once is needed"
            )
        source.write_text(text.replace(fault.old, fault.new))
        command = [sys.executable, "-W", "ignore", "-c", _CHILD, str(package)]
        done = subprocess.run(
            [*command, json.dumps(fault.unit)],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    if done.returncode:
        raise MutationError(f"fault {fault.name!r}: {done.stderr.strip().splitlines()[-1]}")
    if done.stdout == _right_verilog(fault.build()):
        raise MutationError(f"fault {fault.name!r} changes nothing in the Verilog")
    return done.stdout


def run_mutations(
    faults: Iterable[Fault],
    folder: Path,
    *,
    progress: Callable[[MutationResult], None] | None = None,
) -> list[MutationResult]:
    """Plant each fault in turn and run the volume test on it; return who killed it.

    Args:
        faults: which ones.
        folder: where compiled models are kept.
        progress: called with each result as it comes.

    Raises:
        MutationError: a fault could not be planted.
        InputError: Verilator or the C++ compiler is missing.
    """

    def run(fault: Fault) -> MutationResult:
        text = faulty_verilog(fault)
        result = run_volume(
            fault.build(), SCORES, folder=folder, workers=1, text=text, optimise=False
        )
        return MutationResult(
            fault.name, _killer(result), result.seconds_build + result.seconds_run
        )

    results = []
    # Two at a time: the child and the compiler are processes of their own.
    with ThreadPoolExecutor(2) as pool:
        for result in pool.map(run, faults):
            results.append(result)
            if progress:
                progress(result)
    return results


def _killer(result: VolumeResult) -> str | None:
    """Name the check that failed, the handshake's first: it ends the run."""
    if result.fault:
        return f"handshake: {result.fault}"
    if result.mismatches:
        return f"golden: {result.mismatches} wrong codes"
    if result.last_mismatches:
        return f"order: {result.last_mismatches} wrong TLAST bits"
    return None
