# SPDX-License-Identifier: Apache-2.0
"""Perform tasks in processes of this machine."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress

from surmax.common.processes import end_on_signals
from surmax.synth.tasks.task import Task, code_digest, perform

_PATIENCE = 5.0  # seconds that an interrupted task has to remove its folders


def run_in_pool(tasks: Sequence[Task], workers: int) -> Iterator[tuple[Task, Future]]:
    """Yield each task with its finished future, as they finish; they start in the given order.

    A process that dies loses the task it had, and no other. When the iterator is closed, and when
    this process ends in whatever way, the processes end with all that they started.
    """
    queue = deque(tasks)
    idle = [_Worker() for _ in range(min(workers, len(tasks)))]
    running: dict[Future, tuple[Task, _Worker]] = {}
    try:
        while queue or running:
            while queue and idle:
                task, worker = queue.popleft(), idle[-1]
                running[worker.start(task)] = task, worker
                idle.pop()
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task, worker = running.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    worker.kill()
                    worker = _Worker()
                idle.append(worker)
                yield task, future
    finally:
        for _, worker in running.values():
            worker.interrupt()
        wait(running, timeout=_PATIENCE)
        for _, worker in running.values():
            worker.kill()
        for worker in idle:
            worker.executor.shutdown()


class _Worker:
    """A pool of one process, which leads a process group, so that it can be ended as a whole."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.executor = ProcessPoolExecutor(1, mp_context=context, initializer=_lead)
        self._group = self.executor.submit(os.getpid)

    def start(self, task: Task) -> Future:
        """Begin a task; its future gives what `perform` returns."""
        code = code_digest(task.function)
        return self.executor.submit(perform, task.function, dict(task.arguments), code)

    def interrupt(self) -> None:
        """Let the task end itself: programs are ended and work folders removed."""
        with suppress(BrokenProcessPool, ProcessLookupError):
            os.kill(self._group.result(), signal.SIGTERM)

    def kill(self) -> None:
        """End the process and what it started."""
        with suppress(BrokenProcessPool, ProcessLookupError):
            os.killpg(self._group.result(), signal.SIGKILL)
        self.executor.shutdown()


def _lead() -> None:
    """Lead a process group of its own, which ends when the parent does."""
    os.setsid()
    end_on_signals(in_background=True)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    multiprocessing.parent_process().join()
    # The programs that it runs have groups of their own, which end with it.
    os.killpg(0, signal.SIGKILL)
