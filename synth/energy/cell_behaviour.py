# SPDX-License-Identifier: Apache-2.0
"""Library cells for the event-driven simulation: truth tables, and the arc of each event.

Input numbers of gates and states are those of surmax.synth.energy.event_arrays.Circuit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from surmax.golden import InputError
from surmax.synth.energy.event_arrays import NO_CHANGE
from surmax.synth.liberty.boolean import truth_table
from surmax.synth.liberty.timing_library import Arc, Power, TimingCell

Table = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Edge:
    """A way in which an output pin changes.

    Attributes:
        source: number of the pin that causes the change.
        source_rises, rises: directions of that pin and of the output.
        arc: delay tables; None where the library has none.
        powers: internal energy groups; the energy of the change is their mean.
    """

    source: int
    source_rises: bool
    rises: bool
    arc: Arc | None
    powers: tuple[Power, ...]


@dataclass(frozen=True)
class Output:
    """An output pin of a cell.

    Attributes:
        pin: number of the pin.
        edges: ways in which it changes. For a state they are in the order 2 * trigger + new value.
            Empty for a clock gate, whose output the simulation derives from its clock.
        table: for a gate, the output value by input number.
        slots: for a gate, the index into `edges` by `k << width | number`, for input k changed.
        inverted: for a state, True where the output is the complement of the stored bit.
    """

    pin: int
    edges: tuple[Edge, ...]
    table: Table | None = None
    slots: npt.NDArray[np.int32] | None = None
    inverted: bool = False


@dataclass(frozen=True)
class CellBehaviour:
    """Behaviour of a library cell.

    Attributes:
        cell: the cell.
        kind: "gate", "state" (flip-flop or latch) or "clock_gate".
        inputs: numbers of the input pins, that of bit 0 of the input number first.
        outputs: output pins.
        clock: clock pin of a flip-flop or clock gate, else -1.
        enable: enable pin of a clock gate, else -1.
        following: next value of a flip-flop by input number; None for a latch.
        forced: value that the inputs of a state force, by input number; None where they never do.
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

    Raises InputError unless the cell is a gate, a latch, or a flip-flop or clock gate for the
    rising clock edge.
    """
    builder = _Builder(cell)
    if cell.state is None:
        return builder.gate()
    if cell.state.kind == "clock_gate":
        return builder.clock_gate()
    return builder.state()


def table_of(function: str, names: Sequence[str]) -> Table:
    """Return the values of a Liberty function by input number; bit k of it is pin `names[k]`."""
    return np.array(truth_table(function, tuple(reversed(names))), dtype=np.uint8)


def choose_powers(cell: TimingCell, pin: int, source: int | None) -> list[Power]:
    """Return the internal energy groups for edges of `pin` that `source` causes (None: any).

    Where groups name a supply pin, only those of the first supply are returned. Libraries repeat
    the same energy for each supply pin, and it must be counted once.
    """
    groups = [group for group in cell.powers if group.pin == pin]
    if source is not None:
        own = [group for group in groups if group.source == source]
        groups = own or [group for group in groups if group.source < 0]
    return [group for group in groups if group.supply == groups[0].supply]


def without_double(groups: Iterable[Power]) -> list[Power]:
    """Return the first group without a condition if there is one, else all groups.

    A group without a condition already covers all conditions: counting both would count twice.
    """
    groups = list(groups)
    always = [group for group in groups if not group.when]
    return always[:1] or groups


class _Builder:
    """Builds the behaviour of one cell, with a method for each kind of cell."""

    def __init__(self, cell: TimingCell) -> None:
        self.cell = cell
        self.names = [pin.name for pin in cell.pins]

    @cached_property
    def inputs(self) -> tuple[int, ...]:
        return tuple(k for k, pin in enumerate(self.cell.pins) if pin.direction == "input")

    def gate(self) -> CellBehaviour:
        """Return the behaviour of a cell without state: one function for each output."""
        inputs = self.inputs
        names = [self.names[k] for k in inputs]
        outputs = []
        for number, pin in enumerate(self.cell.pins):
            if pin.direction != "output":
                continue
            if not pin.function:
                raise InputError(f"cell {self.cell.name}: output {pin.name} must have a function")
            outputs.append(self._output(number, table_of(pin.function, names), names))
        return CellBehaviour(self.cell, "gate", inputs, tuple(outputs))

    def _output(self, pin: int, table: Table, names: list[str]) -> Output:
        """Return an output with its edge for each event: input number after it, changed input.

        The delay is that of the arc whose condition holds and whose sense fits, then of an arc
        without a condition, then of any arc. The energy is that of the group whose condition
        holds, else of the group without one.
        """
        width = len(names)
        edges: dict[Edge, int] = {}
        slots = np.zeros(max(width, 1) << width, dtype=np.int32)
        conditions: dict[str, Table] = {}

        def holds(when: str, number: int) -> bool:
            if when not in conditions:
                conditions[when] = self._condition(when, names)
            return bool(conditions[when][number])

        for position, source in enumerate(self.inputs):
            arcs = [arc for arc in self.cell.arcs if (arc.output, arc.source) == (pin, source)]
            powers = choose_powers(self.cell, pin, source)
            for number in range(1 << width):
                if table[number] == table[number ^ 1 << position]:
                    continue
                rising, rises = bool(number >> position & 1), bool(table[number])
                sense = "positive_unate" if rising == rises else "negative_unate"
                fits = [arc for arc in arcs if arc.sense in (sense, "non_unate")]
                chosen = next((arc for arc in fits if arc.when and holds(arc.when, number)), None)
                chosen = chosen or next((arc for arc in (*fits, *arcs) if not arc.when), None)
                chosen = chosen or next(iter((*fits, *arcs)), None)
                power = [group for group in powers if group.when and holds(group.when, number)][:1]
                power = power or [group for group in powers if not group.when][:1]
                edge = Edge(source, rising, rises, chosen, tuple(power))
                slots[position << width | number] = edges.setdefault(edge, len(edges))
        return Output(pin, tuple(edges), table, slots)

    def _condition(self, when: str, names: list[str]) -> Table:
        """Return a condition by input number; outputs in it stand for their functions."""
        outputs = {pin.name: pin.function for pin in self.cell.pins if pin.direction == "output"}
        functions = [name for name, text in outputs.items() if text and name not in names]
        holds = table_of(when, [*names, *functions])
        width = len(names)
        numbers = np.arange(1 << width)
        for k, name in enumerate(functions):
            numbers = numbers | table_of(outputs[name], names).astype(np.int64) << (width + k)
        return holds[numbers]

    def clock_gate(self) -> CellBehaviour:
        """Return the behaviour of a clock gate: a latch, open while the clock is 0, and an AND."""
        state = self.cell.state
        clock, enable = self.cell.pin(state.clock), self.cell.pin(state.data)
        outputs = [k for k, pin in enumerate(self.cell.pins) if pin.direction == "output"]
        if len(outputs) != 1:
            raise InputError(
                f"cell {self.cell.name}: a clock gate must have one output, not {len(outputs)}"
            )
        output = Output(outputs[0], ())
        return CellBehaviour(self.cell, "clock_gate", (), (output,), clock, enable)

    def state(self) -> CellBehaviour:
        """Return the behaviour of a flip-flop or a latch."""
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
        # Clear comes last, so that it wins where preset and clear are both active.
        for function, value in ((state.preset, 1), (state.clear, 0)):
            if function:
                forced = np.where(values(function) == 1, np.uint8(value), forced)
        if following is not None:
            following = np.where(forced == NO_CHANGE, following, forced)
        outputs = []
        for number, pin in enumerate(self.cell.pins):
            if pin.direction != "output":
                continue
            by_state = table_of(pin.function, [n for n in (state.names[0], complement) if n])
            # The output for a stored 0: state variable 0, complement 1.
            inverted = bool(by_state[0b10 if complement else 0])
            triggers = [clock, *inputs]
            edges = [
                self._state_edge(number, source, rises)
                for source in triggers
                for rises in (False, True)
            ]
            outputs.append(Output(number, tuple(edges), inverted=inverted))
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
        """Return the pin that a clock expression names."""
        for pin in self.inputs:
            if text.strip(" ()") == self.names[pin]:
                return pin
        raise InputError(f"cell {self.cell.name}: clocked_on must be an input pin, not {text!r}")

    def _state_edge(self, pin: int, source: int, rises: bool) -> Edge:
        """Return the change of output `pin` that `source` triggers.

        Where the library has no arc from `source`, any arc to `pin` stands for it.
        """
        arcs = [arc for arc in self.cell.arcs if (arc.output, arc.source) == (pin, source)]
        arcs = arcs or [arc for arc in self.cell.arcs if arc.output == pin]
        with_edge = [arc for arc in arcs if (arc.cell_rise if rises else arc.cell_fall) >= 0]
        arc = next(iter(with_edge), None)
        source_rises = True
        if arc is not None:
            source = arc.source
            source_rises = arc.sense != "negative_unate" or not rises
        powers = without_double(choose_powers(self.cell, pin, source))
        return Edge(source, source_rises, rises, arc, tuple(powers))
