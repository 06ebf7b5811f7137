# SPDX-License-Identifier: Apache-2.0
"""The targets of synthesis: cell libraries and FPGA families, by name."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from surmax.golden import InputError
from surmax.synth.liberty.cell_library import CellLibrary, read_cell_library
from surmax.synth.mapping.fpga import FPGA_FAMILIES, FpgaFamily
from surmax.synth.mapping.generic import GENERIC_LIBERTY
from surmax.synth.mapping.sky130 import cells_folder, fetch_sky130

# Power-switch, scan, probe, spare and delay cells: in the library, but not for logic.
_SKY130_DONT_USE = ("*lpflow*", "*sdf*", "*sedf*", "*probe*", "*macro*", "*dly*")

TARGET_NAMES = ("generic", "sky130", *FPGA_FAMILIES, "liberty:PATH")


@dataclass(frozen=True)
class Target:
    """What to synthesise for: a Liberty file (`liberty` is its path) or an FPGA family.

    `dont_use` are globs of cells to leave out. Make one with resolve_target.
    """

    name: str
    liberty: Path | None = None
    dont_use: tuple[str, ...] = ()

    @property
    def family(self) -> FpgaFamily | None:
        """The FPGA family, or None for a cell library."""
        return None if self.liberty else FPGA_FAMILIES[self.name]

    @cached_property
    def library(self) -> CellLibrary | None:
        """The cell library, read and checked at the first use, or None for an FPGA family."""
        return read_cell_library(self.liberty, self.dont_use) if self.liberty else None


def resolve_target(name: str, liberty: Path | str | None = None) -> Target:
    """Return the target called `name`, its Liberty file read and checked.

    `name` is one of TARGET_NAMES. A user's Liberty file is part of the name (`liberty:PATH`), or
    `name` is `liberty` and the file is given as `liberty`. `sky130` is fetched at its first use.
    Raises InputError naming the choices, or the file and what is wrong with it.
    """
    kind, _, path = name.partition(":")
    if kind == "liberty":
        path = path or str(liberty or "")
        if not path:
            raise InputError("target is 'liberty': it needs a file, as in liberty:PATH")
        target = Target(f"liberty:{Path(path).name}", Path(path))
    elif liberty is not None:
        raise InputError(f"target is {name!r}: a Liberty file goes with target liberty only")
    elif name == "generic":
        target = Target(name, GENERIC_LIBERTY)
    elif name == "sky130":
        target = Target(name, fetch_sky130(cells_folder()), _SKY130_DONT_USE)
    elif name in FPGA_FAMILIES:
        target = Target(name)
    else:
        raise InputError(f"target must be one of {', '.join(TARGET_NAMES)}, not {name!r}")
    _ = target.library  # a bad file is told here, in one line, and not in the middle of a run
    return target
