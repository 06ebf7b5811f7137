# SPDX-License-Identifier: Apache-2.0
"""Targets of synthesis by name: cell libraries and FPGA families."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from surmax.common.errors import InputError, shown
from surmax.synth.liberty.cell_library import CellLibrary, read_cell_library
from surmax.synth.mapping.fpga import FPGA_FAMILIES, FpgaFamily
from surmax.synth.mapping.generic import GENERIC_LIBERTY
from surmax.synth.mapping.sky130 import cells_folder, fetch_sky130

# Power-switch, scan, probe, spare and delay cells: in the library, but not for logic.
_SKY130_DONT_USE = ("*lpflow*", "*sdf*", "*sedf*", "*probe*", "*macro*", "*dly*")

TARGET_NAMES = ("generic", "sky130", *FPGA_FAMILIES, "liberty:PATH")


@dataclass(frozen=True)
class Target:
    """A cell library or an FPGA family to synthesise for. Make one with resolve_target.

    Attributes:
        name: one of TARGET_NAMES, or "liberty:FILE".
        liberty: path of the Liberty file; None for an FPGA family.
        dont_use: globs of the library's cells that must not be used.
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
        """The cell library, read at the first use; None for an FPGA family."""
        return read_cell_library(self.liberty, self.dont_use) if self.liberty else None


def resolve_target(
    name: str,
    liberty: Path | str | None = None,
    *,
    note: Callable[[str], None] | None = None,
) -> Target:
    """Return the target called `name`; its Liberty file has been read and checked.

    Args:
        name: one of TARGET_NAMES. `sky130` is downloaded at its first use.
        liberty: path of a Liberty file, for the name "liberty"; "liberty:PATH" says the same.
        note: called with one line on the cells of a Liberty file that are left out, if any are.

    Raises:
        InputError: there is no such target, or the Liberty file cannot be used.
    """
    kind, _, path = name.partition(":")
    if kind == "liberty":
        path = path or str(liberty or "")
        if not path:
            raise InputError("target 'liberty' needs a file, as in liberty:PATH")
        target = Target(f"liberty:{Path(path).name}", Path(path))
    elif liberty is not None:
        raise InputError(f"target must be liberty with a Liberty file, not {shown(name)}")
    elif name == "generic":
        target = Target(name, GENERIC_LIBERTY)
    elif name == "sky130":
        target = Target(name, fetch_sky130(cells_folder()), _SKY130_DONT_USE)
    elif name in FPGA_FAMILIES:
        target = Target(name)
    else:
        raise InputError(f"target must be one of {', '.join(TARGET_NAMES)}, not {shown(name)}")
    library = target.library  # Read now, so that a bad file is an error before anything runs.
    # What is left out of the libraries that Surmax names itself is known.
    if note and library and kind == "liberty" and library.left_out:
        note(library.left_out_line())
    return target
