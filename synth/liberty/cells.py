# SPDX-License-Identifier: Apache-2.0
"""One cell of a Liberty file: checked, and as mapping needs it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from surmax.common.errors import InputError, shown
from surmax.synth.liberty.boolean import Expression, parse_function, truth_table
from surmax.synth.liberty.syntax import Group

# Names that netlists, yosys and ABC all take as they are.
_CELL_NAME = re.compile(r"[A-Za-z_][\w.$/<>\[\]+-]*", re.ASCII)
_PIN_NAME = re.compile(r"[A-Za-z_]\w*(?:\[\d+\])?", re.ASCII)
_LONGEST_NAME = 200
_DIRECTIONS = ("input", "output", "inout", "internal")
_STATE = ("ff", "latch", "ff_bank", "latch_bank", "statetable")
_STATE_FUNCTIONS = ("clocked_on", "next_state", "enable", "data_in", "clear", "preset")
_GATE_PINS = ("clock_gate_clock_pin", "clock_gate_enable_pin", "clock_gate_out_pin")
# Beyond these bounds an area is a slip, and ratios of areas lose their meaning.
_AREAS = (1e-9, 1e12)
# Next states over the old state while a pin of value 0 or 1 is stored.
_WHEN_STORED = ((False, False), (True, True))


@dataclass(frozen=True)
class Cell:
    """One library cell.

    Attributes:
        name: name in the library.
        area: in the library's unit (um2 for a real library), more than 0.
        inputs: names of the input pins.
        functions: output pin -> Liberty expression.
        clock_gate: clock, enable and output pin of an integrated clock gate; None for other cells.
        sequential: True for flip-flops, latches and cells with a state table.
        flip_flop: True for a flip-flop that stores one pin, or that pin while another is active,
            and has no further inputs but set and reset: mapping needs one.
    """

    name: str
    area: float
    inputs: tuple[str, ...]
    functions: dict[str, str]
    clock_gate: tuple[str, str, str] | None
    sequential: bool
    flip_flop: bool


class LeftOut(NamedTuple):
    """Reason for which a cell cannot be used, though the file is not wrong."""

    reason: str


def pin_groups(cell: Group) -> Iterator[Group]:
    """Yield the pin groups of a cell, and of each of its buses the bus and its pins."""
    yield from cell.groups("pin")
    for bus in cell.groups("bus", "bundle"):
        yield bus
        yield from bus.groups("pin")


def is_true(group: Group, name: str) -> bool:
    """Return whether the group has the attribute `name` with the value true."""
    return (group.get(name) or "").lower() == "true"


def read_cell(group: Group) -> Cell | LeftOut:
    """Return the cell that a group describes, or why it must be left out.

    Left out is what lacks something that mapping needs. What is there must be right.

    Raises InputError for a wrong area, pin or function.
    """
    pins = _directions(group)
    functions = _functions(group, pins)
    area = _area(group)
    if area == 0:
        return LeftOut("no area" if group.get("area") is None else "area 0")
    if not all(pins.values()):
        return LeftOut("a pin without direction")
    for flip_flop in group.groups("ff", "ff_bank"):
        if not (flip_flop.get("clocked_on") and flip_flop.get("next_state")):
            return LeftOut("a flip-flop without clock or next state")
    if not _CELL_NAME.fullmatch(group.name) or not all(map(_PIN_NAME.fullmatch, pins)):
        return LeftOut("a name that tools do not take")
    if max(map(len, (group.name, *pins))) > _LONGEST_NAME:
        return LeftOut("a name that tools do not take")
    gate = {
        role: pin.name for pin in pin_groups(group) for role in _GATE_PINS if is_true(pin, role)
    }
    inputs = [name for name, direction in pins.items() if direction == "input"]
    return Cell(
        name=group.name,
        area=area,
        inputs=tuple(inputs),
        functions=functions,
        clock_gate=tuple(gate[role] for role in _GATE_PINS) if len(gate) == 3 else None,
        sequential=any(True for _ in group.groups(*_STATE)),
        flip_flop=_is_flip_flop(group, inputs, functions),
    )


def state_group(cell: Group) -> Group | None:
    """Return the group of a cell with one bit of state, None where it has none or more."""
    states = tuple(cell.groups(*_STATE))
    return states[0] if len(states) == 1 and states[0].kind in ("ff", "latch") else None


def _area(group: Group) -> float:
    area = group.number("area")
    if area is None or area == 0:
        return 0.0
    if area < 0:
        raise group.error(f"area must be 0 or more, not {shown(group.get('area'))[1:-1]}")
    low, high = _AREAS
    if not low <= area <= high:
        raise group.error(f"area must be {low:g} to {high:g}, not {shown(group.get('area'))}")
    return area


def _directions(group: Group) -> dict[str, str]:
    """Return the direction of each pin, of the bits of buses those that have groups."""
    pins: dict[str, str] = {}
    for bus in (None, *group.groups("bus", "bundle")):
        owner = bus or group
        for pin in owner.groups("pin"):
            direction = pin.get("direction") or (bus.get("direction") if bus else None) or ""
            if direction and direction not in _DIRECTIONS:
                raise pin.error(
                    f"direction must be one of {', '.join(_DIRECTIONS)}, not {shown(direction)}"
                )
            for name in pin.names:
                if name in pins:
                    raise pin.error(f"cell {shown(group.name)[1:-1]} must have the pin once")
                pins[name] = direction
    return pins


def _functions(group: Group, pins: dict[str, str]) -> dict[str, str]:
    """Return the functions of outputs, all of whose names are pins or states of the cell."""
    known = set(pins)
    for inner in group.groups(*_STATE, "bus", "bundle"):
        known.update(inner.names, inner.words("members"))
    for state in group.groups(*_STATE):
        if len(set(state.names)) < len(state.names) and state.kind != "statetable":
            raise state.error("the names of a state and of its complement must differ")
        for name in _STATE_FUNCTIONS:
            _check_function(state, name, known)
    functions: dict[str, str] = {}
    for pin in pin_groups(group):
        function = _check_function(pin, "function", known)
        _check_function(pin, "three_state", known)
        if function and pin.get("direction") != "input":
            functions |= dict.fromkeys(pin.names, function)
    return functions


def _check_function(group: Group, attribute: str, known: set[str]) -> str | None:
    text = group.get(attribute)
    if not text:
        return None
    try:
        names = parse_function(text).names
    except InputError as error:
        raise group.error(f"{attribute}: {error}") from None
    # Bits of a bus are declared by its type: the name of the bus stands for all of them.
    unknown = [name for name in sorted(names - known) if name.partition("[")[0] not in known]
    if unknown:
        raise group.error(f"{attribute} must name pins of its cell, not {shown(unknown[0])}")
    return text


def _is_flip_flop(group: Group, inputs: list[str], functions: dict[str, str]) -> bool:
    state = state_group(group)
    if state is None or state.kind != "ff" or not state.name:
        return False
    clock, data, clear, preset = (
        expression_of(state, name) for name in ("clocked_on", "next_state", "clear", "preset")
    )
    if clock is None or data is None or not (_is_literal(clock) and _stores_pin(data, state.name)):
        return False
    controls = [one for one in (clear, preset) if one is not None]
    if not all(map(_is_literal, controls)):
        return False
    used = clock.names.union(data.names, *(one.names for one in controls))
    return used >= set(inputs) and any(
        stored_output(parse_function(text), state.names) for text in functions.values()
    )


def stored_output(function: Expression, states: tuple[str, ...]) -> int:
    """Return 1 for a function that is the stored bit, 2 for its complement, 0 for all others.

    `states` are the names of the stored bit and of its complement.
    """
    term = function.terms[0] if function.operator == "!" else function
    if term.operator or term.name not in states[:2]:
        return 0
    return 1 + (states.index(term.name) ^ (function.operator == "!"))


def expression_of(group: Group, attribute: str) -> Expression | None:
    """Return the expression of an attribute, None where it is absent or empty."""
    text = group.get(attribute)
    return parse_function(text) if text else None


def _is_literal(expression: Expression) -> bool:
    """Return whether the expression is a pin or its complement."""
    term = expression.terms[0] if expression.operator == "!" else expression
    return not term.operator and term.name not in ("0", "1")


def _stores_pin(data: Expression, stored: str) -> bool:
    """Return whether the next state is a pin, or a pin or the old state as a second pin says."""
    if _is_literal(data):
        return stored not in data.names
    pins = sorted(data.names - {stored})
    if stored not in data.names or len(pins) != 2:
        return False
    table = truth_table(str(data), (*pins, stored))
    held = (False, True)
    # The first pin says whether the second is stored, or the second says it of the first.
    by_first = [(table[0:2], table[2:4]), (table[4:6], table[6:8])]
    by_second = [(table[0:2], table[4:6]), (table[2:4], table[6:8])]
    return any(
        idle == (held, held) and stores == _WHEN_STORED
        for pairs in (by_first, by_second)
        for idle, stores in (pairs, pairs[::-1])
    )
