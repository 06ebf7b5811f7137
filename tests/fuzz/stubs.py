# SPDX-License-Identifier: Apache-2.0
"""The edge between checking what a user gave and the work that follows, which takes minutes.

A case ends where its command starts a program, a process or an elaboration, or asks the network:
until then all inputs were checked, and from there on they are no longer at stake.
"""

import multiprocessing.process
import socket
import subprocess
import urllib.request
from importlib import import_module
from typing import Any, NoReturn

from amaranth.back import rtlil


class WorkBegins(BaseException):
    """Raised in place of the work; like an interrupt it is not to be caught on its way."""


def _stop(*_: Any, **__: Any) -> NoReturn:
    raise WorkBegins


_EDGES: tuple[tuple[Any, str], ...] = (
    (subprocess.Popen, "__init__"),
    (multiprocessing.process.BaseProcess, "start"),
    (urllib.request, "urlopen"),
    (socket.socket, "connect"),
    (rtlil, "convert"),
)
# Measurements by NumPy alone, of built-in rows: nothing that a user gave goes into them.
_MEASUREMENTS = (
    ("surmax.commands.measure.errors", "fit_lengths"),
    ("surmax.commands.measure.figures", "fit_lengths"),
    ("surmax.commands.verify.bench", "golden_rates"),
)


def stop_before_work() -> None:
    """Let every edge raise WorkBegins, in this process and for good."""
    subprocess.Popen.__del__ = lambda *_: None  # what was never started has nothing to end
    for holder, name in _EDGES:
        setattr(holder, name, _stop)
    for module, name in _MEASUREMENTS:
        setattr(import_module(module), name, _stop)
