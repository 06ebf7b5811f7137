# SPDX-License-Identifier: Apache-2.0
"""The volume test: as many scores as wanted through the compiled unit, all compared with golden."""

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.golden import ConsmaxTables, InputError, check_range, consmax
from surmax.rtl import ConsmaxBuild, verilog
from surmax.rtl.tables import bank_words
from surmax.tb.volume_model import Beats, Outcome, VolumeModel, compile_model
from surmax.tb.volume_stimulus import no_beats, ramp_beats, random_beats, random_tables

CHUNK_BEATS = 1 << 15  # a chunk's arrays stay in the processor's cache
RELOAD_EVERY = 4  # chunks from one table reload to the next
STALL_EVERY = 4  # of so many chunks one has stalls: a stalled cycle costs as much as any other
WORKER_SCORES = 1 << 20  # below this a second worker is not worth its start

Progress = Callable[[int, int], None]


@dataclass
class VolumeResult:
    """What a volume run did and found.

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
        """Whether everything that was checked was right."""
        return not (self.mismatches or self.last_mismatches or self.fault)

    @property
    def scores_per_second(self) -> float:
        """Scores checked a second, without the building."""
        return self.scores / self.seconds_run if self.seconds_run else 0.0

    def to_json(self) -> dict[str, Any]:
        """All figures, JSON-ready."""
        rate = {"scores_per_second": round(self.scores_per_second), "passed": self.passed}
        return asdict(self) | rate


def run_volume(
    build: ConsmaxBuild,
    scores: int,
    *,
    folder: Path,
    seed: int = 1,
    stalls: bool = True,
    progress: Progress | None = None,
    workers: int | None = None,
    text: str | None = None,
    optimise: bool = True,
) -> VolumeResult:
    """Check at least `scores` scores of the stream top of `build` against golden.

    First every score code in every lane with every head, then random ones with masks, rows and
    head changes in every beat. Loadable storage is filled through the load port with the tables of
    random heads (beside words that no head would have), and reloaded on the way.

    Args:
        build: the unit, with top "stream"; constant storage brings its tables.
        scores: how many at least, 1 to 10**12; memory does not grow with it.
        folder: where compiled models are kept.
        seed: of stimulus, stalls, tables and power-up values; with `workers` it decides the run.
        stalls: random stalls on both sides, in one chunk of four.
        progress: called with scores done and wanted, a few times a second.
        workers: models side by side, 1 to 64; None is one a core, or one for few scores.
        text: Verilog to run in place of what `build` elaborates to, with the same ports.
        optimise: false for short runs: compiles faster, runs slower.

    Returns:
        the result; after Ctrl-C that of the part that was done.

    Raises:
        InputError: `build` has another top, `scores` or `workers` is out of range, Verilator or
            the C++ compiler is missing.
        ModelError: the Verilog does not compile.
    """
    check_range("scores", scores, 1, 10**12)
    if build.top != "stream":
        raise InputError(f"top is {build.top!r} in a volume run: stream is needed")
    if workers is None:
        workers = max(1, min(os.cpu_count() or 1, scores // WORKER_SCORES, 64))
    check_range("workers", workers, 1, 64)
    start = time.perf_counter()
    text = verilog(build) if text is None else text
    library = compile_model(build, text, folder, optimise=optimise)
    seconds_build = time.perf_counter() - start

    start = time.perf_counter()
    tables = build.tables
    if tables is None:
        rng = np.random.default_rng(seed)
        tables = tuple(random_tables(build.config, rng) for _ in range(build.heads))
    stop = Event()
    sessions = [
        _Session(build, library, tables, VolumeResult(seed, stalls), stop, worker, workers)
        for worker in range(workers)
    ]
    interrupted = False
    with ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(session.go, -(-scores // workers)) for session in sessions]
        try:
            while wait(jobs, timeout=0.2).not_done:
                if progress:
                    progress(min(sum(s.result.scores for s in sessions), scores), scores)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            stop.set()
    for job in jobs:
        job.result()
    result = _sum(session.result for session in sessions)
    result.interrupted = interrupted
    result.seconds_build, result.seconds_run = seconds_build, time.perf_counter() - start
    if progress and not interrupted:
        progress(min(result.scores, scores), scores)
    return result


def _sum(results: Iterable[VolumeResult]) -> VolumeResult:
    """Add the workers' results up."""
    parts = list(results)
    total = VolumeResult(parts[0].seed, parts[0].stalls, workers=len(parts))
    for name in ("scores", "beats", "mismatches", "last_mismatches", "reloads", "cycles"):
        setattr(total, name, sum(getattr(part, name) for part in parts))
    total.exhaustive = all(part.exhaustive for part in parts)
    total.fault = next((part.fault for part in parts if part.fault), None)
    found = (part.first_mismatch for part in parts)
    total.first_mismatch = next((one for one in found if one), None)
    return total


class _Session:
    """One worker: a model, the tables that it holds, the stimulus, the comparison."""

    def __init__(
        self,
        build: ConsmaxBuild,
        library: Path,
        tables: tuple[ConsmaxTables, ...],
        result: VolumeResult,
        stop: Event,
        worker: int,
        workers: int,
    ) -> None:
        self.build, self.library, self.result, self.stop = build, library, result, stop
        self.worker, self.workers = worker, workers
        self.rng = np.random.Generator(np.random.SFC64([result.seed, worker]))
        self.tables = list(tables)
        self.luts = [_lut(one) for one in tables]
        self.stalled = result.stalls

    def go(self, scores: int) -> None:
        """Prepare the unit, then send chunks until `scores` are checked or something stops it."""
        with VolumeModel(self.build, self.library, seed=int(self.rng.integers(1 << 31))) as model:
            self.model = model
            self._prepare()
            self._chunks(scores)
        if self.result.fault:
            self.stop.set()

    def _prepare(self) -> None:
        self.result.fault = self.model.reset()
        if self.build.storage == "loadable":
            heads = list(range(self.build.heads))
            self._send(no_beats(self.build), self._loads(heads))
            # A reset drops beats but keeps words and modes.
            self.result.fault = self.result.fault or self.model.reset()

    def _chunks(self, scores: int) -> None:
        """Send random chunks and, in between, this worker's share of the ramp through all codes."""
        result, chunk = self.result, 0
        size = min(CHUNK_BEATS, max(-(-scores // self.build.lanes) // 8, 64))
        ramp = self.build.heads << self.build.config.score_bits
        next_ramp, end = (ramp * n // self.workers for n in (self.worker, self.worker + 1))
        while result.scores < scores and result.fault is None and not self.stop.is_set():
            self.stalled = result.stalls and chunk % STALL_EVERY == 0
            if chunk % 2 and next_ramp < end:
                count = min(size, end - next_ramp)
                self._send(ramp_beats(self.build, next_ramp, count))
                next_ramp += count
                result.exhaustive = next_ramp == end
            else:
                left = -(-(scores - result.scores) // self.build.lanes)
                self._random_chunk(min(size, left), reload=chunk % RELOAD_EVERY == 2)
            chunk += 1

    def _random_chunk(self, count: int, *, reload: bool) -> None:
        heads = self.build.heads
        if not reload or self.build.storage != "loadable":
            self._send(random_beats(self.build, self.rng, count))
            return
        # New words for one head while the beats use the others; with one head, before the beats.
        busy = int(self.rng.integers(heads))
        fresh = random_tables(self.build.config, self.rng)
        self.tables[busy], self.luts[busy] = fresh, _lut(fresh)
        loads = self._loads([busy])
        if heads > 1:
            self._send(random_beats(self.build, self.rng, count, without=busy), loads)
        else:
            self._send(no_beats(self.build), loads)
            self._send(random_beats(self.build, self.rng, count))
        self.result.reloads += 1

    def _loads(self, heads: list[int]) -> npt.NDArray[np.uint32]:
        """Return the load port's rows for these heads, in random order."""
        config, rows = self.build.config, []
        for head in heads:
            tables = self.tables[head]
            if config.score_bits == 16:
                rows.append((head, config.tables, 0, tables.config.score_bits == 16))
            rows += [
                (head, table, index, word)
                for table, words in enumerate(bank_words(config, tables))
                for index, word in enumerate(words)
            ]
        array = np.array(rows, dtype=np.uint32).reshape(-1, 4)
        return np.ascontiguousarray(self.rng.permutation(array))

    def _send(self, beats: Beats, loads: npt.NDArray[np.uint32] | None = None) -> None:
        """Run beats and loads; compare; add to the result."""
        if self.result.fault is not None:
            return
        seed = int(self.rng.integers(1, 1 << 62)) if self.stalled else 0
        outcome = self.model.run(beats, loads, stall_seed=seed)
        self.result.fault = outcome.fault
        self.result.cycles += outcome.cycles if len(beats) else 0
        self._compare(beats, outcome)

    def _compare(self, beats: Beats, outcome: Outcome) -> None:
        result, lanes, got = self.result, self.build.lanes, len(outcome.codes)
        scores, heads = beats.scores[:got], beats.head[:got]
        unmasked = np.unpackbits(~beats.mask[:got], axis=1, count=lanes, bitorder="little")
        expected = np.empty_like(outcome.codes)
        checked = 0
        for head, lut in enumerate(self.luts):
            rows = slice(None) if len(self.luts) == 1 else np.flatnonzero(heads == head)
            if self.tables[head].config.score_bits == 16:
                open_pairs = unmasked[rows].view(np.uint16) == 0x0101
                codes = lut[scores[rows].view(np.uint16)] * open_pairs
                expected[rows] = codes.view(np.uint8)
            else:
                codes = lut[scores[rows]]
                codes *= unmasked[rows]
                expected[rows] = codes
            checked += codes.size
        wrong = expected != outcome.codes
        count = int(np.count_nonzero(wrong))
        if count and result.first_mismatch is None:
            beat, lane = (int(n) for n in np.argwhere(wrong)[0])
            result.first_mismatch = {
                "worker": self.worker,
                "beat": result.beats + beat,
                "lane": lane,
                "head": int(heads[beat]),
                "score": int(scores[beat, lane]),
                "masked": int(unmasked[beat, lane] == 0),
                "expected": int(expected[beat, lane]),
                "got": int(outcome.codes[beat, lane]),
            }
        result.mismatches += count
        result.last_mismatches += int(np.count_nonzero(outcome.last != beats.last[:got]))
        result.scores += checked
        result.beats += got


def _lut(tables: ConsmaxTables) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    """Return golden's code of every score, indexed by the score's bits."""
    bits = tables.config.score_bits
    signed = np.int8 if bits == 8 else np.int16
    scores = np.arange(1 << bits, dtype=np.uint16).astype(signed)
    return consmax(scores, tables).astype(np.uint8 if tables.config.output_bits == 8 else np.uint16)
