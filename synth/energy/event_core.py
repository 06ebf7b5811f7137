# SPDX-License-Identifier: Apache-2.0
"""Compiled inner loop of the event-driven simulation: arrays in, counts out.

The simulation has two values, inertial delays and an ideal clock. With inertial delays a net has
one pending change at most. The event queue is therefore a timing wheel whose slots are heads of
doubly linked lists of nets, and the links are columns of the nets' own rows. A pulse that is
shorter than the delay of the arc that would pass it on cancels the pending change.
"""

import numba
import numpy as np
from surmax.synth.energy.event_arrays import (
    ARC,
    CLOCK,
    FALLS,
    FIRST_ARC,
    FORCED,
    HIGH,
    INVERTED,
    NET,
    NEXT,
    NO_CHANGE,
    NUMBER,
    OUTPUT,
    RISES,
    SLOTS,
    STATE_NUMBER,
    STATE_WIDTH,
    TABLE,
    WIDTH,
    Circuit,
    Counts,
    Drive,
    Ints,
)

# Columns of the rows of nets. A row has eight words, one cache line.
_VALUE, _PENDING, _DUE, _ARC, _AFTER, _BEFORE, _SINCE = range(7)


# These helpers take arrays rather than a named tuple: in compiled code, reading an array out of a
# named tuple costs more than the work of the helper.
@numba.njit(cache=True)
def _schedule(nets: Ints, wheel: Ints, under_way: Ints, net: int, due: int, arc: int) -> None:
    """Schedule the change of a net to its other value at time `due`."""
    slot = due & (wheel.size - 1)
    head = wheel[slot]
    row = nets[net]
    row[_PENDING], row[_DUE], row[_ARC] = 1, due, arc
    row[_AFTER], row[_BEFORE] = head, -1
    if head >= 0:
        nets[head, _BEFORE] = net
    wheel[slot] = net
    under_way[0] += 1


@numba.njit(cache=True)
def _take_out(nets: Ints, wheel: Ints, under_way: Ints, net: int) -> None:
    """Remove the pending change of a net from the wheel."""
    row = nets[net]
    after, before = row[_AFTER], row[_BEFORE]
    if before >= 0:
        nets[before, _AFTER] = after
    else:
        wheel[row[_DUE] & (wheel.size - 1)] = after
    if after >= 0:
        nets[after, _BEFORE] = before
    row[_PENDING] = 0
    under_way[0] -= 1


@numba.njit(cache=True)
def _aim(
    nets: Ints, wheel: Ints, under_way: Ints, net: int, value: int, due: int, arc: int
) -> None:
    """Let `net` have `value` from time `due` on: schedule, keep or cancel its pending change."""
    if nets[net, _PENDING]:
        if value == nets[net, _VALUE]:
            _take_out(nets, wheel, under_way, net)
    elif value != nets[net, _VALUE]:
        _schedule(nets, wheel, under_way, net, due, arc)


@numba.njit(cache=True)
def _store(
    circuit: Circuit,
    nets: Ints,
    wheel: Ints,
    under_way: Ints,
    state: int,
    value: int,
    trigger: int,
    time: int,
) -> None:
    """Store `value` in a state and schedule the changes of its outputs."""
    row = circuit.states[state]
    top = row[STATE_WIDTH]
    if (row[STATE_NUMBER] >> top) & 1 == value:
        return
    row[STATE_NUMBER] ^= 1 << top
    for k in range(circuit.output_start[state], circuit.output_start[state + 1]):
        output = circuit.outputs[k]
        out = value ^ output[INVERTED]
        arc = output[FIRST_ARC] + 2 * trigger + out
        _aim(nets, wheel, under_way, output[NET], out, time + circuit.delays[arc], arc)


@numba.njit(cache=True)
def _force(
    circuit: Circuit,
    nets: Ints,
    wheel: Ints,
    under_way: Ints,
    state: int,
    trigger: int,
    time: int,
) -> None:
    """Store what the inputs of a state force, if they force a value."""
    row = circuit.states[state]
    if row[FORCED] >= 0:
        forced = circuit.tables[row[FORCED] + row[STATE_NUMBER]]
        if forced != NO_CHANGE:
            _store(circuit, nets, wheel, under_way, state, forced, trigger, time)


@numba.njit(cache=True)
def _advance(
    circuit: Circuit,
    nets: Ints,
    wheel: Ints,
    under_way: Ints,
    counts: Counts,
    counting: bool,
    time: int,
    until: int,
) -> None:
    """Make all changes that are due from `time` to before `until`, and count them."""
    tables, slots, delays = circuit.tables, circuit.slots, circuit.delays
    gates, states = circuit.gates, circuit.states
    sink_start, sinks = circuit.sink_start, circuit.sinks
    arc_counts, net_counts = counts.arcs, counts.nets
    last = wheel.size - 1
    gate_count = len(gates)
    while time < until and under_way[0] > 0:
        net = wheel[time & last]
        if net < 0:
            time += 1
            continue
        _take_out(nets, wheel, under_way, net)
        row = nets[net]
        value = 1 - row[_VALUE]
        row[_VALUE] = value
        if counting:
            if row[_ARC] >= 0:
                arc_counts[row[_ARC]] += 1
            if value:
                net_counts[net, RISES] += 1
            else:
                net_counts[net, FALLS] += 1
                net_counts[net, HIGH] += time - row[_SINCE]
        row[_SINCE] = time
        for k in range(sink_start[net], sink_start[net + 1]):
            target, bit = sinks[k, 0], sinks[k, 1]
            if target >= gate_count:
                states[target - gate_count, STATE_NUMBER] ^= 1 << bit
                if states[target - gate_count, FORCED] >= 0:
                    _force(circuit, nets, wheel, under_way, target - gate_count, bit + 1, time)
                continue
            gate = gates[target]
            number = gate[NUMBER] ^ (1 << bit)
            gate[NUMBER] = number
            arc = gate[ARC] + slots[gate[SLOTS] + ((bit << gate[WIDTH]) | number)]
            value = tables[gate[TABLE] + number]
            _aim(nets, wheel, under_way, gate[OUTPUT], value, time + delays[arc], arc)


@numba.njit(cache=True)
def _start_clocks(circuit: Circuit, nets: Ints, active: Ints) -> None:
    """Determine at a rising edge which clocks run in this cycle."""
    for k in range(len(circuit.clock_gates)):
        parent, enable = circuit.clock_gates[k, 0], circuit.clock_gates[k, 1]
        active[k + 1] = active[parent] & nets[enable, _VALUE]


@numba.njit(cache=True)
def _take_data(
    circuit: Circuit, nets: Ints, wheel: Ints, under_way: Ints, active: Ints, time: int
) -> None:
    """Store the next value in each flip-flop whose clock runs."""
    for state in range(len(circuit.states)):
        row = circuit.states[state]
        if row[CLOCK] >= 0 and active[row[CLOCK]]:
            value = circuit.tables[row[NEXT] + row[STATE_NUMBER]]
            _store(circuit, nets, wheel, under_way, state, value, 0, time)


@numba.njit(cache=True)
def _open_latches(
    circuit: Circuit, nets: Ints, wheel: Ints, under_way: Ints, active: Ints, time: int
) -> None:
    """Toggle the clock inputs of latches on running clocks."""
    for k in range(len(circuit.levels)):
        clock, state, bit = circuit.levels[k, 0], circuit.levels[k, 1], circuit.levels[k, 2]
        if active[clock]:
            circuit.states[state, STATE_NUMBER] ^= 1 << bit
            _force(circuit, nets, wheel, under_way, state, bit + 1, time)


@numba.njit(cache=True)
def _power_up(circuit: Circuit, nets: Ints, wheel: Ints, under_way: Ints, ones: Ints) -> None:
    """Start with all nets and stored bits at 0, and schedule each net that cannot be 0 then."""
    for gate in circuit.gates:
        if circuit.tables[gate[TABLE]]:
            _aim(nets, wheel, under_way, gate[OUTPUT], 1, 1, -1)
    for state in range(len(circuit.states)):
        for k in range(circuit.output_start[state], circuit.output_start[state + 1]):
            if circuit.outputs[k, INVERTED]:
                _aim(nets, wheel, under_way, circuit.outputs[k, NET], 1, 1, -1)
        _force(circuit, nets, wheel, under_way, state, 0, 0)
    for net in ones:
        _aim(nets, wheel, under_way, net, 1, 1, -1)


@numba.njit(cache=True)
def simulate(circuit: Circuit, drive: Drive) -> Counts:
    """Run `drive.cycles` cycles and count changes.

    A cycle begins with the rising edge of the clock. Input ports take the values of the step one
    tick later. The input numbers in `circuit` must be 0 at the start and are overwritten: pass a
    copy.
    """
    size = 2
    while size <= circuit.delays.max() + 1:
        size *= 2
    nets = np.zeros((circuit.sink_start.size - 1, 8), np.int64)
    wheel = np.full(size, -1, np.int64)
    under_way = np.zeros(1, np.int64)
    counts = Counts(
        np.zeros(circuit.delays.size, np.int64),
        np.zeros((len(nets), 3), np.int64),
        np.zeros(len(circuit.clock_gates) + 1, np.int64),
        np.zeros(drive.cycles, np.int64),
        np.zeros((drive.cycles, drive.watched.size), np.uint8),
    )
    active = np.zeros(len(circuit.clock_gates) + 1, np.int64)
    active[0] = 1
    _power_up(circuit, nets, wheel, under_way, drive.ones)
    step = 0
    for cycle in range(drive.cycles):
        start = cycle * drive.period
        counting = drive.begin <= cycle < drive.end
        if cycle == drive.begin:
            nets[:, _SINCE] = start
        if cycle == drive.end:
            _add_high(nets, counts.nets, start)
        waiting = drive.waits[step] and not nets[drive.ready, _VALUE]
        if cycle and not waiting and step + 1 < len(drive.values):
            step += 1
        counts.steps[cycle] = step
        middle, end = start + drive.high, start + drive.period
        _start_clocks(circuit, nets, active)
        _take_data(circuit, nets, wheel, under_way, active, start)
        _open_latches(circuit, nets, wheel, under_way, active, start)
        if counting:
            counts.clocks[:] += active
        for k in range(drive.nets.size):
            _aim(nets, wheel, under_way, drive.nets[k], drive.values[step, k], start + 1, -1)
        _advance(circuit, nets, wheel, under_way, counts, counting, start + 1, middle)
        _open_latches(circuit, nets, wheel, under_way, active, middle)
        _advance(circuit, nets, wheel, under_way, counts, counting, middle, end)
        for k in range(drive.watched.size):
            counts.watched[cycle, k] = nets[drive.watched[k], _VALUE]
    if drive.end >= drive.cycles:
        _add_high(nets, counts.nets, drive.cycles * drive.period)
    return counts


@numba.njit(cache=True)
def _add_high(nets: Ints, counts: Ints, time: int) -> None:
    """Add the time since the last change to each net that is 1 when counting ends."""
    for net in range(len(nets)):
        if nets[net, _VALUE]:
            counts[net, HIGH] += time - nets[net, _SINCE]
