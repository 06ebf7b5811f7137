# SPDX-License-Identifier: Apache-2.0
"""Run one case in a process of its own, forked from one that has everything imported."""

import atexit
import ctypes
import faulthandler
import io
import os
import resource
import signal
import sys
import time
import traceback
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SECONDS = 20.0
# A loaded machine may let a case wait: it is hung when it has used its seconds, or waits for ever.
PATIENCE = 6
MEMORY = 4 << 30
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Ended:
    """How a process ended; `code` is None where it was hung and was killed."""

    code: int | None
    out: bytes
    err: bytes
    seconds: float
    left: bool  # a process that it started was still there


@dataclass(frozen=True)
class Streams:
    """Standard output of a case: encoding of its text, and a place that is not a file."""

    encoding: str = "utf-8"
    closed: bool = False  # nobody reads it
    full: bool = False


PLAIN = Streams()


def run(body: Callable[[], int], folder: Path, log: Path, streams: Streams = PLAIN) -> Ended:
    """Call `body` in a child process with `folder` as its current folder; it returns the exit code.

    Its standard streams go to files in `log`.
    """
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = _child(body, folder, log, streams)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)
    code = _wait(child)
    left = _end_group(child)
    out, err = ((log / name).read_bytes() for name in ("out", "err"))
    return Ended(code, out, err, time.monotonic() - start, left)


def _child(body: Callable[[], int], folder: Path, log: Path, streams: Streams) -> int:
    # What is done at the end of the parent (folders that it removes) is not to be done here.
    weakref.finalize._registry.clear()
    atexit._clear()
    os.setsid()
    os.chdir(folder)
    for number, name in ((1, "out"), (2, "err")):
        handle = os.open(log / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    if streams.closed:
        reader, writer = os.pipe()
        os.close(reader)
        os.dup2(writer, 1)
    elif streams.full:
        os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    # As Python opens them: standard error shows what it cannot write.
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), streams.encoding)
    sys.stderr = io.TextIOWrapper(
        os.fdopen(2, "wb", closefd=False),
        streams.encoding,
        errors="backslashreplace",
        line_buffering=True,
    )
    faulthandler.register(signal.SIGUSR1, all_threads=False)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    code = body()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _wait(child: int) -> int | None:
    """Return the exit code of a child, None for one that had to be killed."""
    start, pause = time.monotonic(), 0.0005
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        waited = time.monotonic() - start
        if waited > SECONDS and (_is_idle(child) or waited > PATIENCE * SECONDS):
            # Where it hangs goes to its standard error.
            os.kill(child, signal.SIGUSR1)
            time.sleep(0.2)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(pause)
        pause = min(pause * 1.3, 0.02)


def _is_idle(child: int) -> bool:
    """Whether a child waits for something, or has used its seconds of processor time."""
    fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return fields[0] in "SD" or ticks / os.sysconf("SC_CLK_TCK") > SECONDS


def _end_group(group: int) -> bool:
    """Kill what is left of a group of processes; return whether there was any.

    Python's own helpers end when the pipe to their parent closes, a moment later.
    """
    for _ in range(100):
        # Orphans are children of this process (adopt_orphans): an ended one is there until asked.
        with suppress(ChildProcessError):
            while os.waitpid(-group, os.WNOHANG)[0]:
                pass
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.02)
    os.killpg(group, signal.SIGKILL)
    return True


def adopt_orphans() -> None:
    """Make this process the parent of what cases leave behind, where the system can (Linux)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
