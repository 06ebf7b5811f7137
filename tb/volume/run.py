# SPDX-License-Identifier: Apache-2.0
"""The volume test: as many scores as wanted through the compiled unit, all compared with golden."""

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event

from surmax.golden import InputError, check_range, unit_entry
from surmax.rtl import Build, verilog
from surmax.tb.volume.compile import compile_model
from surmax.tb.volume.session import VolumeResult

WORKER_SCORES = 1 << 20  # below this a second worker is not worth its start

Progress = Callable[[int, int], None]


def run_volume(
    build: Build,
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

    An exhaustive part (ConSmax: every score code in every lane with every head; row units: every
    pair of score and row maximum in every lane), and random beats and rows between it, with resets
    in the middle. Loadable storage is filled through the load port with random constants, and
    reloaded on the way, most often in the short chunks at the beginning. With row units the latency
    and the rate that the build promises are checked too.

    Args:
        build: the unit, with top "stream"; constant storage brings its constants.
        scores: how many at least, 1 to 10**12; memory does not grow with it.
        folder: where compiled models are kept.
        seed: of stimulus, stalls, constants and power-up values; with `workers` it decides the run.
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
        raise InputError(f"top must be stream, not {build.top!r} in a volume run")
    if workers is None:
        workers = max(1, min(os.cpu_count() or 1, scores // WORKER_SCORES, 64))
    check_range("workers", workers, 1, 64)
    start = time.perf_counter()
    text = verilog(build) if text is None else text
    library = compile_model(build, text, folder, optimise=optimise)
    seconds_build = time.perf_counter() - start

    start = time.perf_counter()
    stop = Event()
    session = unit_entry("tb", build.unit_name).session
    sessions = [
        session(build, library, VolumeResult(seed, stalls), stop, worker, workers)
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
