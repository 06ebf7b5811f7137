# SPDX-License-Identifier: Apache-2.0
"""Library cells as the event-driven simulation sees them: truth tables, and arcs by what happens.

Numbers of inputs and of states are as in surmax.synth.energy.event_core.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from surmax.golden import InputError
from surmax.synth.energy.event_core import NO_CHANGE
from surmax.synth.liberty.boolean import truth_table
from surmax.synth.liberty.timing_library import Arc, Power, TimingCell

Table = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Edge:
    """One way in which an output changes.

    `source` is the pin (a number of the cell) that causes it, `source_rises` and `rises` the
    directions, `arc` its delay (None: the library has none), `powers` its internal energy groups,
    of which the mean counts.
    """

    source: int
    source_rises: bool
    rises: bool
    arc: Arc | None
    powers: tuple[Power, ...]


@dataclass(frozen=True)
class Output:
    """An output pin: for a gate `table` by input number and `slots` by input and number.

    For a state, `inverted` says whether it gives the complement; its edges are in the order 2 *
    trigger + new value. A clock gate has none: its clock says all.
    """

    pin: int
    edges: tuple[Edge, ...]
    table: Table | None = None
    slots: npt.NDArray[np.int32] | None = None
    inverted: bool = False


@dataclass(frozen=True)
class CellBehaviour:
    """A cell: `kind` is gate, state or clock_gate.

    `inputs` are pin numbers, bit 0 of an input number first. `clock` is the clock pin of a
    flip-flop or a clock gate, `enable` the enable pin of a clock gate, -1 for none. `following`
    and `forced` are a state's tables (None: it has no clock, or nothing forces it).
    """

    cell: TimingCell
    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[Output, ...] = ()
    clock: int = -1
    enable: int = -1
    following: Table | None = None
    forced: Table | None = None


def cell_behaviour(cell: TimingCell) -> CellBehaviour:
    """Return the behaviour of one cell.

    Raises InputError when the cell is no gate, flip-flop, latch or clock gate for the rising edge.
    """
    reader = _Reader(cell)
    if cell.state is None:
        return reader.gate()
    if cell.state.kind == "clock_gate":
        return reader.clock_gate()
    return reader.state()


def table_of(function: str, names: Sequence[str]) -> Table:
    """Return the values of a Liberty function by number, bit k of which is `names[k]`."""
    return np.array(truth_table(function, tuple(reversed(names))), dtype=np.uint8)


def choose_powers(cell: TimingCell, pin: int, source: int | None) -> list[Power]:
    """Return the internal energy groups of edges of `pin` that `source` causes (None: any).

    Where power pins are named the first one's count: the groups of the others say again what
    those do.
    """
    groups = [one for one in cell.powers if one.pin == pin]
    if source is not None:
        own = [one for one in groups if one.source == source]
        groups = own or [one for one in groups if one.source < 0]
    groups = [one for one in groups if one.supply == groups[0].supply]
    return groups


def without_double(groups: Iterable[Power]) -> list[Power]:
    """Return the unconditional groups if there are any, else the conditional ones."""
    groups = list(groups)
    always = [one for one in groups if not one.when]
    return always[:1] or groups


class _Reader:
    def __init__(self, cell: TimingCell) -> None:
        self.cell = cell
        self.names = [pin.name for pin in cell.pins]

    @cached_property
    def inputs(self) -> tuple[int, ...]:
        return tuple(k for k, pin in enumerate(self.cell.pins) if pin.direction == "input")

    def gate(self) -> CellBehaviour:
        """A cell without a state: one function an output."""
        inputs = self.inputs
        names = [self.names[k] for k in inputs]
        outputs = []
        for pin, one in enumerate(self.cell.pins):
            if one.direction != "output":
                continue
            if not one.function:
                raise InputError(f"cell {self.cell.name}: output {one.name} has no function")
            outputs.append(self._output(pin, table_of(one.function, names), names))
        return CellBehaviour(self.cell, "gate", inputs, tuple(outputs))

    def _output(self, pin: int, table: Table, names: list[str]) -> Output:
        """Find the arc of each event: number after it, and which input changed."""
        width = len(names)
        edges: dict[Edge, int] = {}
        slots = np.zeros(max(width, 1) << width, dtype=np.int32)
        conditions: dict[str, Table] = {}

        def holds(when: str, number: int) -> bool:
            if when not in conditions:
                conditions[when] = self._condition(when, names)
            return bool(conditions[when][number])

        for position, source in enumerate(self.inputs):
            arcs = [one for one in self.cell.arcs if (one.output, one.source) == (pin, source)]
            powers = choose_powers(self.cell, pin, source)
            for number in range(1 << width):
                if table[number] == table[number ^ 1 << position]:
                    continue
                rising, rises = bool(number >> position & 1), bool(table[number])
                sense = "positive_unate" if rising == rises else "negative_unate"
                fits = [one for one in arcs if one.sense in (sense, "non_unate")]
                arc = next((one for one in fits if one.when and holds(one.when, number)), None)
                arc = arc or next((one for one in (*fits, *arcs) if not one.when), None)
                arc = arc or next(iter((*fits, *arcs)), None)
                now = [one for one in powers if one.when and holds(one.when, number)][:1]
                now = now or [one for one in powers if not one.when][:1]
                edge = Edge(source, rising, rises, arc, tuple(now))
                slots[position << width | number] = edges.setdefault(edge, len(edges))
        return Output(pin, tuple(edges), table, slots)

    def _condition(self, when: str, names: list[str]) -> Table:
        """A condition over the inputs, outputs in it replaced by what they compute."""
        outputs = {pin.name: pin.function for pin in self.cell.pins if pin.direction == "output"}
        functions = [name for name, text in outputs.items() if text and name not in names]
        over = [*names, *functions]
        found = table_of(when, over)
        width = len(names)
        numbers = np.arange(1 << width)
        for k, name in enumerate(functions):
            numbers = numbers | table_of(outputs[name], names).astype(np.int64) << (width + k)
        return found[numbers]

    def clock_gate(self) -> CellBehaviour:
        """An integrated clock gate: a latch that is open while the clock is 0, and an AND."""
        state = self.cell.state
        clock, enable = self.cell.pin(state.clock), self.cell.pin(state.data)
        outputs = [k for k, one in enumerate(self.cell.pins) if one.direction == "output"]
        if len(outputs) != 1:
            raise InputError(f"cell {self.cell.name}: a clock gate with one output is needed")
        output = Output(outputs[0], ())
        return CellBehaviour(self.cell, "clock_gate", (), (output,), clock, enable)

    def state(self) -> CellBehaviour:
        """A flip-flop or a latch."""
        state = self.cell.state
        clock = -1
        inputs = list(self.inputs)
        if state.kind == "ff":
            clock = self._clock(state.clock)
            inputs.remove(clock)
        names = [self.names[k] for k in inputs]
        width = len(names)
        numbers = np.arange(2 << width)
        held = (numbers >> width & 1).astype(np.uint8)
        over = [*names, state.names[0]]
        complement = state.names[1] if len(state.names) > 1 else ""

        def values(function: str) -> Table:
            if complement and complement in function:
                doubled = table_of(function, [*over, complement])
                return doubled[numbers | (1 - held.astype(np.int64)) << (width + 1)]
            return table_of(function, over)

        forced = np.full(2 << width, NO_CHANGE, dtype=np.uint8)
        following = None
        if state.kind == "ff":
            following = values(state.data)
        else:
            forced = np.where(values(state.clock) == 1, values(state.data), forced)
        # Where both are active the cell is cleared.
        for function, value in ((state.preset, 1), (state.clear, 0)):
            if function:
                forced = np.where(values(function) == 1, np.uint8(value), forced)
        if following is not None:
            following = np.where(forced == NO_CHANGE, following, forced)
        outputs = []
        for pin, one in enumerate(self.cell.pins):
            if one.direction != "output":
                continue
            by_state = table_of(one.function, [n for n in (state.names[0], complement) if n])
            inverted = bool(by_state[0b10 if complement else 0])
            triggers = [clock, *inputs]
            edges = [
                self._state_edge(pin, source, rises)
                for source in triggers
                for rises in (False, True)
            ]
            outputs.append(Output(pin, tuple(edges), inverted=inverted))
        return CellBehaviour(
            self.cell,
            "state",
            tuple(inputs),
            tuple(outputs),
            clock,
            following=following,
            forced=forced if (forced != NO_CHANGE).any() else None,
        )

    def _clock(self, text: str) -> int:
        """The pin that a clock expression is."""
        for pin in self.inputs:
            if text.strip(" ()") == self.names[pin]:
                return pin
        raise InputError(f"cell {self.cell.name}: clocked on {text!r}: an input pin is needed")

    def _state_edge(self, pin: int, source: int, rises: bool) -> Edge:
        arcs = [one for one in self.cell.arcs if (one.output, one.source) == (pin, source)]
        arcs = arcs or [one for one in self.cell.arcs if one.output == pin]
        with_edge = [one for one in arcs if (one.cell_rise if rises else one.cell_fall) >= 0]
        arc = next(iter(with_edge), None)
        source_rises = True
        if arc is not None:
            source = arc.source
            source_rises = arc.sense != "negative_unate" or not rises
        powers = without_double(choose_powers(self.cell, pin, source))
        return Edge(source, source_rises, rises, arc, tuple(powers))
