# SPDX-License-Identifier: Apache-2.0
"""Cells of a Liberty file as mapping needs them: areas, functions, full adder, clock gates.

Nine tenths of a Liberty file are timing and power tables, which a flow for the smallest area never
uses. They are read by surmax.synth.liberty.timing_reader.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import product
from pathlib import Path

from surmax.common.errors import InputError, shown
from surmax.synth.liberty.boolean import truth_table
from surmax.synth.liberty.cells import Cell, LeftOut, is_true, pin_groups, read_cell
from surmax.synth.liberty.source import read_source, short_path
from surmax.synth.liberty.syntax import Group, parse_liberty
from surmax.synth.liberty.tool_text import tool_text

_NOT = (lambda a: not a,)
_NAND2 = (lambda a, b: not (a and b),)
_SUM_AND_CARRY = (lambda a, b, c: a ^ b ^ c, lambda a, b, c: a + b + c >= 2)
_DONT_USE = "dont_use"


@dataclass(frozen=True)
class FullAdder:
    """The library's smallest full-adder cell: its name and its pins (`total` is the sum)."""

    cell: str
    inputs: tuple[str, ...]
    total: str
    carry: str


@dataclass(frozen=True)
class CellLibrary:
    """A Liberty file without the cells that must not or cannot be used.

    Attributes:
        name: name of the library group.
        corner: default operating condition, else nominal voltage and temperature, else "none".
        digest: sha256 of the file's bytes.
        tree: the library group.
        groups: the groups of `cells`.
        cells: the cells that may be used.
        left_out: reason -> names of the other cells.
        nand2_area: area of the smallest 2-input NAND, which is one gate equivalent (GE).
        full_adder: the smallest full adder, or None.
    """

    name: str
    corner: str
    digest: str
    tree: Group = field(repr=False, compare=False)
    groups: tuple[Group, ...] = field(repr=False, compare=False)
    cells: tuple[Cell, ...]
    left_out: dict[str, tuple[str, ...]]
    nand2_area: float
    full_adder: FullAdder | None

    @cached_property
    def text(self) -> str:
        """Text of the library for yosys and OpenSTA, with its tables."""
        return tool_text(self.tree, self.groups, tables=True)

    @cached_property
    def area_text(self) -> str:
        """Text of the library for yosys, without timing and power."""
        return tool_text(self.tree, self.groups, tables=False)

    @property
    def has_clock_gate(self) -> bool:
        """Whether an integrated clock gate is among the cells."""
        return any(cell.clock_gate for cell in self.cells)

    @cached_property
    def has_timing(self) -> bool:
        """Whether there are delay tables; mapping for a clock period needs them."""
        pins = (pin for cell in self.groups for pin in pin_groups(cell))
        return any(True for pin in pins for _ in pin.groups("timing"))

    def left_out_line(self) -> str:
        """Return one line on the cells that are left out, with examples; "" where none is."""
        if not self.left_out:
            return ""
        total = sum(map(len, self.left_out.values()))
        reasons = (
            f"{len(names)} with {reason} ({', '.join(shown(name)[1:-1] for name in names[:2])}"
            f"{', ...' if len(names) > 2 else ''})"
            for reason, names in self.left_out.items()
        )
        cells = "1 cell" if total == 1 else f"{total} cells"
        return f"library {shown(self.name)[1:-1]}: {cells} left out: {'; '.join(reasons)}"


def read_cell_library(path: Path, dont_use: tuple[str, ...] = ()) -> CellLibrary:
    """Read the Liberty file at `path` without the cells that match a glob in `dont_use`.

    Cells that the file itself marks `dont_use : true`, and those without what mapping needs, are
    left out too. Area 0 counts as such: cells for the layout alone have it, and logic of it would
    be free.

    Raises InputError when the file cannot be read, is not Liberty, has a cell that is wrong or
    there twice, or lacks an inverter, a 2-input NAND or a flip-flop.
    """
    text, digest = read_source(path)
    tree = parse_liberty(text, str(path))
    groups: dict[str, Group] = {}
    cells: list[Cell] = []
    left_out: dict[str, list[str]] = {}
    for group in tree.groups("cell"):
        if len(group.names) != 1:
            raise group.error("a cell must have one name")
        if _is_barred(group, dont_use):
            left_out.setdefault(_DONT_USE, []).append(group.name)
            continue
        if group.name in groups:
            raise group.error("a library must have a cell once")
        groups[group.name] = group
        cell = read_cell(group)
        if isinstance(cell, LeftOut):
            left_out.setdefault(cell.reason, []).append(group.name)
        else:
            cells.append(cell)
    library = CellLibrary(
        name=tree.name,
        corner=_corner(tree),
        digest=digest,
        tree=tree,
        groups=tuple(groups[cell.name] for cell in cells),
        cells=tuple(cells),
        left_out={reason: tuple(names) for reason, names in left_out.items()},
        nand2_area=min((cell.area for cell in cells if _outputs_of(cell, 2, _NAND2)), default=0.0),
        full_adder=_find_full_adder(cells),
    )
    _check_complete(library, path)
    return library


def _check_complete(library: CellLibrary, path: Path) -> None:
    """Raise InputError when mapping lacks a kind of cell that it cannot do without."""
    has = {
        "an inverter": any(_outputs_of(cell, 1, _NOT) for cell in library.cells),
        "a 2-input NAND": library.nand2_area > 0,
        "a flip-flop": any(cell.flip_flop for cell in library.cells),
    }
    missing = [kind for kind, there in has.items() if not there]
    if missing:
        line = library.left_out_line().partition(": ")[2]
        more = f" ({line})" if 0 < len(line) < 100 else ""
        raise InputError(
            f"liberty {short_path(path)} must have {' and '.join(missing)} with an area{more}"
        )


def _is_barred(group: Group, dont_use: tuple[str, ...]) -> bool:
    named = any(fnmatchcase(group.name, pattern) for pattern in dont_use)
    return named or is_true(group, _DONT_USE)


def _corner(tree: Group) -> str:
    named = tree.get("default_operating_conditions")
    if named:
        return named
    voltage, temperature = tree.get("nom_voltage"), tree.get("nom_temperature")
    return f"{voltage} V, {temperature} C" if voltage and temperature else "none"


def _outputs_of(
    cell: Cell, inputs: int, functions: tuple[Callable[..., bool], ...]
) -> tuple[str, ...] | None:
    """Return the output pins of `cell` in the order of `functions`, if it computes just those.

    `inputs` is the number of inputs of each function. None for any other cell.
    """
    shape = (len(cell.inputs), len(cell.functions))
    if cell.sequential or shape != (inputs, len(functions)):
        return None
    try:
        tables = {truth_table(text, cell.inputs): pin for pin, text in cell.functions.items()}
    except InputError:  # a function of an output or of an inout pin
        return None
    rows = list(product((False, True), repeat=inputs))
    outputs = tuple(tables.get(tuple(bool(f(*row)) for row in rows), "") for f in functions)
    return outputs if all(outputs) else None


def _find_full_adder(cells: list[Cell]) -> FullAdder | None:
    adders = [(cell, pins) for cell in cells if (pins := _outputs_of(cell, 3, _SUM_AND_CARRY))]
    if not adders:
        return None
    cell, (total, carry) = min(adders, key=lambda adder: adder[0].area)
    return FullAdder(cell.name, cell.inputs, total, carry)
