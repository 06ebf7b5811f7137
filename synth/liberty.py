# SPDX-License-Identifier: Apache-2.0
"""Read what synthesis needs to know of a Liberty file, and nothing more.

A Liberty file is mostly timing and power tables. An area-first flow needs cell areas, pin
functions and which cells are adders and clock gates, so that the tables are cut out once and
every tool run reads a text of a tenth of the size.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import product
from pathlib import Path

from surmax.golden import InputError
from surmax.synth.boolean import truth_table

_TABLES = re.compile(
    r"\b(?:timing|internal_power|leakage_power|power_lut_template|lu_table_template"
    r"|normalized_driver_waveform|output_current_template|receiver_capacitance|ccsn_\w+)"
    r"\s*\([^)]*\)\s*\{"
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LIBRARY = re.compile(r'\s*library\s*\(\s*"?([^")\s]+)"?\s*\)\s*\{')
_CELL = re.compile(r'\bcell\s*\(\s*"?([^")\s]+)"?\s*\)\s*\{')
_PIN = re.compile(r'\bpin\s*\(\s*"?([^")\s]+)"?\s*\)\s*\{')
_STATE = re.compile(r"\b(?:ff|latch|ff_bank|latch_bank|statetable)\s*\(")
_BRACE = re.compile(r"[{}]")
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
class Library:
    """A Liberty file without the cells that must not be used.

    `text` still has the timing and power tables; `digest` is the sha256 of the file as found;
    `corner` is its operating condition, or what it says of voltage and temperature.
    """

    name: str
    corner: str
    digest: str
    text: str
    cells: tuple[Cell, ...]
    nand2_area: float
    full_adder: FullAdder | None

    @cached_property
    def area_text(self) -> str:
        """The text without timing and power tables."""
        return _without(self.text, _TABLES)

    @property
    def has_clock_gate(self) -> bool:
        """Whether an integrated clock gate is among the cells."""
        return any(cell.clock_gate for cell in self.cells)

    @property
    def has_timing(self) -> bool:
        """Whether there are delay tables, without which no period can be asked for."""
        return re.search(r"\btiming\s*\(", self.text) is not None


def read_library(path: Path, dont_use: tuple[str, ...] = ()) -> Library:
    """Read the Liberty file at `path`, less the cells whose name matches a glob in `dont_use`.

    Cells that the file itself marks `dont_use : true` are left out too. Raises InputError when the
    file is missing, is no Liberty text, or has no 2-input NAND (the unit of a gate equivalent).
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(f"liberty is {str(path)!r}: {reason}; a Liberty file is needed") from error
    text = _COMMENT.sub("", raw.decode("utf-8", errors="replace"))
    head = _LIBRARY.match(text)
    if not head:
        raise InputError(f"liberty is {str(path)!r}: no `library (NAME) {{` at its start")
    try:
        kept = _without(text, _CELL, lambda name, body: _is_barred(name, body, dont_use))
        cells = tuple(_read_cell(name, body) for name, body, _, _ in _groups(kept, _CELL))
    except _BraceError as error:
        raise InputError(f"liberty is {str(path)!r}: a closing brace is missing") from error
    nands = [c.area for c in cells if _computes(c, 2, (lambda a, b: not (a and b),))]
    if not nands:
        raise InputError(f"liberty is {str(path)!r}: it has no 2-input NAND with an area")
    return Library(
        name=head[1],
        corner=_corner(text),
        digest=hashlib.sha256(raw).hexdigest(),
        text=kept,
        cells=cells,
        nand2_area=min(nands),
        full_adder=_find_full_adder(cells),
    )


class _BraceError(ValueError):
    """A group is never closed."""


def _groups(text: str, opening: re.Pattern[str]) -> Iterator[tuple[str, str, int, int]]:
    """(name, body, start, end) of each group whose head matches; no group within a group."""
    position = 0
    while match := opening.search(text, position):
        depth, position = 1, match.end()
        while depth:
            brace = _BRACE.search(text, position)
            if not brace:
                raise _BraceError
            depth += 1 if brace[0] == "{" else -1
            position = brace.end()
        name = match[1] if match.lastindex else ""
        yield name, text[match.end() : position - 1], match.start(), position


def _without(
    text: str, opening: re.Pattern[str], drop: Callable[[str, str], bool] = lambda *_: True
) -> str:
    out, position = [], 0
    for name, body, start, end in _groups(text, opening):
        if drop(name, body):
            out.append(text[position:start])
            position = end
    return "".join([*out, text[position:]])


def _is_barred(name: str, body: str, dont_use: tuple[str, ...]) -> bool:
    return (
        any(fnmatchcase(name, pattern) for pattern in dont_use)
        or re.search(r'\bdont_use\s*:\s*"?true', body) is not None
    )


def _attribute(body: str, name: str) -> str | None:
    match = re.search(rf'\b{name}\s*:\s*(?:"([^"]*)"|([^;"\s]+))', body)
    return (match[1] if match[1] is not None else match[2]) if match else None


def _read_cell(name: str, body: str) -> Cell:
    flat = _without(body, _TABLES)
    inputs, functions = [], {}
    gate: dict[str, str] = {}
    for pin, text, _, _ in _groups(flat, _PIN):
        gate |= {role: pin for role in _GATE_PINS if _attribute(text, role) == "true"}
        function = _attribute(text, "function")
        if _attribute(text, "direction") == "input":
            inputs.append(pin)
        elif function is not None:
            functions[pin] = function
    return Cell(
        name=name,
        area=float(_attribute(flat, "area") or "nan"),
        inputs=tuple(inputs),
        functions=functions,
        clock_gate=tuple(gate[role] for role in _GATE_PINS) if len(gate) == 3 else None,
        sequential=_STATE.search(flat) is not None,
    )


def _corner(text: str) -> str:
    named = _attribute(text, "default_operating_conditions")
    if named:
        return named
    voltage, temperature = _attribute(text, "nom_voltage"), _attribute(text, "nom_temperature")
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
