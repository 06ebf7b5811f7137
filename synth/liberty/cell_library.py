# SPDX-License-Identifier: Apache-2.0
"""Read what synthesis needs to know of a Liberty file, and nothing more.

A Liberty file is mostly timing and power tables. An area-first flow needs cell areas, pin
functions and which cells are adders and clock gates, so that the tables are cut out once and
every tool run reads a text of a tenth of the size.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import product
from pathlib import Path

from surmax.golden import InputError
from surmax.synth.liberty.boolean import truth_table
from surmax.synth.liberty.syntax import Group, parse_liberty, without

_TABLES = {
    "timing",
    "internal_power",
    "leakage_power",
    "power_lut_template",
    "lu_table_template",
    "normalized_driver_waveform",
    "output_current_template",
    "receiver_capacitance",
}
_STATE = ("ff", "latch", "ff_bank", "latch_bank", "statetable")
_GATE_PINS = ("clock_gate_clock_pin", "clock_gate_enable_pin", "clock_gate_out_pin")


@dataclass(frozen=True)
class Cell:
    """One library cell: area in the library's unit, input pins, output functions.

    `clock_gate` is None, or for an integrated clock gate its clock, enable and output pin.
    """

    name: str
    area: float
    inputs: tuple[str, ...]
    functions: dict[str, str]
    clock_gate: tuple[str, str, str] | None
    sequential: bool


@dataclass(frozen=True)
class FullAdder:
    """A full-adder cell: its name, its three inputs, its sum and carry outputs."""

    cell: str
    inputs: tuple[str, ...]
    total: str
    carry: str


@dataclass(frozen=True)
class CellLibrary:
    """A Liberty file without the cells that must not be used.

    `source` is the file without comments and `tree` its groups, `barred` the cells left out;
    `digest` is the sha256 of the file as found; `corner` is its operating condition, or what it
    says of voltage and temperature.
    """

    name: str
    corner: str
    digest: str
    source: str = field(repr=False)
    tree: Group = field(repr=False, compare=False)
    barred: frozenset[str]
    cells: tuple[Cell, ...]
    nand2_area: float
    full_adder: FullAdder | None

    def cell_groups(self) -> Iterator[Group]:
        """The groups of the cells that may be used."""
        return (one for one in self.tree.groups("cell") if one.name not in self.barred)

    @cached_property
    def text(self) -> str:
        """The file, tables and all, without the barred cells."""
        return without(self.source, self._barred_spans())

    @cached_property
    def area_text(self) -> str:
        """The text without timing and power tables."""
        spans = [*self._barred_spans(), *_table_spans(self.tree)]
        for cell in self.cell_groups():
            spans += _table_spans(cell)
            for pin in pin_groups(cell):
                spans += _table_spans(pin)
        return without(self.source, sorted(spans))

    def _barred_spans(self) -> list[tuple[int, int]]:
        cells = self.tree.groups("cell")
        return [(cell.start, cell.end) for cell in cells if cell.name in self.barred]

    @property
    def has_clock_gate(self) -> bool:
        """Whether an integrated clock gate is among the cells."""
        return any(cell.clock_gate for cell in self.cells)

    @cached_property
    def has_timing(self) -> bool:
        """Whether there are delay tables, without which no period can be asked for."""
        pins = (pin for cell in self.cell_groups() for pin in pin_groups(cell))
        return any(True for pin in pins for _ in pin.groups("timing"))


def read_cell_library(path: Path, dont_use: tuple[str, ...] = ()) -> CellLibrary:
    """Read the Liberty file at `path`, less the cells whose name matches a glob in `dont_use`.

    Cells that the file itself marks `dont_use : true` are left out too. Raises InputError when the
    file is missing, is no Liberty text, or has no 2-input NAND (the unit of a gate equivalent).
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(f"liberty is {str(path)!r}: {reason}; a Liberty file is needed") from error
    source, tree = parse_liberty(raw.decode("utf-8", errors="replace"), str(path))
    groups = list(tree.groups("cell"))
    barred = frozenset(group.name for group in groups if _is_barred(group, dont_use))
    cells = tuple(_read_cell(group) for group in groups if group.name not in barred)
    nands = [c.area for c in cells if _computes(c, 2, (lambda a, b: not (a and b),))]
    if not nands:
        raise InputError(f"liberty is {str(path)!r}: it has no 2-input NAND with an area")
    return CellLibrary(
        name=tree.name,
        corner=_corner(tree),
        digest=hashlib.sha256(raw).hexdigest(),
        source=source,
        tree=tree,
        barred=barred,
        cells=cells,
        nand2_area=min(nands),
        full_adder=_find_full_adder(cells),
    )


def pin_groups(cell: Group) -> Iterator[Group]:
    """The pins of a cell, those of its buses included."""
    yield from cell.groups("pin")
    for bus in cell.groups("bus", "bundle"):
        yield bus
        yield from bus.groups("pin")


def is_true(group: Group, name: str) -> bool:
    """Whether the attribute `name` is there and true."""
    return (group.get(name) or "").lower() == "true"


def _table_spans(group: Group) -> list[tuple[int, int]]:
    # ccsn_first_stage and its like have names of their own.
    tables = (one for one in group.all_groups() if one.kind in _TABLES or "ccsn_" in one.kind)
    return [(one.start, one.end) for one in tables]


def _is_barred(group: Group, dont_use: tuple[str, ...]) -> bool:
    named = any(fnmatchcase(group.name, pattern) for pattern in dont_use)
    return named or is_true(group, "dont_use")


def _read_cell(group: Group) -> Cell:
    inputs: list[str] = []
    functions: dict[str, str] = {}
    gate: dict[str, str] = {}
    for pin in pin_groups(group):
        gate |= {role: pin.name for role in _GATE_PINS if is_true(pin, role)}
        function = pin.get("function")
        if pin.kind == "pin" and pin.get("direction") == "input":
            inputs.extend(pin.names)
        elif function is not None:
            functions |= dict.fromkeys(pin.names, function)
    area = group.number("area")
    return Cell(
        name=group.name,
        area=float("nan") if area is None else area,
        inputs=tuple(inputs),
        functions=functions,
        clock_gate=tuple(gate[role] for role in _GATE_PINS) if len(gate) == 3 else None,
        sequential=any(True for _ in group.groups(*_STATE)),
    )


def _corner(tree: Group) -> str:
    named = tree.get("default_operating_conditions")
    if named:
        return named
    voltage, temperature = tree.get("nom_voltage"), tree.get("nom_temperature")
    return f"{voltage} V, {temperature} C" if voltage and temperature else "none"


def _computes(
    cell: Cell, count: int, wanted: tuple[Callable[..., bool], ...]
) -> tuple[str, ...] | None:
    """The outputs of `cell` that compute the `wanted` functions, if it computes just those."""
    shape = (len(cell.inputs), len(cell.functions))
    if cell.sequential or shape != (count, len(wanted)) or not cell.area > 0:
        return None
    tables = {truth_table(text, cell.inputs): pin for pin, text in cell.functions.items()}
    rows = list(product((False, True), repeat=count))
    outputs = tuple(tables.get(tuple(f(*row) for row in rows), "") for f in wanted)
    return outputs if all(outputs) else None


def _find_full_adder(cells: tuple[Cell, ...]) -> FullAdder | None:
    wanted = (lambda a, b, c: a ^ b ^ c, lambda a, b, c: a + b + c >= 2)
    found = [(cell, outputs) for cell in cells if (outputs := _computes(cell, 3, wanted))]
    if not found:
        return None
    cell, (total, carry) = min(found, key=lambda item: item[0].area)
    return FullAdder(cell.name, cell.inputs, total, carry)
