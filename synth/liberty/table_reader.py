# SPDX-License-Identifier: Apache-2.0
"""Units of a Liberty file, and its tables over slew and load."""

import re
from typing import NamedTuple

import numpy as np
from surmax.common.errors import shown
from surmax.synth.liberty.syntax import Group
from surmax.synth.liberty.timing_library import Tables

_PREFIX = {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}
_UNIT = re.compile(r"(\d+(?:\.\d*)?(?:e[-+]?\d+)?)?([munpf]?)[svwf]", re.IGNORECASE)
# Variables of the first axis (slew of the input or of the clock) and of the second axis (load, or
# slew of the constrained pin). Files may have them in either order.
_FIRST_AXIS = {"input_net_transition", "input_transition_time", "related_pin_transition"}
_SECOND_AXIS = {"total_output_net_capacitance", "constrained_pin_transition"}


# Beyond it a delay, a load or an energy is a slip in any unit, and products overflow.
LARGEST = 1e12


class Units(NamedTuple):
    """Factors from the file's units to ns, pF, pJ and nW."""

    time: float
    load: float
    energy: float
    leakage: float


def read_units(tree: Group) -> Units:
    """Return the factors of a library group.

    Raises InputError for what is no unit, and without a unit of capacitance.
    """
    volt = _unit(tree, "voltage_unit", "1V")
    # Liberty has a default for every unit but this one.
    farad = _unit(tree, "capacitive_load_unit", None)
    return Units(
        time=_unit(tree, "time_unit", "1ns") / 1e-9,
        load=farad / 1e-12,
        energy=farad * volt * volt / 1e-12,
        leakage=_unit(tree, "leakage_power_unit", "1nW") / 1e-9,
    )


def _unit(tree: Group, name: str, default: str | None) -> float:
    # The unit is a string; that of capacitance is a list of number and unit.
    text = "".join(tree.words(name)) or default
    if text is None:
        raise tree.error(f"{name} must be given")
    match = _UNIT.fullmatch(text)
    number = float(match[1] or 1) if match else 0.0
    if not 1e-9 < number < 1e9:
        raise tree.error(f"{name} must be a unit such as 1ns, not {shown(text)}")
    return number * _PREFIX[match[2].lower()]


class TableReader:
    """Collects tables, each with its axes in the order (first axis, second axis)."""

    def __init__(self, tree: Group) -> None:
        self._templates: dict[str, Group] = {}
        for template in tree.groups("lu_table_template", "power_lut_template"):
            known = self._templates.setdefault(template.name, template)
            if known is not template and known.kind == template.kind:
                raise template.error("a library must have a template once")
        self._axes: dict[str, list[float]] = {}
        self._tables: list[tuple[list[float], list[float], np.ndarray]] = []

    def add(self, group: Group | None, value: float, first: float, second: float) -> int:
        """Add a table and return its number; return -1 for None.

        `value`, `first` and `second` are factors for the values and for the two axes.
        """
        if group is None:
            return -1
        template = self._templates.get(group.name)
        axes: list[tuple[str, list[float]]] = []
        for number in (1, 2, 3):
            variable = template.get(f"variable_{number}") if template else None
            if variable is None:
                break
            axes.append((variable, self._points(group, template, f"index_{number}")))
        x, y, values = self._arrange(group, axes)
        low, high = values.min(), values.max()
        least = 0.0 if "transition" in group.kind else -LARGEST
        if low < least or high > LARGEST:
            wrong = low if low < least else high
            raise group.error(f"values must be {least:g} to {LARGEST:g}, not {wrong:g}")
        self._tables.append(([first * a for a in x], [second * a for a in y], value * values))
        return len(self._tables) - 1

    def _points(self, group: Group, template: Group, name: str) -> list[float]:
        """Return the points of an axis, the template's where the table has none of its own."""
        owner = group if (group.raw(name) or "").strip('" ') else template
        text = owner.raw(name) or ""
        # Thousands of tables have the same few axes.
        if text not in self._axes:
            index = owner.numbers(name) or []
            if index != sorted(set(index)) or (index and not 0 <= index[0] <= index[-1] < LARGEST):
                raise owner.error(f"points of an axis must rise, from 0 or more to {LARGEST:g}")
            self._axes[text] = index
        return self._axes[text]

    @staticmethod
    def _arrange(
        group: Group, axes: list[tuple[str, list[float]]]
    ) -> tuple[list[float], list[float], np.ndarray]:
        values = np.array(group.numbers("values") or [])
        names = [name for name, _ in axes]
        places = [0 if name in _FIRST_AXIS else 1 for name in names]
        known = all(name in _FIRST_AXIS | _SECOND_AXIS for name in names)
        sizes = [len(index) for _, index in axes]
        if not known or len(set(places)) < len(places) or values.size != np.prod(sizes, dtype=int):
            shape = " by ".join(
                f"{shown(name)[1:-1]} ({n})" for name, n in zip(names, sizes, strict=True)
            )
            raise group.error(
                f"a table must be over slew and load, each once, "
                f"not {values.size} values over {shape[:100] or 'nothing'}"
            )
        if not values.size:
            raise group.error("a table must have values")
        by_place = dict(zip(places, (index for _, index in axes), strict=True))
        values = values.reshape(sizes)
        values = values.T if places == [1, 0] else values
        x, y = by_place.get(0, [0.0]), by_place.get(1, [0.0])
        return x, y, values.reshape(len(x), len(y))

    def packed(self) -> Tables:
        """Return all tables in one array, with one row and column more than the largest table."""
        tables = self._tables
        width = 1 + max((len(x) for x, _, _ in tables), default=1)
        height = 1 + max((len(y) for _, y, _ in tables), default=1)
        x, y = np.full((len(tables), width), np.inf), np.full((len(tables), height), np.inf)
        values = np.zeros((len(tables), width, height))
        sizes = np.zeros((len(tables), 2), dtype=np.int64)
        for number, (first, second, table) in enumerate(tables):
            sizes[number] = table.shape
            x[number, : len(first)], y[number, : len(second)] = first, second
            values[number, : len(first), : len(second)] = table
        return Tables(x, y, values, sizes)
