# SPDX-License-Identifier: Apache-2.0
"""Functions for the tests of the task engine to run in other processes."""

import os
import subprocess
import sys
import time
from pathlib import Path

from surmax.golden import InputError


def square(*, value, log=""):
    if log:
        with Path(log).open("a") as file:
            file.write(f"{value}\n")
    return {"square": value * value, "pair": (value, value)}


def refuse(*, value):
    raise InputError(f"value must be 1, not {value}")


def fail(*, lines):
    raise RuntimeError("\n".join(lines))


def die():
    os._exit(7)


def not_json():
    return {1, 2}


def slow(*, value, seconds, log):
    """Write its process to `log`, then take its time."""
    with Path(log).open("a") as file:
        file.write(f"{value} {os.getpid()}\n")
    time.sleep(seconds)
    return value


def nap(*, log):
    """Start a process that lives long, as a synthesis does, and write its number to `log`."""
    napping = [sys.executable, "-c", "import time; time.sleep(600)"]
    child = subprocess.Popen(napping)
    Path(log).write_text(f"{os.getpid()} {child.pid}")
    child.wait()
