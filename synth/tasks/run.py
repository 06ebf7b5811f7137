# SPDX-License-Identifier: Apache-2.0
"""Perform many independent tasks on all cores, or on a Dask cluster, and keep each result.

    arguments = {"design": ..., "target": ...}
    tasks = [Task("surmax.synth.report.measure.measure", arguments, "clb, sky130")]
    for outcome in run_tasks(tasks, cache=Path("build/tasks"), progress=show):
        outcome.result  # what the function returned, as JSON gives it back; None when it failed
        outcome.error   # "" or one line

A task names a function and its JSON arguments, and the function returns JSON. The result is kept in
the folder `cache`, whole or not at all, under the sha256 of function, arguments, sources and tool
versions. So a run that was interrupted goes on where it was, and one that changed nothing takes no
time. A kept result that is damaged, edited or of another task is reported in one line on standard
error and made again. A task that fails, or whose process dies, is one line; it is not kept and the
others go on.

On one machine the tasks run in processes. Ctrl-C ends them with what they started (yosys, nextpnr).
With a scheduler address they run on the workers of a Dask cluster, results come back here and are
kept here. The workers need the same surmax and tools (each task checks that), not the same files:
relative paths among the arguments are those of the worker's folder.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surmax.common.errors import check_range
from surmax.common.kept import keep_result, kept_result
from surmax.synth.tasks.cluster import run_on_cluster
from surmax.synth.tasks.pool import run_in_pool
from surmax.synth.tasks.task import Task, one_line


@dataclass(frozen=True)
class Outcome:
    """Outcome of a task: its result, or one line about its failure; `kept` results were cached."""

    task: Task
    result: Any
    error: str
    kept: bool


Progress = Callable[[Outcome, int, int], None]


def run_tasks(
    tasks: Sequence[Task],
    *,
    cache: Path,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Return the outcome of each task, in their order.

    Equal tasks are performed once. `workers` is the number of processes, None for one a core;
    `scheduler` is the address of a Dask scheduler (tcp://HOST:PORT) in place of them.
    `progress(outcome, done, wanted)` is called here for each outcome as it comes, kept ones first.

    Raises InputError when `workers` is not 1..256, or when no scheduler with a worker answers.
    """
    if workers is not None:
        check_range("workers", workers, 1, 256)
    outcomes: dict[str, Outcome] = {}
    digests = [task.digest for task in tasks]
    wanted = len(set(digests))

    def came(digest: str, outcome: Outcome) -> None:
        outcomes[digest] = outcome
        if progress:
            progress(outcome, len(outcomes), wanted)

    cache.mkdir(parents=True, exist_ok=True)
    missing: dict[str, Task] = {}
    for digest, task in dict(zip(digests, tasks, strict=True)).items():
        kept = kept_result(_place(cache, digest), digest)
        if kept is None:
            missing[digest] = task
        else:
            came(digest, Outcome(task, kept["result"], "", kept=True))
    if missing:
        order = sorted(missing.values(), key=lambda task: -task.cost)
        if scheduler:
            finished = run_on_cluster(order, scheduler)
        else:
            finished = run_in_pool(order, workers or os.cpu_count() or 1)
        with closing(finished):
            for task, future in finished:
                outcome = _outcome(task, future)
                if not outcome.error:
                    _keep(cache, outcome)
                came(task.digest, outcome)
    return [outcomes[digest] for digest in digests]


def _outcome(task: Task, future: Any) -> Outcome:
    """Return the outcome in a finished future; a worker that died shows as an exception."""
    error = future.exception()
    result, line = (None, one_line(error)) if error else future.result()
    return Outcome(task, result, line, kept=False)


def _place(cache: Path, digest: str) -> Path:
    return cache / f"task-{digest[:32]}.json"


def _keep(cache: Path, outcome: Outcome) -> None:
    task = outcome.task
    about = {"function": task.function, "arguments": dict(task.arguments)}
    keep_result(_place(cache, task.digest), task.digest, outcome.result, about=about)
