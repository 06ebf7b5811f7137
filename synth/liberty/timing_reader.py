# SPDX-License-Identifier: Apache-2.0
"""Reader of delays, constraints and energies: from a Liberty file to a TimingLibrary."""

import re
from collections.abc import Iterator
from pathlib import Path

from surmax.common.digest import code_digest, digest_of
from surmax.common.errors import InputError, check_range, shown
from surmax.common.kept import keep_result, kept_result
from surmax.synth.liberty.cell_library import CellLibrary
from surmax.synth.liberty.cells import is_true
from surmax.synth.liberty.syntax import Group
from surmax.synth.liberty.table_reader import LARGEST, TableReader, Units, read_units
from surmax.synth.liberty.timing_library import (
    Arc,
    Check,
    Leakage,
    Pin,
    Power,
    State,
    TimingCell,
    TimingLibrary,
)

_DELAYS = ("cell_rise", "cell_fall", "rise_transition", "fall_transition")
_CHECK = re.compile(r"(?:setup|hold|recovery|removal)_(?:rising|falling)")


def read_timing_library(library: CellLibrary, cache: Path | None = None) -> TimingLibrary:
    """Return the tables of a cell library, without the cells that must not be used.

    With a folder `cache` they are kept there under the digest of the Liberty file, of the cells
    that are left out and of the code that reads it.

    Raises InputError when the library has no delay tables, or one that cannot be read (with three
    axes, with an axis that does not rise), or a unit, voltage or capacitance that is none. A delay,
    a constraint or an energy may be negative, a capacitance or a slew may not.
    """
    digest = digest_of(library.digest, sorted(library.left_out.items()))
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
        name = shown(library.name)[1:-1]
        raise InputError(f"library {name} has no delay tables: use sky130 or liberty:PATH")
    tree = library.tree
    units = read_units(tree)
    tables = TableReader(tree)
    return TimingLibrary(
        name=library.name,
        corner=library.corner,
        digest=digest,
        voltage=_voltage(tree),
        slew_thresholds=_slew_thresholds(tree),
        cells=tuple(_read_cell(group, tree, units, tables) for group in library.groups),
        tables=tables.packed(),
    )


def _slew_thresholds(tree: Group) -> tuple[float, float]:
    low, high = (
        default if (percent := tree.number(f"slew_{end}_threshold_pct_rise")) is None else percent
        for end, default in (("lower", 20.0), ("upper", 80.0))
    )
    if not 0 <= low < high <= 100:
        raise tree.error(f"slew thresholds must rise within 0 to 100 %, not {low:g} and {high:g}")
    return low / 100, high / 100


def _voltage(tree: Group) -> float:
    default = tree.get("default_operating_conditions")
    found = None
    for conditions in tree.groups("operating_conditions"):
        voltage = conditions.number("voltage")
        if conditions.name == default and voltage is not None:
            found = voltage
    voltage = found if found is not None else tree.number("nom_voltage")
    if voltage is None:
        raise tree.error("nom_voltage must be given")
    if not 0 < voltage < 1e6:
        raise tree.error(f"voltage must be more than 0, not {voltage:g}")
    return voltage


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
        raise group.error(f"bus_type must be a type of the library, not {shown(bus_type)}")
    first, last = (_bit(kind, name) for name in ("bit_from", "bit_to"))
    yield from (f"{bus}[{bit}]" for bit in range(min(first, last), max(first, last) + 1))


def _bit(kind: Group, name: str) -> int:
    number = kind.number(name) or 0.0
    try:
        return check_range(name, int(number), 0, 9999)
    except InputError as error:
        raise kind.error(str(error)) from None


def _first(groups: tuple[Group, ...], name: str) -> Group | None:
    return next((group for group in groups if group.get(name) is not None), None)


def _read_cell(cell: Group, tree: Group, units: Units, tables: TableReader) -> TimingCell:
    groups_of = dict(_pins(cell, tree))
    numbers = {name: [number] for number, name in enumerate(groups_of)}
    for group in cell.groups("bus", "bundle"):
        for bus in group.names:
            bits = _members(bus, group, tree)
            numbers[bus] = [numbers[bit][0] for bit in bits if bit in numbers]
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
        raise group.error(
            f"related_pin must be a pin of cell {shown(cell.name)[1:-1]}, not {shown(unknown[0])}"
        )
    return [number for name in names for number in numbers[name]]


def _read_pin(name: str, groups: tuple[Group, ...], units: Units) -> Pin:
    def text(attribute: str) -> str:
        group = _first(groups, attribute)
        return (group.get(attribute) or "") if group else ""

    def load(attribute: str, default: float) -> float:
        group = _first(groups, attribute)
        if group is None:
            return default
        value = group.number(attribute) or 0.0
        if not 0 <= value <= LARGEST:
            raise group.error(f"{attribute} must be 0 to {LARGEST:g}, not {value:g}")
        return value * units.load

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
    group: Group, pin: int, source: int, kind: str, units: Units, tables: TableReader
) -> Arc:
    numbers = (
        tables.add(_table(group, name), units.time, units.time, units.load) for name in _DELAYS
    )
    sense = group.get("timing_sense") or "non_unate"
    return Arc(pin, source, sense, kind, group.get("when") or "", *numbers)


def _read_check(
    group: Group, pin: int, source: int, kind: str, units: Units, tables: TableReader
) -> Check:
    rise, fall = (
        tables.add(_table(group, f"{edge}_constraint"), units.time, units.time, units.time)
        for edge in ("rise", "fall")
    )
    return Check(pin, source, kind, group.get("when") or "", rise, fall)


def _read_power(group: Group, pin: int, source: int, units: Units, tables: TableReader) -> Power:
    both = _table(group, "power")
    rise, fall = (
        tables.add(_table(group, f"{edge}_power") or both, units.energy, units.time, units.load)
        for edge in ("rise", "fall")
    )
    supply = group.get("related_pg_pin") or ""
    return Power(pin, source, group.get("when") or "", supply, rise, fall)


def _read_leakage(group: Group, units: Units) -> Leakage:
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
