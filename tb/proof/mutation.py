# SPDX-License-Identifier: Apache-2.0
"""Planted faults: signals that are driven wrongly, each of which the checks must find.

A fault names a module and a signal of the generated Verilog and gives the wrong value. The volume
run then simulates the faulty Verilog in place of the right one; it compares every code with golden
and checks the handshake. A fault that cannot be planted is an error, because it would count as one
that no check finds.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from surmax.common.errors import InputError
from surmax.rtl import Build, verilog
from surmax.tb.rewrite.drive import drive
from surmax.tb.rewrite.parse import VerilogError
from surmax.tb.volume.run import VolumeResult, run_volume

SCORES = 20_000


@dataclass(frozen=True)
class Fault:
    """One signal of a unit's Verilog that is driven wrongly.

    Attributes:
        name: what is wrong.
        module: name or pattern of Verilog modules.
        signal: name or pattern of signals in them, or INSTANCE/PORT.
        wrong: Verilog expression in terms of `right`, the right value, and of the module's signals;
            see surmax.tb.rewrite.drive.
        build: the unit in which the fault is planted.
        also: further signals and their wrong values, where one alone does not make the fault.
    """

    name: str
    module: str
    signal: str
    wrong: str
    build: Build
    also: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MutationResult:
    """Outcome of one fault: `killed_by` names the check that found it, None if none did."""

    fault: str
    killed_by: str | None
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return all fields, JSON-ready."""
        return asdict(self)


class MutationError(InputError):
    """A fault could not be planted."""


_right_verilog = cache(verilog)


def faulty_verilog(fault: Fault) -> str:
    """Return the Verilog of the fault's unit with the fault in it.

    Raises MutationError when the module or the signal is not there, or the wrong value is right.
    """
    text = _right_verilog(fault.build)
    for signal, wrong in ((fault.signal, fault.wrong), *fault.also):
        if wrong.strip() == "right":
            raise MutationError(f"fault {fault.name!r}: {signal} must have a wrong value")
        try:
            text = drive(text, fault.module, signal, wrong)
        except VerilogError as error:
            raise MutationError(f"fault {fault.name!r}: {error}") from error
    return text


def run_mutations(
    faults: Iterable[Fault],
    folder: Path,
    *,
    progress: Callable[[MutationResult], None] | None = None,
) -> list[MutationResult]:
    """Plant each fault in turn, run the volume test on it, and return which check found it.

    Args:
        faults: what to plant, one after the other.
        folder: where compiled models are kept.
        progress: called with each result as soon as it is there.

    Raises:
        MutationError: a fault could not be planted.
        InputError: Verilator or the C++ compiler is missing.
    """

    def run(fault: Fault) -> MutationResult:
        text = faulty_verilog(fault)
        result = run_volume(
            fault.build, SCORES, folder=folder, workers=1, text=text, optimise=False
        )
        return MutationResult(
            fault.name, _killer(result), result.seconds_build + result.seconds_run
        )

    results = []
    # Two at a time: yosys and the compiler are processes of their own.
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
