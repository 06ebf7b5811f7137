# SPDX-License-Identifier: Apache-2.0
"""Run automatic mutants of a unit past all checks, and say which check killed which.

Both tops are elaborated. Mutants of the stream top are drawn from its whole text, those of the AXI
top from the modules that only it has. A mutant meets the cheapest check first, and the first one
that fails kills it: the volume run (stream top), the cocotb benches, the proofs of lanes. What is
left is proven equivalent, or is in the reviewed list of the unit, or has survived.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from surmax.common.digest import code_digest, digest_of
from surmax.common.errors import ToolError
from surmax.common.kept import Kept
from surmax.golden import check_range, unit_entry
from surmax.rtl import Build, verilog
from surmax.rtl.build import TOPS
from surmax.tb.mutate.checks import BenchCheck, LaneCheck, VolumeCheck
from surmax.tb.mutate.equivalence import Equivalence, prove_equivalent
from surmax.tb.mutate.invariants import prove_invariants
from surmax.tb.mutate.isolated import Ended, run_each
from surmax.tb.mutate.mutants import Design, Mutant
from surmax.tb.mutate.result import EQUIVALENT, KILLED, SURVIVED, MutantsResult, Verdict
from surmax.tb.mutate.reviewed import read_reviewed
from surmax.tb.units import model_of

Say = Callable[[str], None]
Check = Callable[[int], str | None]
Runner = Callable[[Check, Sequence[int]], Iterator[tuple[int, Any]]]
TIMEOUT = 120.0  # seconds that the volume run may take on one mutant


class MutantError(ToolError):
    """A check fails on the design itself, so that it says nothing about mutants."""


@dataclass(frozen=True)
class Effort:
    """How hard the checks look.

    Attributes:
        scores: of the volume run on a mutant that survives it; 0 leaves the volume run out.
        beats: of each random test of the cocotb benches; 0 leaves them out.
        tests: regular expression, only cocotb tests whose name matches; None: all, and coverage.
    """

    scores: int = 100_000
    beats: int = 2000
    tests: str | None = None


def run_mutants(
    build: Build,
    count: int,
    seed: int,
    *,
    folder: Path,
    effort: Effort | None = None,
    workers: int = 2,
    say: Say = lambda line: None,
) -> MutantsResult:
    """Draw `count` mutants of each top of `build` and find out what becomes of them.

    Verdicts are kept as they come: a run that was interrupted goes on where it was.

    Args:
        build: the unit; its `top` makes no difference.
        count: mutants of each top, 1 to 10 000.
        seed: of the choice of mutants and of the stimulus, 0 to 2**31 - 1.
        folder: for compiled simulations, proofs and kept verdicts.
        effort: how hard the checks look.
        workers: mutants at a time, 1 to 64.
        say: called with one line for each step.

    Raises:
        InputError: a number is out of range, or Verilator or the C++ compiler is missing.
        MutantError: a check fails on the design itself.
        ProofError: an invariant of the design is not proven.
    """
    effort = effort or Effort()
    check_range("workers", workers, 1, 64)
    check_range("scores", effort.scores, 0, 10**9)
    benches = _benches(build)
    texts = {top: verilog(replace(build, top=top)) for top in benches}
    digest = digest_of(texts, build.describe(), count, seed, vars(effort), _code(benches))
    place = folder / "mutants" / digest[:16]
    place.mkdir(parents=True, exist_ok=True)
    kept = Kept(place / "verdicts.jsonl", digest)
    found: list[Verdict] = []
    stream: Design | None = None
    for top, text in texts.items():
        design = Design(replace(build, top=top), text, place / top)
        mutants = design.draw(count, seed, beside=stream)
        stream = stream or design
        if mutants:
            found += _Top(design, mutants, workers, kept, say).run(folder, effort, seed)
    kept.finish()
    return MutantsResult(build.describe(), seed, tuple(found))


def _benches(build: Build) -> dict[str, str]:
    """Return the module of cocotb tests of each top that has one."""
    package = model_of(build).benches
    modules = {top: f"{package}.{top}" for top in TOPS}
    return {top: name for top, name in modules.items() if find_spec(name)}


def _code(benches: dict[str, str]) -> list[str]:
    """Return digests of this module and of the cocotb tests, to which no import leads."""
    coverage = {f"{name.rpartition('.')[0]}.coverage" for name in benches.values()}
    return [code_digest(name) for name in (__name__, *benches.values(), *sorted(coverage))]


class _Top:
    """The mutants of one text, on their way through the checks."""

    def __init__(
        self, design: Design, mutants: tuple[Mutant, ...], workers: int, kept: Kept, say: Say
    ) -> None:
        self._design, self._mutants, self._workers = design, mutants, workers
        self._kept, self._say = kept, say
        self._found: dict[int, tuple[str, str, str]] = {}  # status, by, detail
        self._known: dict[str, str] = {}  # what is proven of the registers of modules

    def run(self, folder: Path, effort: Effort, seed: int) -> list[Verdict]:
        """Run all checks; return the verdicts in the order of the mutants."""
        build, text = self._design.build, self._design.together(self._mutants)
        if build.top == "stream" and effort.scores:
            scores = effort.scores
            self._check(
                "volume run",
                lambda: VolumeCheck(build, text, folder, scores=scores, seed=seed),
                self._forked,
            )
        if effort.beats:
            beats, tests = effort.beats, effort.tests
            self._check(
                "cocotb benches",
                lambda: BenchCheck(build, text, folder, seeds=(seed,), beats=beats, tests=tests),
                self._threaded,
            )
        if build.top == "stream":
            lanes = LaneCheck(self._design, self._mutants)
            self._check("proofs of lanes", lambda: lanes, self._threaded, lanes.covers)
        self._find_equivalents()
        return [self._verdict(mutant) for mutant in self._mutants]

    def _check(
        self,
        name: str,
        prepare: Callable[[], Check],
        runner: Runner,
        covers: Callable[[int], bool] = lambda number: True,
    ) -> None:
        """Run one check on every mutant that is left and that it covers."""
        todo = [number for number in self._todo(name) if covers(number)]
        if todo:
            self._say(f"{self._design.top}: {name}, {len(todo)} mutants")
            check = prepare()
            for _, outcome in runner(check, [0]):
                if outcome is not None:
                    why = outcome.why if isinstance(outcome, Ended) else outcome
                    raise MutantError(f"{self._design.top} fails the {name} unmutated: {why}")
            for number, outcome in runner(check, todo):
                seen = outcome.why if isinstance(outcome, Ended) else outcome
                self._kept.put(self._name(name, number), [seen])
        killed = 0
        for number in self._left():
            seen = (self._kept.get(self._name(name, number)) or [None])[0]
            if seen is not None:
                self._found[number] = (KILLED, name, seen)
                killed += 1
        if todo:
            self._say(f"{self._design.top}: {name} killed {killed}, {len(self._left())} are left")

    def _find_equivalents(self) -> None:
        """Look the mutants that are left up in the reviewed list, and prove the others."""
        bench = unit_entry("tb", self._design.build.unit_name)
        reviewed = read_reviewed(bench.equivalents)
        for number in self._left():
            reason = reviewed.get(self._design.key(self._mutants[number - 1]))
            if reason is not None:
                self._found[number] = (EQUIVALENT, "review", reason)
        name = "proof of equivalence"
        todo = self._todo(name)
        if todo:
            self._say(f"{self._design.top}: {name}, {len(todo)} mutants")
            self._known = prove_invariants(self._design)
        for number, one in self._threaded(self._prove, todo):
            self._kept.put(self._name(name, number), [one.proven, one.reason])
        for number in self._left():
            proven, reason = self._kept.get(self._name(name, number))
            by = "proof" if proven else ""
            self._found[number] = (EQUIVALENT if proven else SURVIVED, by, reason)

    def _prove(self, number: int) -> Equivalence:
        return prove_equivalent(self._design, self._mutants[number - 1], self._known)

    def _verdict(self, mutant: Mutant) -> Verdict:
        key = self._design.key(mutant)
        return Verdict(self._design.top, mutant, key, *self._found[mutant.number])

    def _left(self) -> list[int]:
        """Return the numbers of the mutants without a verdict."""
        return [one.number for one in self._mutants if one.number not in self._found]

    def _todo(self, check: str) -> list[int]:
        """Return the numbers of those that this check has not seen, in this run or another."""
        return [n for n in self._left() if self._kept.get(self._name(check, n)) is None]

    def _name(self, check: str, number: int) -> str:
        return f"{self._design.top} {check} {number}"

    def _forked(self, function: Check, numbers: Sequence[int]) -> Iterator[tuple[int, Any]]:
        return run_each(function, numbers, workers=self._workers, timeout=TIMEOUT)

    def _threaded(
        self, function: Callable[[int], Any], numbers: Sequence[int]
    ) -> Iterator[tuple[int, Any]]:
        """Yield (number, function(number)) as they end; an error drops what has not begun."""
        pool = ThreadPoolExecutor(self._workers)
        try:
            jobs = {pool.submit(function, number): number for number in numbers}
            for job in as_completed(jobs):
                yield jobs[job], job.result()
        finally:
            pool.shutdown(cancel_futures=True)
