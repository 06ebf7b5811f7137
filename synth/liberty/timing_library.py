# SPDX-License-Identifier: Apache-2.0
"""Cells with delays, constraints and energies, as arrays for static timing and energy.

Values are in ns, pF, pJ, nW and V, whatever the units of the Liberty file. Slews are as the file
measures them, between its `slew_thresholds`.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from surmax.common.work_folders import work_folder


class Pin(NamedTuple):
    """A pin of a cell; each bit of a bus is a pin called NAME[3].

    `direction` is input, output, inout or internal. `capacitance` is the mean in pF, the two others
    are those for a rising and for a falling edge. `function` is the Liberty expression of an
    output, or "".
    """

    name: str
    direction: str
    capacitance: float
    rise_capacitance: float
    fall_capacitance: float
    function: str
    is_clock: bool


class Arc(NamedTuple):
    """Delay from pin `source` to pin `output`, which are numbers of pins.

    `sense` is positive_unate, negative_unate or non_unate, `kind` is the Liberty timing_type
    (combinational, rising_edge, clear, ...), `when` is a condition or "". The other fields are
    numbers of tables over (input slew, output load), -1 for none.
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
    """Constraint of pin `pin` against clock pin `clock`.

    `kind` is the Liberty timing_type (setup_rising, hold_falling, ...). `rise` and `fall`, for the
    edges of the constrained pin, are numbers of tables over (clock slew, pin slew), -1 for none.
    """

    pin: int
    clock: int
    kind: str
    when: str
    rise: int
    fall: int


class Power(NamedTuple):
    """Internal energy of an edge of pin `pin`, in pJ.

    `source` is the pin that causes the edge, -1 where the file names none. `rise` and `fall` are
    numbers of tables over (input slew, output load), -1 for none. `supply` is the power pin that
    the energy is drawn from, or "".
    """

    pin: int
    source: int
    when: str
    supply: str
    rise: int
    fall: int


class Leakage(NamedTuple):
    """Leakage power in nW under condition `when` ("" for always), drawn from pin `supply` or ""."""

    when: str
    supply: str
    power: float


class State(NamedTuple):
    """State of a cell.

    `kind` is ff, latch or clock_gate. `names` are the state variables (value, complement). `clock`
    and `data` are Liberty expressions: clocked_on and next_state of a flip-flop, enable and data_in
    of a latch; for a clock gate they are the names of its clock and enable pins. `clear` and
    `preset` are expressions or "".
    """

    kind: str
    names: tuple[str, ...]
    clock: str
    data: str
    clear: str
    preset: str


class TimingCell(NamedTuple):
    """One cell; `area` is in um2, `leakage_power` in nW is that of the whole cell, or None."""

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
        """Return the number of pin `name`. Raises ValueError when there is none."""
        return [pin.name for pin in self.pins].index(name)


@dataclass(frozen=True, eq=False)
class Tables:
    """T tables of a library in arrays of one shape, padded to X by Y values.

    Attributes:
        x: (T, X), first axis, padded with infinity.
        y: (T, Y), second axis, padded with infinity.
        values: (T, X, Y).
        sizes: (T, 2), sizes of each table; a scalar has (1, 1).
    """

    x: np.ndarray
    y: np.ndarray
    values: np.ndarray
    sizes: np.ndarray

    def at(self, number: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the value of table `number` at (x, y); all have shape (N,).

        The interpolation is linear between the points. Beyond them it continues the outermost
        segment, as static timing tools do.
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
    """Return the segment of the axis that `at` lies in, and the position in it (0 to 1 inside)."""
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

    Attributes:
        name, corner: names of the library and of its operating condition.
        digest: sha256 of the Liberty text.
        voltage: supply in V.
        slew_thresholds: (low, high), fractions of the supply between which slews are measured.
        cells: cells that may be used.
        tables: the tables that the cells refer to by number.
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
        """Return the cell called `name`. Raises KeyError when there is none."""
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
        # Another process may write the same file at the same time: write apart, then rename.
        with work_folder(path.parent) as folder:
            part = folder / path.name
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
    """Return a cell from its JSON form, in which named tuples are lists."""
    name, area, pins, arcs, checks, powers, leakages, leakage_power, state = row
    parts = zip(
        (Pin, Arc, Check, Power, Leakage), (pins, arcs, checks, powers, leakages), strict=True
    )
    lists = [tuple(kind(*fields) for fields in rows) for kind, rows in parts]
    if state:
        state = State(state[0], tuple(state[1]), *state[2:])
    return TimingCell(name, area, *lists, leakage_power, state)
