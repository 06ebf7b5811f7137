# SPDX-License-Identifier: Apache-2.0
"""Checks that a mutant has to get past: the volume run, the cocotb benches, the proofs of lanes.

Each is called with the number of a mutant and returns what found it, or None; for number 0, the
design itself, it must return None. The first two compile the text of all mutants once.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

from surmax.golden import unit_entry
from surmax.rtl import Build
from surmax.tb.core.plan import make_plan
from surmax.tb.mutate.mutants import PLUSARG, Design, Mutant
from surmax.tb.proof.problem import ProofError
from surmax.tb.run.job import Job
from surmax.tb.run.wide_ports import TOP, WidePorts
from surmax.tb.units import model_of
from surmax.tb.volume.compile import compile_model
from surmax.tb.volume.session import VolumeResult


class VolumeCheck:
    """The volume run of the stream top, ended by the first difference.

    Parameters:
        build: the unit, with top "stream".
        text: of all mutants.
        folder: where compiled models are kept.
        scores: how many are sent through a mutant that survives.
        seed: of stimulus, stalls, constants and power-up values.
    """

    def __init__(self, build: Build, text: str, folder: Path, *, scores: int, seed: int) -> None:
        self._build, self._scores, self._seed = build, scores, seed
        self._session = unit_entry("tb", build.unit_name).session
        self._library = compile_model(build, text, folder, optimise=False)

    def __call__(self, number: int) -> str | None:
        """Run one mutant."""
        result = VolumeResult(self._seed, True)
        session = self._session(self._build, self._library, result, Event(), 0, 1)
        session.argument, session.until_wrong = f"+{PLUSARG}={number}", True
        session.go(self._scores)
        if result.fault:
            return result.fault
        if result.mismatches:
            return "a wrong code"
        return "a wrong TLAST" if result.last_mismatches else None


class BenchCheck:
    """The cocotb benches of a top in Verilator, ended by the first test that fails.

    Parameters:
        build: the unit.
        text: of all mutants.
        folder: for compiled simulations and files of the runs.
        seeds, beats: of the random tests.
        tests: regular expression, only tests whose name matches; None: all, and coverage.
        timeout: seconds that a mutant may take.
    """

    def __init__(
        self,
        build: Build,
        text: str,
        folder: Path,
        *,
        seeds: Sequence[int],
        beats: int,
        tests: str | None,
        timeout: float = 900.0,
    ) -> None:
        plan = make_plan(build, seeds=seeds, beats=beats, exhaustive=False)
        top = build.top_module
        if build.top == "stream":
            text, top = text + WidePorts(build).verilog, TOP
        self._tests = tests
        self._job = Job(
            plan,
            text,
            top,
            "verilator",
            folder.resolve(),
            timeout,
            lambda line: None,
            until_wrong=True,
        )
        self._simulation = self._job.compile(wave=False)

    def __call__(self, number: int) -> str | None:
        """Run one mutant."""
        command = (*self._simulation.command, f"+{PLUSARG}={number}")
        simulation = replace(self._simulation, command=command)
        run = self._job.run(simulation, self._tests, f"mutant-{number}")
        failed = next((test for test in run.tests if not test.passed), None)
        if number or run.failure is None:
            shutil.rmtree(run.log.parent, ignore_errors=True)
        if run.failure is None:
            return None
        if failed is None:
            return run.failure if number == 0 else "the simulation ended early"
        return failed.name if number else f"{failed.name}: {failed.message}, see {run.log}"


class LaneCheck:
    """The unit's proofs of one lane, on the mutants in its lanes' modules.

    Parameters:
        design: the stream top.
        mutants: those that numbers stand for, from 1.
    """

    def __init__(self, design: Design, mutants: Sequence[Mutant]) -> None:
        self._design, self._mutants = design, mutants
        self._prove = unit_entry("tb", design.build.unit_name).prove_lanes
        self._modules = model_of(design.build).lane_modules if self._prove else ()

    def covers(self, number: int) -> bool:
        """Return whether a mutant is in a module that the proofs are about."""
        return self._mutants[number - 1].module in self._modules

    def __call__(self, number: int) -> str | None:
        """Try the proofs; one that ends without an answer finds nothing."""
        design, folder = self._design, self._design.folder / f"lanes-{number}"
        text = design.alone(self._mutants[number - 1]) if number else design.text
        proofs = self._prove(design.build, folder=folder, text=text)
        try:
            return next((proof.name for proof in proofs if not proof.holds), None)
        except ProofError:
            return None
