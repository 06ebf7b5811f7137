# SPDX-License-Identifier: Apache-2.0
"""Arrays that go into the event-driven simulation and come out of it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

# Value of a state's FORCED table where the inputs force neither 0 nor 1.
NO_CHANGE = 2

# Columns of Circuit.gates, .states and .outputs. NUMBER and STATE_NUMBER are the present input
# number, which the simulation updates.
TABLE, SLOTS, WIDTH, OUTPUT, ARC, NUMBER = range(6)
NEXT, FORCED, STATE_WIDTH, CLOCK, STATE_NUMBER = range(5)
NET, INVERTED, FIRST_ARC = range(3)
# Columns of Counts.nets.
RISES, FALLS, HIGH = range(3)


class Circuit(NamedTuple):
    """A netlist as arrays. Nets, gates and states are numbered; a gate has one output function.

    Gates. The input number of a gate has its input k as bit k. tables[TABLE + number] is the
    output. When input k has changed, slots[SLOTS + (k << WIDTH | number)] is the arc that is
    active, counted from ARC.

    States (flip-flops and latches). The input number has the stored bit above the inputs.
    tables[NEXT + number] is the next value at a clock edge. tables[FORCED + number] is the value
    that the inputs force at any time, NO_CHANGE where they force none; FORCED is -1 for a state
    that no input forces. State s has rows output_start[s] to output_start[s + 1] - 1 of `outputs`.
    The arc of an output is FIRST_ARC + 2 * trigger + new value, where trigger 0 is the clock and
    trigger k + 1 is input k.

    Clocks. Clock 0 is the clock port, clock k + 1 is the output of row k of `clock_gates`: the
    clock that feeds the gate, and the net of its enable.

    Attributes:
        tables, slots: all tables, one after the other.
        delays: delay of each arc in ticks.
        gates: columns TABLE, SLOTS, WIDTH, OUTPUT (a net), ARC, NUMBER.
        states: columns NEXT, FORCED, STATE_WIDTH, CLOCK, STATE_NUMBER.
        output_start: first row of `outputs` for each state.
        outputs: columns NET, INVERTED, FIRST_ARC.
        sink_start: first row of `sinks` for each net.
        sinks: a gate, or the number of gates plus a state; and the input of it.
        clock_gates: clock, net of the enable.
        levels: inputs of latches that are connected to a clock: clock, state, input.
    """

    tables: Bytes
    slots: Ints
    delays: Ints
    gates: Ints  # (gates, 6)
    states: Ints  # (states, 5)
    output_start: Ints  # (states + 1,)
    outputs: Ints  # (outputs, 3)
    sink_start: Ints  # (nets + 1,)
    sinks: Ints  # (sinks, 2)
    clock_gates: Ints  # (clock gates, 2)
    levels: Ints  # (inputs, 3)


class Drive(NamedTuple):
    """Values of the input ports step by step, and the cycles that are counted.

    Attributes:
        values: value of each input port bit at each step.
        waits: 1 for a step that is repeated while net `ready` is 0.
        nets: net of each input port bit.
        ones: nets that are tied to 1.
        watched: nets whose values are recorded at the end of each cycle.
        ready: a net.
        cycles: clock cycles to run.
        begin, end: cycles from `begin` to `end` - 1 are counted.
        period, high: clock period and the time that the clock is 1, in ticks.
    """

    values: Bytes  # (steps, port bits)
    waits: Bytes  # (steps,)
    nets: Ints  # (port bits,)
    ones: Ints
    watched: Ints
    ready: int
    cycles: int
    begin: int
    end: int
    period: int
    high: int


class Counts(NamedTuple):
    """Counts over the counted cycles, and a record of all cycles.

    Attributes:
        arcs: changes caused by each arc.
        nets: of each net its RISES, its FALLS, and the ticks that it was 1 (HIGH).
        clocks: cycles in which each clock ran.
        steps: (cycles,), number of the step of each cycle, counted or not.
        watched: values of the watched nets just before the clock edge that ends each cycle.
    """

    arcs: Ints
    nets: Ints  # (nets, 3)
    clocks: Ints
    steps: Ints
    watched: Bytes  # (cycles, watched nets)
