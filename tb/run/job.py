# SPDX-License-Identifier: Apache-2.0
"""One simulation as a process of its own: started, watched, read back."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from surmax.common.extras import needs
from surmax.common.processes import running
from surmax.golden import InputError
from surmax.tb.core.plan import BenchPlan
from surmax.tb.run.compile import Simulation, compile_simulation
from surmax.tb.run.simulators import cocotb_config

Progress = Callable[[str], None]


@dataclass(frozen=True)
class BenchTest:
    """One cocotb test: `scores` checked in `seconds` of wall time; `message` when it failed."""

    name: str
    passed: bool
    scores: int
    seconds: float
    message: str | None = None


@dataclass(frozen=True)
class Run:
    """One simulation that has ended.

    Attributes:
        tests: in the order that they ran.
        coverage: Coverage.to_json, None when its test did not run or the simulation ended early.
        throughput: what the bench measured, one entry a row length.
        log, wave: files of the run.
        failure: one line about the first failure, None when all is well.
        ended_early: the simulator crashed or was stopped.
    """

    tests: tuple[BenchTest, ...]
    coverage: dict[str, Any] | None
    throughput: tuple[dict[str, Any], ...]
    log: Path
    wave: Path | None
    failure: str | None
    ended_early: bool


@dataclass(frozen=True)
class Job:
    """A plan, a design and a simulator, and where their files go.

    Attributes:
        plan: what the tests do.
        design: Verilog text.
        top: its top module, which cocotb drives.
        simulator: "icarus" or "verilator".
        folder: for compiled simulations and files of the runs.
        timeout: seconds that compiling or simulating may take.
        say: called with one line for each test that starts.
        until_wrong: the first test that fails ends the simulation.
    """

    plan: BenchPlan
    design: str
    top: str
    simulator: str
    folder: Path
    timeout: float
    say: Progress
    until_wrong: bool = False

    def compile(self, wave: bool) -> Simulation:
        """Compile the design, or find it compiled."""
        place = self.folder / "simulations"
        return compile_simulation(
            self.design, self.top, self.simulator, place, wave=wave, timeout=self.timeout
        )

    def run(self, simulation: Simulation, tests: str | None, suffix: str = "") -> Run:
        """Run the tests of one simulation and read what it recorded."""
        folder = self._fresh_folder(tests, suffix)
        self.plan.save(folder / "plan.pickle")
        (folder / "records.jsonl").touch()
        log = folder / "simulation.log"
        ended = self._execute(simulation, folder, log, tests)
        records = _read_records(folder)
        results = _read_results(folder / "results.xml", records)
        coverage = next(iter(_events(records, "coverage")), None)
        throughput = tuple(_events(records, "throughput"))
        wave = folder / simulation.wave if simulation.wave else None
        failure = _failure(ended, results, log)
        return Run(results, coverage, throughput, log, wave, failure, ended is not None)

    def _fresh_folder(self, tests: str | None, suffix: str) -> Path:
        plan = self.plan
        about = [plan.build.describe(), plan.seeds, plan.beats, plan.exhaustive, tests, self.design]
        key = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:8]
        name = "-".join(filter(None, [self.simulator, plan.build.top_module, key, suffix]))
        folder = self.folder / "runs" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def _execute(
        self, simulation: Simulation, folder: Path, log: Path, tests: str | None
    ) -> str | None:
        """Run the simulator; return why it ended early, None when it ended by itself."""
        environment = self._environment(folder, tests)
        limit = time.monotonic() + self.timeout
        with (
            log.open("wb") as out,
            running(
                simulation.command,
                cwd=folder,
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            told = 0
            while process.poll() is None:
                if time.monotonic() > limit:
                    return f"no end after {self.timeout:.0f} s"
                time.sleep(0.05)
                told = self._tell(folder, told)
                if self.until_wrong and _failed(folder):
                    return "ended by the first failure"
            self._tell(folder, told)
        return f"the simulator ended with {process.returncode}" if process.returncode else None

    def _tell(self, folder: Path, told: int) -> int:
        """Report the tests that have started since; return how many lines have been read."""
        records = _read_records(folder)
        for one in records[told:]:
            if one.get("event") == "start":
                self.say(f"{self.simulator}: {one['test']}")
        return len(records)

    def _environment(self, folder: Path, tests: str | None) -> dict[str, str]:
        with needs("sim"):
            import find_libpython
        library = find_libpython.find_libpython()
        if library is None:
            raise InputError(
                f"{sys.executable} has no shared library libpython: install a Python that has one "
                "(Debian's python3 does), the simulators load it"
            )
        environment = {
            **os.environ,
            "PATH": os.pathsep.join(
                [os.environ.get("PATH", os.defpath), str(cocotb_config().libs_dir)]
            ),
            # A compiled simulation needs cocotb's libraries, wherever they are.
            "LD_LIBRARY_PATH": os.pathsep.join(
                filter(None, [str(cocotb_config().libs_dir), os.environ.get("LD_LIBRARY_PATH")])
            ),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PYGPI_PYTHON_BIN": sys.executable,
            "GPI_USERS": ";".join([library, cocotb_config().pygpi_entry_point()]),
            "TOPLEVEL_LANG": "verilog",
            "COCOTB_TOPLEVEL": self.top,
            "COCOTB_TEST_MODULES": self.plan.bench,
            "COCOTB_RESULTS_FILE": str(folder / "results.xml"),
            "COCOTB_RANDOM_SEED": str(self.plan.seeds[0]),
            "COCOTB_ANSI_OUTPUT": "0",
            # Rewritten assertions say nothing more here and cost two seconds.
            "COCOTB_REWRITE_ASSERTION_FILES": "",
            # NumPy's matrix library starts threads that nobody needs here and that spin.
            "OPENBLAS_NUM_THREADS": "1",
            "SURMAX_BENCH_FOLDER": str(folder),
        }
        if self.simulator == "verilator":
            environment["COCOTB_TRUST_INERTIAL_WRITES"] = "1"
        if tests is not None:
            environment["COCOTB_TEST_FILTER"] = tests
        return environment


def _read_records(folder: Path) -> list[dict[str, Any]]:
    """Return the lines that the simulation has written so far; a half one is left for later."""
    text = (folder / "records.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def _failed(folder: Path) -> bool:
    """Return whether a test has failed so far."""
    ends = _events(_read_records(folder), "end")
    return any(end["message"] is not None for end in ends)


def _events(records: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Return the fields of all records of one event."""
    return [
        {key: value for key, value in one.items() if key != "event"}
        for one in records
        if one.get("event") == name
    ]


def _read_results(path: Path, records: list[dict[str, Any]]) -> tuple[BenchTest, ...]:
    """Join cocotb's verdicts with our figures; a test that never ended has failed."""
    verdicts: dict[str, str | None] = {}
    cases: list[ElementTree.Element] = []
    # A simulation that was stopped has no such file, or a part of one.
    with suppress(FileNotFoundError, ElementTree.ParseError):
        cases = list(ElementTree.parse(path).iter("testcase"))
    for case in cases:
        if case.find("skipped") is not None:
            continue
        found = case.find("failure")
        found = case.find("error") if found is None else found
        text = None if found is None else found.get("message") or found.get("error_msg")
        verdicts[case.get("name", "?")] = None if found is None else text or "failed"
    ends = {one["test"]: one for one in records if one.get("event") == "end"}
    results = []
    for one in records:
        if one.get("event") != "start":
            continue
        name = one["test"]
        figures = ends.get(name, {"scores": 0, "seconds": 0.0, "message": "did not end"})
        # A simulation that was stopped has no verdicts, but the tests that had ended by then count.
        verdict = verdicts.get(name, figures["message"])
        message = None if verdict is None else figures["message"] or verdict
        results.append(
            BenchTest(name, verdict is None, figures["scores"], figures["seconds"], message)
        )
    return tuple(results)


def _failure(ended: str | None, tests: tuple[BenchTest, ...], log: Path) -> str | None:
    """Return the first failure in one line, None when all is well."""
    for test in tests:
        if not test.passed:
            return f"{test.name}: {ended or test.message}"
    if ended or not tests:
        return f"{ended or 'no test ran'}, see {log}"
    return None
