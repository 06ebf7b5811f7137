# SPDX-License-Identifier: Apache-2.0
"""Reader of delays, constraints and energies: from a Liberty file to a TimingLibrary."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from surmax.common.digest import code_digest, digest_of
from surmax.common.errors import InputError
from surmax.common.kept import keep_result, kept_result
from surmax.synth.liberty.cell_library import CellLibrary, is_true
from surmax.synth.liberty.syntax import Group
from surmax.synth.liberty.timing_library import (
    Arc,
    Check,
    Leakage,
    Pin,
    Power,
    State,
    Tables,
    TimingCell,
    TimingLibrary,
)

_PREFIX = {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}
_UNIT = re.compile(r"(\d+(?:\.\d*)?(?:e[-+]?\d+)?)?([munpf]?)[svwf]", re.IGNORECASE)
# Variables of the first axis (slew of the input or of the clock) and of the second axis (load, or
# slew of the constrained pin). Files may have them in either order.
_FIRST_AXIS = {"input_net_transition", "input_transition_time", "related_pin_transition"}
_SECOND_AXIS = {"total_output_net_capacitance", "constrained_pin_transition"}
_DELAYS = ("cell_rise", "cell_fall", "rise_transition", "fall_transition")
_CHECK = re.compile(r"(?:setup|hold|recovery|removal)_(?:rising|falling)")


class _Units(NamedTuple):
    """Factors from the file's units to ns, pF, pJ and nW."""

    time: float
    load: float
    energy: float
    leakage: float


def read_timing_library(library: CellLibrary, cache: Path | None = None) -> TimingLibrary:
    """Return the tables of a cell library, without the cells that must not be used.

    With a folder `cache` they are kept there under the digest of the Liberty text and of the code
    that reads it.

    Raises InputError when the library has no delay tables, or one that cannot be read (with three
    axes, for example).
    """
    digest = hashlib.sha256(library.text.encode()).hexdigest()
    if cache is None:
        return _read(library, digest)
    key = digest_of(digest, code_digest(__name__, prose=False))
    kept = cache / f"tables-{key[:24]}.npz"
    note = kept.with_suffix(".json")
    if kept_result(note, key) is not None:
        return TimingLibrary.load(kept)
    read = _read(library, digest)
    cache.mkdir(parents=True, exist_ok=True)
    read.save(kept)
    keep_result(note, key, library.name, beside=[kept])
    return read


def _read(library: CellLibrary, digest: str) -> TimingLibrary:
    if not library.has_timing:
        raise InputError(f"library {library.name} has no delay tables: use sky130 or liberty:PATH")
    tree = library.tree
    units = _units(tree)
    tables = _TableReader(tree)
    return TimingLibrary(
        name=library.name,
        corner=library.corner,
        digest=digest,
        voltage=_voltage(tree),
        slew_thresholds=(
            (tree.number("slew_lower_threshold_pct_rise") or 20.0) / 100,
            (tree.number("slew_upper_threshold_pct_rise") or 80.0) / 100,
        ),
        cells=tuple(_read_cell(group, tree, units, tables) for group in library.cell_groups()),
        tables=tables.packed(),
    )


def _units(tree: Group) -> _Units:
    volt = _unit(tree, "voltage_unit", "1V")
    farad = _unit(tree, "capacitive_load_unit", "1pF")
    return _Units(
        time=_unit(tree, "time_unit", "1ns") / 1e-9,
        load=farad / 1e-12,
        energy=farad * volt * volt / 1e-12,
        leakage=_unit(tree, "leakage_power_unit", "1nW") / 1e-9,
    )


def _unit(tree: Group, name: str, default: str) -> float:
    # The unit is a string; that of capacitance is a list of number and unit.
    text = "".join(tree.words(name)) or default
    match = _UNIT.fullmatch(text)
    if not match:
        raise InputError(f"library {tree.name}: {name} must be a unit such as 1ns, not {text!r}")
    return float(match[1] or 1) * _PREFIX[match[2].lower()]


def _voltage(tree: Group) -> float:
    default = tree.get("default_operating_conditions")
    for conditions in tree.groups("operating_conditions"):
        voltage = conditions.number("voltage")
        if conditions.name == default and voltage is not None:
            return voltage
    return tree.number("nom_voltage") or 1.0


class _TableReader:
    """Collects tables, each with its axes in the order (first axis, second axis)."""

    def __init__(self, tree: Group) -> None:
        templates = tree.groups("lu_table_template", "power_lut_template")
        self._templates = {template.name: template for template in templates}
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
            index = group.numbers(f"index_{number}") or template.numbers(f"index_{number}")
            axes.append((variable, index or []))
        x, y, values = self._arrange(group, axes)
        self._tables.append(([first * a for a in x], [second * a for a in y], value * values))
        return len(self._tables) - 1

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
            shape = " by ".join(f"{name} ({n})" for name, n in zip(names, sizes, strict=True))
            raise InputError(
                f"Liberty table {group.kind} ({group.name}) must be over slew and load, each once, "
                f"not {values.size} values over {shape or 'nothing'}"
            )
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


def _pins(cell: Group, tree: Group) -> Iterator[tuple[str, tuple[Group, ...]]]:
    """Yield the name of each pin with the groups that describe it: its own, then its bus."""
    for group in cell.groups("pin"):
        yield from ((name, (group,)) for name in group.names)
    for group in cell.groups("bus", "bundle"):
        own = {name: pin for pin in group.groups("pin") for name in pin.names}
        for bus in group.names:
            for name in _members(bus, group, tree):
                yield name, (own[name], group) if name in own else (group,)


def _members(bus: str, group: Group, tree: Group) -> Iterator[str]:
    if group.kind == "bundle":
        yield from group.words("members")
        return
    bus_type = group.get("bus_type")
    kind = next((kind for kind in tree.groups("type") if kind.name == bus_type), None)
    if kind is None:
        raise InputError(
            f"library {tree.name}: bus_type of bus {bus} must be a type of it, not {bus_type}"
        )
    first, last = int(kind.number("bit_from") or 0), int(kind.number("bit_to") or 0)
    yield from (f"{bus}[{bit}]" for bit in range(min(first, last), max(first, last) + 1))


def _first(groups: tuple[Group, ...], name: str) -> Group | None:
    return next((group for group in groups if group.get(name) is not None), None)


def _read_cell(cell: Group, tree: Group, units: _Units, tables: _TableReader) -> TimingCell:
    groups_of = dict(_pins(cell, tree))
    numbers = {name: [number] for number, name in enumerate(groups_of)}
    for group in cell.groups("bus", "bundle"):
        for bus in group.names:
            bits = _members(bus, group, tree)
            numbers[bus] = [numbers[bit][0] for bit in bits]
    pins, arcs, checks, powers = [], [], [], []
    for pin, (name, groups) in enumerate(groups_of.items()):
        pins.append(_read_pin(name, groups, units))
        for group in (timing for owner in groups for timing in owner.groups("timing")):
            kind = group.get("timing_type") or "combinational"
            for source in _related(group, numbers, cell):
                if _CHECK.fullmatch(kind):
                    checks.append(_read_check(group, pin, source, kind, units, tables))
                elif pins[pin].direction != "input":
                    arcs.append(_read_arc(group, pin, source, kind, units, tables))
        for group in (power for owner in groups for power in owner.groups("internal_power")):
            for source in _related(group, numbers, cell) or [-1]:
                powers.append(_read_power(group, pin, source, units, tables))
    leakage = cell.number("cell_leakage_power")
    return TimingCell(
        name=cell.name,
        area=cell.number("area") or 0.0,
        pins=tuple(pins),
        arcs=tuple(arcs),
        checks=tuple(checks),
        powers=tuple(powers),
        leakages=tuple(_read_leakage(group, units) for group in cell.groups("leakage_power")),
        leakage_power=None if leakage is None else leakage * units.leakage,
        state=_read_state(cell, groups_of),
    )


def _related(group: Group, numbers: dict[str, list[int]], cell: Group) -> list[int]:
    names = (*group.words("related_pin"), *group.words("related_bus_pins"))
    unknown = [name for name in names if name not in numbers]
    if unknown:
        raise InputError(f"Liberty cell {cell.name}: related_pin must be its pin, not {unknown[0]}")
    return [number for name in names for number in numbers[name]]


def _read_pin(name: str, groups: tuple[Group, ...], units: _Units) -> Pin:
    def text(attribute: str) -> str:
        group = _first(groups, attribute)
        return (group.get(attribute) or "") if group else ""

    def load(attribute: str, default: float) -> float:
        group = _first(groups, attribute)
        return (group.number(attribute) or 0.0) * units.load if group else default

    capacitance = load("capacitance", 0.0)
    return Pin(
        name=name,
        direction=text("direction"),
        capacitance=capacitance,
        rise_capacitance=load("rise_capacitance", capacitance),
        fall_capacitance=load("fall_capacitance", capacitance),
        function=text("function"),
        is_clock=text("clock").lower() == "true",
    )


def _table(group: Group, kind: str) -> Group | None:
    return next(group.groups(kind), None)


def _read_arc(
    group: Group, pin: int, source: int, kind: str, units: _Units, tables: _TableReader
) -> Arc:
    numbers = (
        tables.add(_table(group, name), units.time, units.time, units.load) for name in _DELAYS
    )
    sense = group.get("timing_sense") or "non_unate"
    return Arc(pin, source, sense, kind, group.get("when") or "", *numbers)


def _read_check(
    group: Group, pin: int, source: int, kind: str, units: _Units, tables: _TableReader
) -> Check:
    rise, fall = (
        tables.add(_table(group, f"{edge}_constraint"), units.time, units.time, units.time)
        for edge in ("rise", "fall")
    )
    return Check(pin, source, kind, group.get("when") or "", rise, fall)


def _read_power(group: Group, pin: int, source: int, units: _Units, tables: _TableReader) -> Power:
    both = _table(group, "power")
    rise, fall = (
        tables.add(_table(group, f"{edge}_power") or both, units.energy, units.time, units.load)
        for edge in ("rise", "fall")
    )
    supply = group.get("related_pg_pin") or ""
    return Power(pin, source, group.get("when") or "", supply, rise, fall)


def _read_leakage(group: Group, units: _Units) -> Leakage:
    supply = group.get("related_pg_pin") or ""
    return Leakage(group.get("when") or "", supply, (group.number("value") or 0.0) * units.leakage)


def _read_state(cell: Group, pins: dict[str, tuple[Group, ...]]) -> State | None:
    if cell.get("clock_gating_integrated_cell"):
        roles = {
            role: name
            for name, groups in pins.items()
            for role in ("clock_gate_clock_pin", "clock_gate_enable_pin")
            if any(is_true(group, role) for group in groups)
        }
        clock, enable = (roles.get(f"clock_gate_{role}_pin", "") for role in ("clock", "enable"))
        return State("clock_gate", (), clock, enable, "", "")
    group = next(cell.groups("ff", "ff_bank", "latch", "latch_bank"), None)
    if group is None:
        return None
    kind = group.kind.removesuffix("_bank")
    words = ("clocked_on", "next_state") if kind == "ff" else ("enable", "data_in")
    texts = (group.get(word) or "" for word in (*words, "clear", "preset"))
    return State(kind, group.names, *texts)
