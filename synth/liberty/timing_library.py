# SPDX-License-Identifier: Apache-2.0
"""Cells with delays, constraints and energies, as arrays: what timing and energy need of Liberty.

Units, whatever the file's own: ns, pF, pJ, nW, V. Slews are as the file measures them, between its
`slew_thresholds`.
"""

import json
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


class Pin(NamedTuple):
    """A pin; a bus is one pin a bit, NAME[3].

    `direction` is input, output, inout or internal. Capacitances in pF: on average, and what a
    rising and a falling edge sees. `function` is the Liberty expression of an output, or "".
    """

    name: str
    direction: str
    capacitance: float
    rise_capacitance: float
    fall_capacitance: float
    function: str
    is_clock: bool


class Arc(NamedTuple):
    """Delay from pin `source` to pin `output`, both numbers of pins.

    `sense` is positive_unate, negative_unate or non_unate, `kind` the Liberty timing_type
    (combinational, rising_edge, clear, ...), `when` a condition or "". The rest are numbers of
    tables over (input slew, output load), -1 for none.
    """

    output: int
    source: int
    sense: str
    kind: str
    when: str
    cell_rise: int
    cell_fall: int
    rise_transition: int
    fall_transition: int


class Check(NamedTuple):
    """Constraint of pin `pin` against clock pin `clock`; `kind` is setup_rising, hold_falling, ...

    `rise` and `fall` (of the constrained pin) are tables over (clock slew, pin slew), -1 for none.
    """

    pin: int
    clock: int
    kind: str
    when: str
    rise: int
    fall: int


class Power(NamedTuple):
    """Internal energy of an edge of pin `pin`, in pJ.

    `source` is the pin that caused it, -1 where the file names none; `rise` and `fall` are tables
    over (input slew, output load), -1 for none. `supply` is the power pin that pays, or "".
    """

    pin: int
    source: int
    when: str
    supply: str
    rise: int
    fall: int


class Leakage(NamedTuple):
    """Leakage power in nW under condition `when` ("": always), from power pin `supply` or ""."""

    when: str
    supply: str
    power: float


class State(NamedTuple):
    """State of a cell: `kind` is ff, latch or clock_gate.

    `names` are the state variables (value, complement). `clock` and `data` are Liberty expressions:
    clocked_on and next_state, or enable and data_in; for a clock gate its clock and enable pins.
    `clear` and `preset` are expressions or "".
    """

    kind: str
    names: tuple[str, ...]
    clock: str
    data: str
    clear: str
    preset: str


class TimingCell(NamedTuple):
    """One cell; `leakage_power` in nW is what the file says of the cell as a whole, or None."""

    name: str
    area: float
    pins: tuple[Pin, ...]
    arcs: tuple[Arc, ...]
    checks: tuple[Check, ...]
    powers: tuple[Power, ...]
    leakages: tuple[Leakage, ...]
    leakage_power: float | None
    state: State | None

    def pin(self, name: str) -> int:
        """Return the number of pin `name`; raises ValueError when there is none."""
        return [one.name for one in self.pins].index(name)


@dataclass(frozen=True, eq=False)
class Tables:
    """All tables of a library, padded to one shape: T tables of up to X by Y values.

    `x` (T, X) and `y` (T, Y) are the axes, behind `sizes` (T, 2) filled with infinity; `values` is
    (T, X, Y). A scalar has sizes (1, 1).
    """

    x: np.ndarray
    y: np.ndarray
    values: np.ndarray
    sizes: np.ndarray

    def at(self, number: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return table `number` at (x, y), all of one shape (N,).

        Linear between the points, and beyond them along the outermost segment, as static timing
        tools do.
        """
        i, u = _locate(self.x, self.sizes[:, 0], number, x)
        j, v = _locate(self.y, self.sizes[:, 1], number, y)
        values = self.values
        low = values[number, i, j] * (1 - v) + values[number, i, j + 1] * v
        high = values[number, i + 1, j] * (1 - v) + values[number, i + 1, j + 1] * v
        return low * (1 - u) + high * u


def _locate(
    axes: np.ndarray, sizes: np.ndarray, number: np.ndarray, at: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the segment of the axis that `at` lies in, and how far along it."""
    axis, size = axes[number], sizes[number]
    last = np.maximum(size - 2, 0)
    place = np.clip((axis <= at[:, None]).sum(axis=1) - 1, 0, last)
    rows = np.arange(len(number))
    begin, end = axis[rows, place], axis[rows, place + 1]
    along = size > 1
    return place, np.where(along, (at - begin) / np.where(along, end - begin, 1.0), 0.0)


@dataclass(frozen=True, eq=False)
class TimingLibrary:
    """A cell library with its tables.

    `digest` is the sha256 of the Liberty text that was read, `voltage` the supply in V,
    `slew_thresholds` (low, high) the fractions of it between which slews are measured.
    """

    name: str
    corner: str
    digest: str
    voltage: float
    slew_thresholds: tuple[float, float]
    cells: tuple[TimingCell, ...]
    tables: Tables

    @cached_property
    def index(self) -> dict[str, int]:
        """Number of each cell by name."""
        return {cell.name: number for number, cell in enumerate(self.cells)}

    def cell(self, name: str) -> TimingCell:
        """Return a cell by name; raises KeyError when there is none."""
        return self.cells[self.index[name]]

    @cached_property
    def pin_capacitances(self) -> tuple[np.ndarray, np.ndarray]:
        """Capacitance of every pin of every cell.

        Number of the first pin of each cell, shape (cells + 1,), and the capacitances in pF that a
        rising and a falling edge see, shape (pins, 2).
        """
        first = np.cumsum([0, *(len(cell.pins) for cell in self.cells)])
        pairs = [
            (pin.rise_capacitance, pin.fall_capacitance) for cell in self.cells for pin in cell.pins
        ]
        return first, np.array(pairs).reshape(-1, 2)

    def save(self, path: Path) -> None:
        """Write everything to `path` (.npz, no pickles), whole or not at all."""
        head = [self.name, self.corner, self.digest, self.voltage, self.slew_thresholds]
        text = json.dumps([head, self.cells])
        # Others may write the same at the same time.
        with tempfile.TemporaryDirectory(dir=path.parent, prefix="work-") as folder:
            part = Path(folder) / path.name
            np.savez(part, text=np.frombuffer(text.encode(), np.uint8), **vars(self.tables))
            part.replace(path)

    @classmethod
    def load(cls, path: Path) -> "TimingLibrary":
        """Return what `save` wrote to `path`."""
        with np.load(path) as kept:
            head, cells = json.loads(kept["text"].tobytes())
            tables = Tables(**{name: kept[name] for name in ("x", "y", "values", "sizes")})
        name, corner, digest, voltage, (low, high) = head
        read = tuple(_cell(row) for row in cells)
        return cls(name, corner, digest, voltage, (low, high), read, tables)


def _cell(row: list[Any]) -> TimingCell:
    """A cell from its JSON form: named tuples come back as lists."""
    name, area, pins, arcs, checks, powers, leakages, leakage_power, state = row
    parts = zip(
        (Pin, Arc, Check, Power, Leakage), (pins, arcs, checks, powers, leakages), strict=True
    )
    lists = [tuple(kind(*one) for one in rows) for kind, rows in parts]
    if state:
        state = State(state[0], tuple(state[1]), *state[2:])
    return TimingCell(name, area, *lists, leakage_power, state)
