# SPDX-License-Identifier: Apache-2.0
"""Timing graph of a netlist: signal edges as nodes, delays through cells as graph edges.

Node 2n is the rising edge of net n, node 2n + 1 the falling edge. A graph edge leads from the
signal edge at an input pin of a cell to the signal edge that it causes at an output pin.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from surmax.golden import InputError
from surmax.synth.liberty.timing_library import Arc, TimingCell, TimingLibrary
from surmax.synth.timing.netlist import ONE, CellNetlist

RISE, FALL = 0, 1
# (edge at the input, edge at the output) for each sense of an arc.
_EDGES = {
    "positive_unate": ((RISE, RISE), (FALL, FALL)),
    "negative_unate": ((RISE, FALL), (FALL, RISE)),
    "non_unate": ((RISE, RISE), (RISE, FALL), (FALL, RISE), (FALL, FALL)),
}
# Edges at the output for each Liberty timing_type of an arc through logic.
_LOGIC = {
    "combinational": (RISE, FALL),
    "combinational_rise": (RISE,),
    "combinational_fall": (FALL,),
}
# Clock edge for each timing_type of an arc from a clock pin.
_LAUNCH = {"rising_edge": RISE, "falling_edge": FALL}


class _LibraryEdge(NamedTuple):
    """Graph edge of a library cell, between pins of that cell.

    `source` and `output` are numbers of pins, `in_edge` and `out_edge` are RISE or FALL, `delay`
    and `slew` are numbers of tables.
    """

    source: int
    output: int
    in_edge: int
    out_edge: int
    delay: int
    slew: int


@dataclass(frozen=True, eq=False)
class Edges:
    """E graph edges; each array has shape (E,).

    Attributes:
        source: node that causes the change.
        target: node that changes.
        cell: cell of the netlist that the edge goes through.
        source_pin, target_pin: pins of the netlist.
        delay_table, slew_table: tables of the library.
    """

    source: np.ndarray
    target: np.ndarray
    cell: np.ndarray
    source_pin: np.ndarray
    target_pin: np.ndarray
    delay_table: np.ndarray
    slew_table: np.ndarray

    def take(self, which: np.ndarray) -> "Edges":
        """Return the edges of the given numbers, in that order."""
        return Edges(**{name: array[which] for name, array in vars(self).items()})

    def __add__(self, other: "Edges") -> "Edges":
        """Return the edges of both, those of `self` first."""
        return _join([self, other])


@dataclass(frozen=True, eq=False)
class TimingGraph:
    """Edges through logic sorted by level, edges from clock pins, and the clock nets.

    The level of a node is 0 where no edge leads to it, else one more than the highest level among
    its sources.

    Attributes:
        logic: edges through gates. Edges first[k] to first[k + 1] - 1 lead to the nodes of level
            k + 1.
        first: shape (levels + 1,).
        launches: edges from the clock pin of a flip-flop or latch to its outputs.
        clock_nets: numbers of the clock nets, sorted.
    """

    logic: Edges
    first: np.ndarray
    launches: Edges
    clock_nets: np.ndarray


def build_graph(netlist: CellNetlist, library: TimingLibrary) -> TimingGraph:
    """Return the graph of a netlist; paths end at flip-flops, latches and clock gates.

    Raises InputError on a combinational loop, on a flip-flop that changes with the falling edge,
    and on a clock that comes through anything but clock gates and buffers.
    """
    kinds, places = np.unique(netlist.cell_kinds, return_inverse=True)
    logic, launch = [], []
    clocks = find_clock_nets(netlist, library)
    for place, kind in enumerate(kinds):
        cells = np.flatnonzero(places == place)
        for into, edges in zip((logic, launch), _library_edges(library.cells[kind]), strict=True):
            into += [_spread(edge, netlist, cells) for edge in edges]
    is_clock = np.zeros(len(netlist.net_names), dtype=bool)
    is_clock[clocks] = True
    edges = _join(logic)
    nets = edges.source // 2
    edges = edges.take(np.flatnonzero((nets > ONE) & ~is_clock[nets]))
    levels = _levels(edges, netlist)
    order = np.argsort(levels[edges.target], kind="stable")
    edges = edges.take(order)
    depth = int(levels.max(initial=0))
    first = np.searchsorted(levels[edges.target], np.arange(1, depth + 2))
    return TimingGraph(edges, first, _join(launch), clocks)


def find_clock_nets(netlist: CellNetlist, library: TimingLibrary) -> np.ndarray:
    """Return the nets of all clock pins, and the nets that these come from up to input ports.

    Raises InputError when a clock comes from a cell that is neither clock gate nor buffer.
    """
    pins = [
        netlist.first_pin[cell] + pin
        for cell, kind in enumerate(netlist.cell_kinds)
        for pin in _clock_pins(library.cells[kind])
    ]
    clock_nets: set[int] = set()
    to_visit = {int(netlist.pin_net[pin]) for pin in pins} - {-1}
    while to_visit:
        net = to_visit.pop()
        clock_nets.add(net)
        driver = int(netlist.drivers[net])
        if driver < 0:
            continue
        cell = int(netlist.pin_cell[driver])
        above = netlist.first_pin[cell] + _clock_input(netlist, library, cell)
        to_visit |= {int(netlist.pin_net[above])} - clock_nets
    return np.array(sorted(clock_nets), dtype=int)


def _clock_pins(cell: TimingCell) -> set[int]:
    if cell.state is None:
        return set()
    checked = {check.clock for check in cell.checks}
    return checked | {arc.source for arc in cell.arcs if arc.kind in _LAUNCH}


def _clock_input(netlist: CellNetlist, library: TimingLibrary, cell: int) -> int:
    """Return the pin by which the clock enters a clock gate or a buffer."""
    kind = library.cells[netlist.cell_kinds[cell]]
    if kind.state and kind.state.kind == "clock_gate":
        return kind.pin(kind.state.clock)
    inputs = [k for k, pin in enumerate(kind.pins) if pin.direction == "input"]
    unate = all(arc.sense == "positive_unate" for arc in kind.arcs)
    if kind.state or len(inputs) != 1 or not kind.arcs or not unate:
        name = netlist.net_names[netlist.pin_net[netlist.first_pin[cell + 1] - 1]]
        raise InputError(f"clock {name} must come from a clock gate or a buffer, not a {kind.name}")
    return inputs[0]


def _library_edges(cell: TimingCell) -> tuple[list[_LibraryEdge], list[_LibraryEdge]]:
    """Return the edges of a cell through logic, and those from its clock pin."""
    logic, launch = [], []
    for arc in cell.arcs:
        if arc.kind in _LAUNCH:
            if cell.state and cell.state.kind == "ff" and arc.kind == "falling_edge":
                raise InputError(f"cell {cell.name} must change with the rising edge of its clock")
            edges = [(_LAUNCH[arc.kind], out) for out in (RISE, FALL)]
            launch += _edges_of(arc, edges)
        elif arc.kind in _LOGIC and cell.state is None:
            outputs = _LOGIC[arc.kind]
            logic += _edges_of(arc, [edge for edge in _EDGES[arc.sense] if edge[1] in outputs])
    return logic, launch


def _edges_of(arc: Arc, edges: list[tuple[int, int]]) -> list[_LibraryEdge]:
    delays, slews = (arc.cell_rise, arc.cell_fall), (arc.rise_transition, arc.fall_transition)
    all_edges = [_LibraryEdge(arc.source, arc.output, i, o, delays[o], slews[o]) for i, o in edges]
    return [edge for edge in all_edges if edge.delay >= 0 and edge.slew >= 0]


def _spread(edge: _LibraryEdge, netlist: CellNetlist, cells: np.ndarray) -> Edges:
    """Return one library edge in each of `cells` that has both its pins connected."""
    source, target = (netlist.first_pin[cells] + pin for pin in (edge.source, edge.output))
    connected = (netlist.pin_net[source] >= 0) & (netlist.pin_net[target] >= 0)
    source, target, cells = source[connected], target[connected], cells[connected]
    return Edges(
        source=2 * netlist.pin_net[source] + edge.in_edge,
        target=2 * netlist.pin_net[target] + edge.out_edge,
        cell=cells,
        source_pin=source,
        target_pin=target,
        delay_table=np.full(len(cells), edge.delay),
        slew_table=np.full(len(cells), edge.slew),
    )


def _join(parts: list[Edges]) -> Edges:
    empty = np.empty(0, dtype=int)
    names = Edges.__dataclass_fields__
    return Edges(**{k: np.concatenate([empty, *(getattr(p, k) for p in parts)]) for k in names})


def _levels(edges: Edges, netlist: CellNetlist) -> np.ndarray:
    """Return the level of each node (see TimingGraph). Raises InputError on a loop."""
    count = 2 * len(netlist.net_names)
    waiting = np.bincount(edges.target, minlength=count)
    order = np.argsort(edges.source, kind="stable")
    first = np.searchsorted(edges.source[order], np.arange(count + 1))
    levels = np.zeros(count, dtype=int)
    ready = np.flatnonzero(waiting == 0)
    while ready.size:
        spans = [order[first[node] : first[node + 1]] for node in ready]
        out = np.concatenate(spans)
        targets = edges.target[out]
        np.maximum.at(levels, targets, levels[edges.source[out]] + 1)
        np.subtract.at(waiting, targets, 1)
        touched = np.unique(targets)
        ready = touched[waiting[touched] == 0]
    if waiting.any():
        name = netlist.net_names[int(np.argmax(waiting > 0)) // 2]
        raise InputError(f"net {name} must not be part of a combinational loop")
    return levels
