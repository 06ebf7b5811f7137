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
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import surmax.rtl
from surmax.golden import preset
from surmax.rtl import ConsmaxBuild, verilog
from surmax.tb.volume import VolumeResult, run_volume

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
from surmax.golden import preset
config = preset(unit.pop("preset"))
sys.stdout.write(package.verilog(package.ConsmaxBuild(config, **unit)))
"""


@dataclass(frozen=True)
class Fault:
    """One edit of one file of surmax.rtl, and the unit in which it is planted.

    Attributes:
        name: what is wrong.
        file: file name in the package.
        old, new: the text that is replaced, once in the file, and what replaces it.
        unit: parameters of ConsmaxBuild, with the name of the preset.
    """

    name: str
    file: str
    old: str
    new: str
    unit: dict[str, Any] = field(default_factory=lambda: dict(_PLAIN))

    def build(self) -> ConsmaxBuild:
        """Return the build in which the fault is planted."""
        unit = dict(self.unit)
        return ConsmaxBuild(preset(unit.pop("preset")), **unit)


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


_PLAIN: dict[str, Any] = {"preset": "small", "lanes": 2, "heads": 2, "stages": 2}
_CELLS = _PLAIN | {"adders": "cells"}
_ONE_STAGE = _PLAIN | {"stages": 1}
_MIXED = _PLAIN | {"preset": "mixed", "stages": 1}

FAULTS = (
    Fault("wrong shift", "consmax_lane.py", "whole >> distance", "whole >> (distance >> 1)"),
    Fault(
        "top product bit dropped",
        "consmax_lane.py",
        "whole = product[config.point_bits - (not half_added) :]",
        "whole = product[config.point_bits - (not half_added) : len(product) - 2]",
    ),
    Fault("rounding half missing", "consmax_lane.py", "(shifted + 1)[1:]", "shifted[1:]"),
    Fault("saturation one bit late", "consmax_lane.py", "rounded[bits:]", "rounded[bits + 1 :]"),
    Fault("mask ignored", "consmax_lane.py", 'kept = Mux(state["mask"], 0, code)', "kept = code"),
    Fault(
        "compensation left out",
        "consmax_lane.py",
        "product + config.compensation",
        "product + 0",
    ),
    Fault(
        "one table's write enable also writes the other",
        "tables.py",
        "mine & equals(write.table, table) & equals(write.index, index)",
        "mine & equals(write.index, index)",
    ),
    Fault(
        "a load writes all heads",
        "tables.py",
        "self.load.valid & equals(write.head, head) if",
        "self.load.valid if",
    ),
    Fault(
        "table index off by one",
        "tables.py",
        "equals(write.index, index)",
        "equals(write.index, (index + 1) % 16)",
    ),
    Fault("head index ignored", "consmax.py", "storage.head.eq(beat.head)", "storage.head.eq(0)"),
    Fault("lanes swapped", "consmax.py", "beat.scores[first + k]", "beat.scores[(first + k) ^ 1]"),
    Fault(
        "payload changes in a stall",
        "consmax.py",
        "advance[k].eq(ready & source[k])",
        "advance[k].eq(source[k])",
    ),
    Fault("beat lost in a stall", "consmax.py", "self.i.ready.eq(ready)", "self.i.ready.eq(1)"),
    Fault(
        "beat taken twice in a stall",
        "consmax.py",
        "valid[k].eq(source[k])",
        "valid[k].eq(source[k] | valid[k] & ~self.o.ready)",
    ),
    Fault("bubbles do not fill up", "consmax.py", "ready = ~valid[k] | ready", "ready = ready"),
    Fault(
        "TLAST of the next beat",
        "consmax.py",
        "self.o.payload.tag).eq(side[-1])",
        "self.o.payload.tag).eq(side[-2])",
    ),
    Fault(
        "valid waits for ready",
        "consmax.py",
        "self.o.valid.eq(valid[-1])",
        "self.o.valid.eq(valid[-1] & self.o.ready)",
        _ONE_STAGE,
    ),
    Fault(
        "reset leaves beats in",
        "consmax.py",
        "valid = Signal(self.stages)",
        "valid = Signal(self.stages, reset_less=True)",
    ),
    Fault("adder without carry", "multiplier.py", "(c & (a ^ b))", "(c & (a & b))", _CELLS),
    Fault("mode stuck at 16 bit", "tables.py", "mode.eq(word[0])", "mode.eq(1)", _MIXED),
    Fault(
        "mask of the high byte ignored",
        "consmax_lane.py",
        'state["mask"].any()',
        'state["mask"][0]',
        _MIXED,
    ),
    Fault(
        "shift of the high byte left out",
        "consmax_lane.py",
        '_sum(values["shift0"], values["shift1"])',
        'values["shift0"]',
        _MIXED,
    ),
)


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
    folder: Path,
    *,
    faults: Iterable[Fault] = FAULTS,
    progress: Callable[[MutationResult], None] | None = None,
) -> list[MutationResult]:
    """Plant each fault in turn and run the volume test on it; return who killed it.

    Args:
        folder: where compiled models are kept.
        faults: which ones.
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
