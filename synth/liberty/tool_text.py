# SPDX-License-Identifier: Apache-2.0
"""A cell library as Liberty text that yosys, ABC and OpenSTA take.

Each of these programs reads a dialect of its own, and ends on what others write (braces on a line
of their own, values without quotes, comments of another kind, a cell twice). What Surmax has read
is therefore written anew for them, in one form and with only what they need.
"""

import re
from collections.abc import Iterable, Iterator

from surmax.synth.liberty.boolean import Expression
from surmax.synth.liberty.cells import expression_of, is_true, state_group, stored_output
from surmax.synth.liberty.syntax import Group

_PLAIN = re.compile(r"[-+]?[\w.]+", re.ASCII)
_WORD = re.compile(r"[^\"\\\x00-\x1f]+")
_CLOCK_GATE = "clock_gating_integrated_cell"

# Attributes by what they are: numbers are checked, words are written as they are.
_LIBRARY_NUMBERS = (
    "nom_process",
    "nom_voltage",
    "nom_temperature",
    *(f"{kind}_threshold_pct_{edge}" for kind in ("input", "output") for edge in ("rise", "fall")),
    *(
        f"slew_{end}_threshold_pct_{edge}"
        for end in ("lower", "upper")
        for edge in ("rise", "fall")
    ),
    "slew_derate_from_library",
    "default_cell_leakage_power",
    "default_fanout_load",
    "default_inout_pin_cap",
    "default_input_pin_cap",
    "default_leakage_power_density",
    "default_max_capacitance",
    "default_max_fanout",
    "default_max_transition",
    "default_output_pin_cap",
)
_LIBRARY_WORDS = (
    "delay_model",
    "time_unit",
    "voltage_unit",
    "current_unit",
    "pulling_resistance_unit",
    "leakage_power_unit",
)
_PIN_NUMBERS = (
    "capacitance",
    "rise_capacitance",
    "fall_capacitance",
    "max_capacitance",
    "min_capacitance",
    "max_transition",
    "max_fanout",
    "fanout_load",
)
# What may be in groups that are written whole: the tables of timing and power, not those of noise
# or current sources.
_GROUPS = {
    *("cell_rise", "cell_fall", "rise_transition", "fall_transition"),
    *("rise_constraint", "fall_constraint", "rise_power", "fall_power", "power"),
}
_LISTS = {"values", "index_1", "index_2"}
_ATTRIBUTES = {
    *("related_pin", "related_pg_pin", "timing_type", "timing_sense", "when", "value", "values"),
    *(f"{part}_{axis}" for part in ("index", "variable") for axis in (1, 2)),
    *("voltage_name", "pg_type", "process", "voltage", "temperature"),
}
_GATE_PINS = ("clock_gate_clock_pin", "clock_gate_enable_pin", "clock_gate_out_pin")
_STATE_FUNCTIONS = {
    "ff": ("clocked_on", "next_state", "clear", "preset"),
    "latch": ("enable", "data_in", "clear", "preset"),
}


def tool_text(tree: Group, cells: Iterable[Group], *, tables: bool) -> str:
    """Return the text of a library with those of `cells` that a netlist can have.

    Cells with buses, with several bits of state, or without a function are left out: no tool maps
    to them. `tables` adds timing and power.

    Raises InputError for an attribute that must be a number and is none.
    """
    lines = [f'library ("{_plain(tree.name) or "cells"}") {{']
    lines += _numbers(tree, _LIBRARY_NUMBERS)
    for name in _LIBRARY_WORDS:
        value = _plain(tree.get(name) or "")
        if value:
            lines.append(f'{name} : "{value}";')
    load = tree.words("capacitive_load_unit")
    if len(load) == 2:
        lines.append(f"capacitive_load_unit ({_plain(load[0])}, {_plain(load[1])});")
    if tables:
        conditions = tree.get("default_operating_conditions")
        for group in tree.groups("operating_conditions"):
            lines += _whole(group)
        if conditions:
            lines.append(f'default_operating_conditions : "{_plain(conditions)}";')
        lines += _wire_loads(tree)
        for group in tree.groups("lu_table_template", "power_lut_template"):
            lines += _whole(group)
    for cell in cells:
        lines += _cell(cell, tables)
    return "\n".join([*lines, "}", ""])


def _wire_loads(tree: Group) -> Iterator[str]:
    """Yield the wire loads, by which ABC sizes cells for a clock period."""
    for load in tree.groups("wire_load"):
        yield f'wire_load ("{_plain(load.name)}") {{'
        yield from _numbers(load, ("resistance", "capacitance", "area", "slope"))
        for numbers in load.rows("fanout_length"):
            yield f"fanout_length ({', '.join(map(_quoted, numbers))});"
        yield "}"
    for selection in tree.groups("wire_load_selection"):
        yield f'wire_load_selection ("{_plain(selection.name)}") {{'
        for words in selection.rows("wire_load_from_area"):
            yield f"wire_load_from_area ({', '.join(map(_quoted, words))});"
        yield "}"
    for name in ("default_wire_load", "default_wire_load_mode", "default_wire_load_selection"):
        value = _plain(tree.get(name) or "")
        if value:
            yield f'{name} : "{value}";'


def _plain(text: str) -> str:
    """Return `text` without what ends a string."""
    return " ".join(_WORD.findall(text))


def _numbers(group: Group, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if group.number(name) is not None:
            yield f"{name} : {group.get(name)};"


def _cell(cell: Group, tables: bool) -> list[str]:
    """Return the lines of a cell; none where no tool could map to it."""
    gate = cell.get(_CLOCK_GATE)
    state = state_group(cell)
    banks = any(True for _ in cell.groups("bus", "bundle", "ff_bank", "latch_bank"))
    tabled = any(True for _ in cell.groups("statetable", "ff", "latch")) and state is None
    if banks or (tabled and not gate) or (state and not state.name):
        return []
    pins = [(name, pin) for pin in cell.groups("pin") for name in pin.names]
    if not gate and not any(pin.get("function") for _, pin in pins):
        return []
    renamed = _state_names(state, {name for name, _ in pins}) if state else {}
    lines = [f'cell ("{cell.name}") {{', f"area : {cell.get('area')};"]
    lines += _numbers(cell, ("cell_leakage_power",))
    if gate:
        lines.append(f'{_CLOCK_GATE} : "{_plain(gate)}";')
    elif state:
        lines += _state(state, renamed)
    if tables:
        for group in cell.groups("pg_pin", "leakage_power"):
            lines += _whole(group)
    for name, pin in pins:
        lines += _pin(name, pin, renamed, tables)
    return [*lines, "}"]


def _state_names(state: Group, pins: set[str]) -> dict[str, str]:
    """Return the names of value and complement as they are written.

    A state may have the name of a pin, and the complement none: yosys makes wires of all of them.
    """
    given = (*state.names, "")[:2]
    names = {}
    for name, fallback in zip(given, ("IQ", "IQN"), strict=True):
        written = name or fallback
        while written in pins or written in names.values():
            written += "_"
        names[name or written] = written
    return names


def _state(state: Group, renamed: dict[str, str]) -> Iterator[str]:
    value, complement = renamed.values()
    yield f'{state.kind} ("{value}", "{complement}") {{'
    for name in _STATE_FUNCTIONS[state.kind]:
        expression = expression_of(state, name)
        if expression is not None:
            yield f'{name} : "{_renamed(expression, renamed)}";'
    yield "}"


def _renamed(expression: Expression, names: dict[str, str]) -> Expression:
    terms = tuple(_renamed(term, names) for term in expression.terms)
    return Expression(expression.operator, terms, names.get(expression.name, expression.name))


def _pin(name: str, pin: Group, renamed: dict[str, str], tables: bool) -> Iterator[str]:
    yield f'pin ("{name}") {{'
    yield f'direction : "{pin.get("direction")}";'
    yield from _numbers(pin, _PIN_NUMBERS)
    for attribute in ("function", "three_state"):
        expression = expression_of(pin, attribute)
        if expression is not None:
            # yosys finds the outputs of flip-flops by the names of their states alone.
            stored = stored_output(expression, tuple(renamed))
            written = [*renamed.values()][stored - 1] if stored else _renamed(expression, renamed)
            yield f'{attribute} : "{written}";'
    yield from (f"{role} : true;" for role in ("clock", *_GATE_PINS) if is_true(pin, role))
    if tables:
        for group in pin.groups("timing", "internal_power"):
            yield from _whole(group)
    yield "}"


def _whole(group: Group) -> Iterator[str]:
    """Yield the lines of a group of timing, power or conditions."""
    yield f"{group.kind} ({', '.join(_quoted(name) for name in group.names)}) {{"
    for name in filter(_ATTRIBUTES.__contains__, group.attributes()):
        value = group.get(name) or ""
        if name in _LISTS:
            elements = (_quoted(" ".join(one.split())) for one in group.elements(name))
            yield f"{name} ({', '.join(elements)});"
        else:
            yield f"{name} : {_quoted(value)};"
    # A table has no groups of its own.
    for inner in group.groups(*(_GROUPS if group.kind not in _GROUPS else ())):
        yield from _whole(inner)
    yield "}"


def _quoted(text: str) -> str:
    plain = _plain(text)
    return plain if _PLAIN.fullmatch(plain) else f'"{plain}"'
