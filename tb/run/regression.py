# SPDX-License-Identifier: Apache-2.0
"""Run the cocotb benches of a build in a simulator and return the result."""

import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from surmax.golden import check_range
from surmax.rtl import Build, verilog
from surmax.tb.core.plan import make_plan
from surmax.tb.run.job import BenchTest, Job, Progress
from surmax.tb.run.simulators import require
from surmax.tb.run.wide_ports import TOP, WidePorts


@dataclass(frozen=True)
class BenchResult:
    """Result of one regression.

    Attributes:
        simulator, version: where it ran.
        build: description of the build (its describe()).
        seeds, beats: of the random tests.
        tests: in the order that they ran.
        coverage: bins declared and met (Coverage.to_json); None when `tests` left it out.
        throughput: measured latency and interval of rows, as the bench recorded them.
        compile_seconds: what compiling took; `cached` is True when nothing was compiled.
        log: path of the simulation's output.
        wave: path of the wave file; None without.
        message: None when all passed, or one line: the first failure, its seed and wave file.
    """

    simulator: str
    version: str
    build: dict[str, Any]
    seeds: tuple[int, ...]
    beats: int
    tests: tuple[BenchTest, ...]
    coverage: dict[str, Any] | None
    throughput: tuple[dict[str, Any], ...]
    compile_seconds: float
    cached: bool
    log: str
    wave: str | None
    message: str | None

    @property
    def passed(self) -> bool:
        """True if every test ran and passed."""
        return self.message is None

    @property
    def scores(self) -> int:
        """Scores checked, all tests together."""
        return sum(test.scores for test in self.tests)

    @property
    def seconds(self) -> float:
        """Wall time of all tests, without compiling and starting."""
        return sum(test.seconds for test in self.tests)

    @property
    def rate(self) -> float:
        """Scores checked a second, all tests together."""
        return self.scores / self.seconds if self.seconds else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return everything as a JSON-ready dictionary."""
        derived = {"passed": self.passed, "scores": self.scores, "seconds": self.seconds}
        return asdict(self) | derived | {"scores_per_second": self.rate}


def run_benches(
    build: Build,
    simulator: str,
    *,
    folder: Path,
    seeds: Sequence[int] = (1, 2),
    beats: int = 2000,
    exhaustive: bool | None = None,
    tests: str | None = None,
    wave: bool = False,
    timeout: float = 900.0,
    text: str | None = None,
    progress: Progress | None = None,
) -> BenchResult:
    """Run the benches for the top of `build`; every output is compared with surmax.golden.

    A failing regression is run once more with waves, its first failing test only.

    Args:
        build: what to simulate; its `top` says which bench.
        simulator: "icarus" or "verilator".
        folder: for compiled simulations (kept and found again by content) and files of the run.
        seeds: one random test for each, 0 to 2**32 - 1.
        beats: beats of each random test, at least 1. Too few leave coverage open: a failure.
        exhaustive: all 65 536 scores of the 16-bit mode; None: in Verilator only.
        tests: regular expression, only tests whose name matches; None: all.
        wave: record waves of the whole run.
        timeout: seconds that compiling or simulating may take.
        text: Verilog to simulate in place of what `build` elaborates to, with the same ports.
        progress: called with one line for each step.

    Raises:
        InputError: the simulator is missing or an argument is out of range.
        SimulationError: the Verilog does not compile, or the simulation could not start.
    """
    kind = require(simulator)
    plan = make_plan(
        build,
        seeds=seeds,
        beats=beats,
        exhaustive=simulator == "verilator" if exhaustive is None else exhaustive,
    )
    check_range("timeout", int(timeout), 1, 10**6)
    say = progress or (lambda line: None)
    say(f"{simulator}: compiling")
    begin = time.perf_counter()
    design, top = verilog(build) if text is None else text, build.top_module
    if build.top == "stream":
        design, top = design + WidePorts(build).verilog, TOP
    job = Job(plan, design, top, simulator, folder.resolve(), timeout, say)
    simulation = job.compile(wave)
    compile_seconds = 0.0 if simulation.cached else time.perf_counter() - begin
    run = job.run(simulation, tests)
    result = BenchResult(
        simulator,
        kind.version,
        build.describe(),
        tuple(seeds),
        beats,
        run.tests,
        run.coverage,
        run.throughput,
        compile_seconds,
        simulation.cached,
        str(run.log),
        str(run.wave) if run.wave else None,
        run.failure,
    )
    if result.passed:
        return result
    again = next((test for test in run.tests if not test.passed), None)
    if not (wave or run.ended_early) and again and again.name != "coverage":
        say(f"{simulator}: {again.name} failed, once more with waves")
        repeat = job.run(job.compile(True), rf"\.{re.escape(again.name)}$", "waves")
        result = replace(result, wave=str(repeat.wave) if repeat.wave else None)
    seed = re.search(r"seed=(\d+)", result.message or "")
    hints = [] if seed else [f"seeds {', '.join(map(str, seeds))}"]
    hints += [f"waves in {result.wave}"] if result.wave else []
    return replace(result, message="; ".join([f"{simulator}: {result.message}", *hints]))
