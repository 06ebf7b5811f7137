# SPDX-License-Identifier: Apache-2.0
"""Programs of others: run one, and say in one line why it failed and where its log is kept."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from surmax.common.digest import digest_of
from surmax.common.errors import InputError, MissingToolError, ToolError
from surmax.common.processes import run
from surmax.common.work_folders import private_folder
from surmax.common.writing import write_whole

_LINES = 3
_LONGEST = 200  # characters of the reason


def run_tool(
    command: Sequence[str],
    *,
    error: type[ToolError] = ToolError,
    what: str | None = None,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float,
    log: Path | None = None,
) -> str:
    """Run a program to its end and return what it printed, both streams in one.

    Parameters:
        command: the program, looked up on the PATH of `environment`, and its arguments.
        error: class of what is raised when it fails.
        what: the beginning of the message then; the program's name and "failed" where it is None.
        folder: its current folder.
        environment: its environment variables, those of this process where it is None.
        timeout: seconds after which it is ended.
        log: file that the program writes; it belongs to the log that is kept.

    Raises `error` when it fails or takes too long, MissingToolError when it is not installed.
    """
    # Verilator's own program is verilator_bin; its users know it as verilator.
    name = Path(command[0]).name.removesuffix("_bin")
    path = (os.environ if environment is None else environment).get("PATH")
    program = shutil.which(command[0], path=path)
    if program is None:
        raise MissingToolError(f"program {name} is not on PATH")
    try:
        done = run([program, *command[1:]], timeout=timeout, cwd=folder, env=environment)
    except subprocess.TimeoutExpired as late:
        text = late.stdout.decode(errors="replace") if late.stdout else ""
        started = what or f"{name} failed"
        message = failure(f"{started}: it took longer than {timeout:.0f} s", _whole(log, text))
        raise error(message) from None
    except OSError as trouble:
        raise error(f"{what or f'{name} failed'}: {program}: {trouble.strerror}") from None
    if done.returncode:
        raise error(failure(what or f"{name} failed", _whole(log, done.stdout)))
    return done.stdout


def failure(what: str, output: str) -> str:
    """Return one line that says what failed, why, and where all of `output` is kept.

    The reason is the lines that speak of an error, else the last ones. The log lies in the folder
    of this user below the system's temporary files (private_folder), so that it is still there
    when the folder in which the program worked is gone; the same log is kept once.
    """
    lines = [" ".join(line.split()) for line in output.splitlines() if line.strip()]
    chosen = [line for line in lines if "error" in line.lower()][:_LINES] or lines[-_LINES:]
    reason = "; ".join(chosen) or "it printed nothing"
    if len(reason) > _LONGEST:
        reason = f"{reason[:_LONGEST]} ..."
    return f"{what}: {reason} (log: {keep_log(what, output)})"


def keep_log(what: str, output: str) -> Path:
    """Write `output` to a file that outlives this process and return its path."""
    folder = private_folder() / "logs"
    name = "".join(one if one.isalnum() else "-" for one in what.split(" ")[0])
    path = folder / f"{name}-{digest_of(what, output)[:12]}.log"
    with suppress(OSError, InputError):  # the reason that it belongs to matters more
        folder.mkdir(mode=0o700, exist_ok=True)
        write_whole(path, output)
    return path


def _whole(log: Path | None, output: str) -> str:
    """Return the text of the log file, if there is one, and what was printed."""
    there = log is not None and log.exists()
    kept = log.read_text(encoding="utf-8", errors="replace") if there else ""
    return kept + output
