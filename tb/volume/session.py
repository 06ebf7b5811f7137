# SPDX-License-Identifier: Apache-2.0
"""One worker of a volume run: what every unit shares, and what a volume run returns."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.rtl import Build
from surmax.tb.units import model_of
from surmax.tb.volume.library import Beats, CompiledTop, Outcome

CHUNK_BEATS = 1 << 15  # a chunk's arrays stay in the processor's cache
RELOAD_EVERY = 4  # long chunks from one reload of constants to the next
# Some faults show only with few contents of a head, but then within a few beats. A run therefore
# begins with short chunks, and every other one of them reloads a head.
SHORT_BEATS, SHORT_CHUNKS = 100, 200
RESETS = 32  # at the start, and one more after every chunk
STALL_EVERY = 4  # of so many chunks one has stalls: a stalled cycle costs as much as any other

Words = npt.NDArray[np.uint32]
Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


@dataclass
class VolumeResult:
    """Counts and findings of a volume run.

    Attributes:
        seed, stalls: as asked for.
        workers: instances of the model that ran side by side, each with stimulus of its own.
        scores: scores checked (a 16-bit score counts once).
        beats: beats checked.
        mismatches: byte lanes whose code differs from golden.
        last_mismatches: beats with the TLAST bit of another.
        first_mismatch: worker, beat, lane, head, score (of a byte lane), masked, expected and got
            of a worker's first wrong code.
        fault: broken rule of the handshake or of reset, None if none; the run ends there.
        exhaustive: whether all score codes went through every lane with every head.
        reloads: heads that were loaded anew while the others ran (with one head: between beats).
        interrupted: ended by Ctrl-C; the other figures hold for what was checked until then.
        cycles: clock cycles simulated while beats were sent, of all workers.
        seconds_build: Verilog, Verilator, C++ compiler; near 0 when cached.
        seconds_run: stimulus, simulation and comparison.
    """

    seed: int
    stalls: bool
    workers: int = 1
    scores: int = 0
    beats: int = 0
    mismatches: int = 0
    last_mismatches: int = 0
    first_mismatch: dict[str, int] | None = None
    fault: str | None = None
    exhaustive: bool = False
    reloads: int = 0
    interrupted: bool = False
    cycles: int = 0
    seconds_build: float = 0.0
    seconds_run: float = 0.0

    @property
    def passed(self) -> bool:
        """True if no check failed."""
        return not (self.mismatches or self.last_mismatches or self.fault)

    @property
    def scores_per_second(self) -> float:
        """Scores checked a second, without the building."""
        return self.scores / self.seconds_run if self.seconds_run else 0.0

    def to_json(self) -> dict[str, Any]:
        """All figures, JSON-ready."""
        rate = {"scores_per_second": round(self.scores_per_second), "passed": self.passed}
        return asdict(self) | rate


class Session(ABC):
    """A model, the constants that it holds, the stimulus, the comparison.

    A unit's own session says what to send and what must come out. It brings `ramp`, the number of
    beats (or rows) of its exhaustive part.

    Parameters:
        build: the unit.
        library: its compiled model.
        result: filled in on the way.
        stop: ends the session, set when one finds a broken rule.
        worker, workers: which one it is, and of how many.
    """

    ramp: int
    argument = ""  # a plusarg of the simulation
    until_wrong = False  # whether the first difference ends the session

    def __init__(
        self,
        build: Build,
        library: Path,
        result: VolumeResult,
        stop: Event,
        worker: int,
        workers: int,
    ) -> None:
        self.build, self.library, self.result, self.stop = build, library, result, stop
        self.unit = model_of(build)
        self.worker, self.workers = worker, workers
        self.rng = np.random.Generator(np.random.SFC64([result.seed, worker]))
        self.stalled = result.stalls

    @abstractmethod
    def loads(self, heads: list[int]) -> Words:
        """Return rows for the load port that leave these heads with their constants."""

    @abstractmethod
    def renew(self, head: int) -> None:
        """Draw other constants for a head."""

    @abstractmethod
    def ramp_beats(self, first: int, count: int) -> Beats:
        """Return `count` steps of the exhaustive part, from step `first`."""

    @abstractmethod
    def random_beats(self, count: int, without: int | None = None) -> Beats:
        """Return about `count` random beats, none for head `without`."""

    @abstractmethod
    def expected(self, beats: Beats) -> Codes:
        """Return golden's codes of output beats, a row of lanes each, as the port packs them."""

    def shown(self, beats: Beats) -> Beats:
        """Return those of the input beats that have an output, `last` as it must come out."""
        return beats

    def count(self, beats: Beats) -> int:
        """Count the scores of output beats."""
        return beats.scores.size

    def go(self, scores: int) -> None:
        """Prepare the unit, then send chunks until `scores` are checked or something stops it."""
        seed = int(self.rng.integers(1 << 31))
        with CompiledTop(self.build, self.library, seed=seed, argument=self.argument) as model:
            self.model = model
            self.prepare()
            self._chunks(scores)
        if self.result.fault:
            self.stop.set()

    def prepare(self) -> None:
        """Bring the unit from power-up to constants in every head."""
        self.result.fault = self.model.reset()
        if self.unit.loadable:
            self.send(no_beats(self.build), self.loads(list(range(self.build.heads))))
        # A reset drops beats but keeps constants; what it leaves shows in the next few beats.
        for _ in range(RESETS):
            self._reset()
            self.send(self.random_beats(8))

    def _reset(self) -> None:
        """Reset in the middle of whatever some random cycles of beats lead to."""
        if self.result.fault is None:
            cycles, seed = int(self.rng.integers(1, 200)), int(self.rng.integers(1, 1 << 62))
            self.result.fault = self.model.reset(cycles, seed)

    def _chunks(self, scores: int) -> None:
        """Send random chunks and, in between, this worker's share of the exhaustive part."""
        result, chunk = self.result, 0
        beats = -(-scores // self.build.lanes)
        short = min(SHORT_CHUNKS, beats // SHORT_BEATS)
        next_ramp, end = (self.ramp * n // self.workers for n in (self.worker, self.worker + 1))
        while result.scores < scores and result.fault is None and not self.stop.is_set():
            if self.until_wrong and not result.passed:
                break
            self.stalled = result.stalls and chunk % STALL_EVERY == 0
            size = SHORT_BEATS if chunk < short else min(CHUNK_BEATS, max(beats // 8, 64))
            reload = chunk % (2 if chunk < short else RELOAD_EVERY) == 0
            if chunk % 2 and next_ramp < end:
                count = min(size, end - next_ramp)
                self.send(self.ramp_beats(next_ramp, count))
                next_ramp += count
                result.exhaustive = next_ramp == end
            else:
                left = -(-(scores - result.scores) // self.build.lanes)
                self._random_chunk(min(size, left), reload=reload)
            self._reset()
            chunk += 1

    def _random_chunk(self, count: int, *, reload: bool) -> None:
        heads = self.build.heads
        if not reload or not self.unit.loadable:
            self.send(self.random_beats(count))
            return
        # New constants for one head while the beats use the others; with one head, before them.
        busy = int(self.rng.integers(heads))
        self.renew(busy)
        loads = self.loads([busy])
        if heads > 1:
            self.send(self.random_beats(count, without=busy), loads)
        else:
            self.send(no_beats(self.build), loads)
            self.send(self.random_beats(count))
        self.result.reloads += 1

    def send(self, beats: Beats, loads: Words | None = None) -> Outcome | None:
        """Run beats and loads, compare, add to the result; None if a rule is broken already."""
        if self.result.fault is not None:
            return None
        seed = int(self.rng.integers(1, 1 << 62)) if self.stalled else 0
        outcome = self.model.run(beats, loads, stall_seed=seed)
        self.result.fault = outcome.fault
        self.result.cycles += outcome.cycles if len(beats) else 0
        if len(beats):
            self._compare(self.shown(beats), outcome)
        return outcome

    def _compare(self, beats: Beats, outcome: Outcome) -> None:
        result, got = self.result, len(outcome.codes)
        expected = self.expected(beats)[:got]
        beats = beats.first(got)
        wrong = expected != outcome.codes
        count = int(np.count_nonzero(wrong))
        if count and result.first_mismatch is None:
            beat, lane = (int(n) for n in np.argwhere(wrong)[0])
            result.first_mismatch = {
                "worker": self.worker,
                "beat": result.beats + beat,
                "lane": lane,
                "head": int(beats.head[beat]),
                "score": int(beats.scores[beat, lane]),
                "masked": int(beats.mask[beat, lane // 8] >> lane % 8 & 1),
                "expected": int(expected[beat, lane]),
                "got": int(outcome.codes[beat, lane]),
            }
        result.mismatches += count
        result.last_mismatches += int(np.count_nonzero(outcome.last != beats.last))
        result.scores += self.count(beats)
        result.beats += got


def no_beats(build: Build) -> Beats:
    """Return no beats, for a call that only loads."""
    shapes = {"scores": build.lanes, "mask": (build.lanes + 7) // 8}
    return Beats(
        **{name: np.zeros((0, size), dtype=np.uint8) for name, size in shapes.items()},
        **{name: np.zeros(0, dtype=np.uint8) for name in ("head", "last")},
    )
