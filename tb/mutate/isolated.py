# SPDX-License-Identifier: Apache-2.0
"""Run a function in processes of their own, because a mutant can crash or hang what runs it."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any


@dataclass(frozen=True)
class Ended:
    """A process that gave no result, and why."""

    why: str


def run_each(
    function: Callable[[Any], Any], items: Iterable[Any], *, workers: int, timeout: float
) -> Iterator[tuple[Any, Any]]:
    """Yield (item, function(item)) in the order in which they end, `workers` at a time.

    Each call runs in a fork of this process, silently. Where it crashes, raises or takes more than
    `timeout` seconds, an Ended stands for its result. Call it while this process has one thread.
    """
    todo = iter(items)
    running: dict[Connection, tuple[Any, BaseProcess, float]] = {}
    try:
        while True:
            while len(running) < workers and (item := next(todo, None)) is not None:
                inward, process = _start(function, item, timeout)
                running[inward] = (item, process, time.monotonic() + timeout)
            if not running:
                return
            ready = wait(list(running), timeout=0.5)
            now = time.monotonic()
            for inward in [one for one, (_, _, limit) in running.items() if limit < now]:
                if inward not in ready:
                    item, process, _ = running.pop(inward)
                    process.kill()
                    process.join()
                    yield item, Ended(f"no end after {timeout:.0f} s")
            for inward in ready:
                item, process, _ = running.pop(inward)
                yield item, _result(inward, process)
    finally:
        for _, process, _ in running.values():
            process.kill()
            process.join()


def _start(
    function: Callable[[Any], Any], item: Any, timeout: float
) -> tuple[Connection, BaseProcess]:
    context = multiprocessing.get_context("fork")
    inward, outward = context.Pipe(duplex=False)
    arguments = (function, item, outward, timeout)
    process = context.Process(target=_run, args=arguments, daemon=True)
    process.start()
    outward.close()
    return inward, process


def _run(function: Callable[[Any], Any], item: Any, outward: Connection, timeout: float) -> None:
    # The system ends it, inside a simulation too; and after a while if the parent could not.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.alarm(int(timeout) + 10)
    # What a crashing simulation prints is no message of ours.
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    outward.send(function(item))


def _result(inward: Connection, process: BaseProcess) -> Any:
    try:
        result = inward.recv()
    except EOFError:
        process.join()
        return Ended(f"the simulation ended with {process.exitcode}")
    process.join()
    return result
