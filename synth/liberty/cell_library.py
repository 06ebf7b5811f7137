# SPDX-License-Identifier: Apache-2.0
"""Cells of a Liberty file as mapping needs them: areas, functions, full adder, clock gates.

Nine tenths of a Liberty file are timing and power tables, which a flow for the smallest area never
uses. They are cut out once, so that every yosys run reads a tenth of the text. The tables
themselves are read by surmax.synth.liberty.timing_reader.
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
    """One library cell.

    Attributes:
        name: name in the library.
        area: in the library's unit (um2 for a real library); nan where the file has none.
        inputs: names of the input pins.
        functions: output pin -> Liberty expression.
        clock_gate: clock, enable and output pin of an integrated clock gate; None for other cells.
        sequential: True for flip-flops, latches and cells with a state table.
    """

    name: str
    area: float
    inputs: tuple[str, ...]
    functions: dict[str, str]
    clock_gate: tuple[str, str, str] | None
    sequential: bool


@dataclass(frozen=True)
class FullAdder:
    """The library's smallest full-adder cell: its name and its pins (`total` is the sum)."""

    cell: str
    inputs: tuple[str, ...]
    total: str
    carry: str


@dataclass(frozen=True)
class CellLibrary:
    """A Liberty file without the cells that must not be used.

    Attributes:
        name: name of the library group.
        corner: default operating condition, else nominal voltage and temperature, else "none".
        digest: sha256 of the file's bytes.
        source: text of the file without comments.
        tree: the library group of that text.
        barred: names of the cells that must not be used.
        cells: all other cells.
        nand2_area: area of the smallest 2-input NAND, which is one gate equivalent (GE).
        full_adder: the smallest full adder, or None.
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
        """Return the groups of the cells that may be used."""
        return (cell for cell in self.tree.groups("cell") if cell.name not in self.barred)

    @cached_property
    def text(self) -> str:
        """Text of the file with its tables, without the barred cells."""
        return without(self.source, self._barred_spans())

    @cached_property
    def area_text(self) -> str:
        """Text of the file without the barred cells and without timing and power tables."""
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
        """Whether there are delay tables; mapping for a clock period needs them."""
        pins = (pin for cell in self.cell_groups() for pin in pin_groups(cell))
        return any(True for pin in pins for _ in pin.groups("timing"))


def read_cell_library(path: Path, dont_use: tuple[str, ...] = ()) -> CellLibrary:
    """Read the Liberty file at `path` without the cells that match a glob in `dont_use`.

    Cells that the file itself marks `dont_use : true` are left out too.

    Raises InputError when the file cannot be read, is not Liberty, or has no 2-input NAND, whose
    area is the unit of a gate equivalent.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(f"liberty must be a Liberty file, not {str(path)!r}: {reason}") from error
    source, tree = parse_liberty(raw.decode("utf-8", errors="replace"), str(path))
    groups = list(tree.groups("cell"))
    barred = frozenset(group.name for group in groups if _is_barred(group, dont_use))
    cells = tuple(_read_cell(group) for group in groups if group.name not in barred)
    nand2 = (lambda a, b: not (a and b),)
    nands = [cell.area for cell in cells if _outputs_of(cell, 2, nand2)]
    if not nands:
        raise InputError(f"liberty {str(path)!r} must have a 2-input NAND with an area")
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
    """Yield the pin groups of a cell, and of each of its buses the bus and its pins."""
    yield from cell.groups("pin")
    for bus in cell.groups("bus", "bundle"):
        yield bus
        yield from bus.groups("pin")


def is_true(group: Group, name: str) -> bool:
    """Return whether the group has the attribute `name` with the value true."""
    return (group.get(name) or "").lower() == "true"


def _table_spans(group: Group) -> list[tuple[int, int]]:
    # Noise models have kinds of their own: ccsn_first_stage, ccsn_last_stage, ...
    tables = (
        table for table in group.all_groups() if table.kind in _TABLES or "ccsn_" in table.kind
    )
    return [(table.start, table.end) for table in tables]


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


def _outputs_of(
    cell: Cell, inputs: int, functions: tuple[Callable[..., bool], ...]
) -> tuple[str, ...] | None:
    """Return the output pins of `cell` in the order of `functions`, if it computes just those.

    `inputs` is the number of inputs of each function. None for any other cell, and for one
    without an area.
    """
    shape = (len(cell.inputs), len(cell.functions))
    if cell.sequential or shape != (inputs, len(functions)) or not cell.area > 0:
        return None
    tables = {truth_table(text, cell.inputs): pin for pin, text in cell.functions.items()}
    rows = list(product((False, True), repeat=inputs))
    outputs = tuple(tables.get(tuple(f(*row) for row in rows), "") for f in functions)
    return outputs if all(outputs) else None


def _find_full_adder(cells: tuple[Cell, ...]) -> FullAdder | None:
    sum_and_carry = (lambda a, b, c: a ^ b ^ c, lambda a, b, c: a + b + c >= 2)
    adders = [(cell, pins) for cell in cells if (pins := _outputs_of(cell, 3, sum_and_carry))]
    if not adders:
        return None
    cell, (total, carry) = min(adders, key=lambda adder: adder[0].area)
    return FullAdder(cell.name, cell.inputs, total, carry)
