# SPDX-License-Identifier: Apache-2.0
"""Programs of others as processes, and how they and this process end.

Each program leads a session of its own, so that it ends with all that it has started: when it takes
too long, when an exception leaves the call, and when a signal ends this process. SIGKILL gives this
process no time for that. So a small shell waits at a pipe that only this process can write to; when
the pipe closes, whatever the reason, it kills the groups that are still running. What this process
has started, but not yet named to the shell, within the same millisecond outlives it.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

Command = Sequence[str | os.PathLike[str]]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Seconds after a signal until this process ends even if its threads do not.
_PATIENCE = 20.0

# Lines "+ GROUP" and "- GROUP" say what runs; at the end of them the rest is killed.
_GUARD = r"""
trap '' HUP INT TERM QUIT
cd /
groups=' '
while read -r change group; do
  case $change in
  +) groups="$groups$group " ;;
  -) groups="${groups%% $group *} ${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
"""


class Ended(SystemExit):
    """A signal has asked this process to end; `code` is 128 and the number of the signal."""

    def __str__(self) -> str:
        """Return what ended it, in words."""
        return f"ended by {signal.Signals(self.code - 128).name}"


class _State:
    """What this process has started, and whether it is ending."""

    def __init__(self) -> None:
        # A signal's handler may run while its own thread holds the lock.
        self.lock = threading.RLock()
        self.groups: set[int] = set()
        self.guard: int | None = None  # the end of the pipe that is written to
        self.held = 0
        self.asked: int | None = None

    def tell(self, change: str, group: int) -> None:
        """Tell the shell at the pipe of a group; start it for the first one."""
        # Without a shell, or when it was killed, programs still end with this process but after
        # SIGKILL.
        with suppress(OSError):
            if self.guard is None:
                self.guard = _start_guard()
            os.write(self.guard, f"{change} {group}\n".encode())


_state = _State()
# A fork has its own programs to look after.
os.register_at_fork(after_in_child=_state.__init__)


def end_on_signals(*, in_background: bool = False) -> None:
    """Turn SIGTERM and SIGHUP into Ended and SIGINT into KeyboardInterrupt, in the main thread.

    The programs that run are killed first, and no other can be started. A signal that was ignored
    when this process began (nohup) stays so.

    Parameters:
        in_background: take ignored ones too, and let SIGINT be Ended: for a process without a
            terminal, which its parent ends.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in _SIGNALS:
        if in_background or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _end_by_signal if in_background else _asked_to_end)


@contextmanager
def held() -> Iterator[None]:
    """Put off the exception of a signal until the enclosed steps are done, which are short."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _state.held += 1
    try:
        yield
    finally:
        _state.held -= 1
        if not _state.held and _state.asked is not None:
            _raise(_state.asked)


@contextmanager
def running(
    command: Sequence[str | os.PathLike[str]], **options: Any
) -> Iterator[subprocess.Popen]:
    """Start a program, without standard input; when the block is left it has ended.

    Parameters:
        command: path of the program and its arguments.
        options: as of subprocess.Popen.

    Raises OSError when it cannot be started, Ended when this process is ending.
    """
    options = {"stdin": subprocess.DEVNULL, **options}
    process = None
    try:
        with held():
            if _state.asked is not None:
                _raise(_state.asked)
            process = subprocess.Popen(command, start_new_session=True, **options)
            with _state.lock:
                _state.groups.add(process.pid)
                _state.tell("+", process.pid)
            # A signal while another thread was here: its handler did not know of this program.
            if _state.asked is not None:
                _raise(_state.asked)
        yield process
    finally:
        if process is not None:
            # Until it is waited for, its number cannot belong to another group.
            if process.returncode is None:
                _kill(process.pid)
            with process:
                pass
            with _state.lock:
                _state.groups.discard(process.pid)
                _state.tell("-", process.pid)


def run(
    command: Command,
    *,
    timeout: float,
    apart: bool = False,
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; its output is read as UTF-8, whatever it is.

    Parameters:
        command: path of the program and its arguments.
        timeout: seconds.
        apart: keep standard error in `stderr`; otherwise it is in `stdout` too.
        options: as of subprocess.Popen.

    Raises OSError when it cannot be started, subprocess.TimeoutExpired when it takes too long.
    """
    errors = subprocess.PIPE if apart else subprocess.STDOUT
    reading = {"stdout": subprocess.PIPE, "stderr": errors, "encoding": "utf-8"}
    with running(command, **reading, errors="replace", **options) as process:
        output, error = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess(process.args, process.returncode, output, error)


def end_all() -> None:
    """Kill all programs that were started here, with what they have started."""
    with _state.lock:
        for group in _state.groups:
            _kill(group)


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _start_guard() -> int:
    """Start the shell that outlives this process; return the end of the pipe to write to."""
    reading, writing = os.pipe()
    try:
        null = [(os.POSIX_SPAWN_OPEN, one, os.devnull, os.O_WRONLY, 0) for one in (1, 2)]
        # Not subprocess.Popen, which complains of a process that nobody waits for.
        os.posix_spawn(
            "/bin/sh",
            ["sh", "-c", _GUARD],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, reading, 0), *null],
            setpgroup=0,
        )
    except OSError:
        os.close(writing)
        raise
    finally:
        os.close(reading)
    return writing


def _asked_to_end(number: int, frame: object) -> None:
    """Handle a signal: end programs, then raise."""
    _state.asked = number
    # One is enough: what follows is cleaning up.
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    end_all()
    limit = threading.Timer(_PATIENCE, os._exit, [128 + number])
    limit.daemon = True
    limit.start()
    if not _state.held:
        _raise(number)


def _end_by_signal(number: int, frame: object) -> None:
    """Handle a signal in a process without a terminal: SIGINT is as SIGTERM."""
    _asked_to_end(signal.SIGTERM if number == signal.SIGINT else number, frame)


def _raise(number: int) -> None:
    raise KeyboardInterrupt if number == signal.SIGINT else Ended(128 + number)
