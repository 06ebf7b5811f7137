# SPDX-License-Identifier: Apache-2.0
"""The edges of a netlist's nets and what each causes: the graph that delays are computed on.

Node 2n is the rising edge of net n, node 2n + 1 the falling one.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from surmax.golden import InputError
from surmax.synth.liberty.timing_library import Arc, TimingCell, TimingLibrary
from surmax.synth.timing.netlist import ONE, CellNetlist

RISE, FALL = 0, 1
# Edges (of the input, of the output) that an arc of each sense has.
_EDGES = {
    "positive_unate": ((RISE, RISE), (FALL, FALL)),
    "negative_unate": ((RISE, FALL), (FALL, RISE)),
    "non_unate": ((RISE, RISE), (RISE, FALL), (FALL, RISE), (FALL, FALL)),
}
# Output edges of each kind of delay through logic, and the clock edge of each kind of launch.
_LOGIC = {
    "combinational": (RISE, FALL),
    "combinational_rise": (RISE,),
    "combinational_fall": (FALL,),
}
_LAUNCH = {"rising_edge": RISE, "falling_edge": FALL}


class _LibraryEdge(NamedTuple):
    """An edge of one pin that causes an edge of another, with its tables."""

    source: int
    output: int
    in_edge: int
    out_edge: int
    delay: int
    slew: int


@dataclass(frozen=True, eq=False)
class Edges:
    """E causes: node `source` (E) makes node `target` (E) change, through cell `cell` (E).

    `source_pin` and `target_pin` are numbers of pins of the netlist; `delay_table` and `slew_table`
    are tables of the library.
    """

    source: np.ndarray
    target: np.ndarray
    cell: np.ndarray
    source_pin: np.ndarray
    target_pin: np.ndarray
    delay_table: np.ndarray
    slew_table: np.ndarray

    def take(self, which: np.ndarray) -> "Edges":
        """Some of them, or all in another order."""
        return Edges(**{name: array[which] for name, array in vars(self).items()})

    def __add__(self, other: "Edges") -> "Edges":
        """Both."""
        return _join([self, other])


@dataclass(frozen=True, eq=False)
class TimingGraph:
    """Edges through logic in the order of levels, edges that a clock launches, and clock nets.

    `logic` of level k is logic.take(first[k] : first[k + 1]): all that leads to its nodes, whose
    causes all have lower levels. `launches` have a clock pin as their source.
    """

    logic: Edges
    first: np.ndarray
    launches: Edges
    clock_nets: np.ndarray


def build_graph(netlist: CellNetlist, library: TimingLibrary) -> TimingGraph:
    """Return the graph of a netlist; flip-flops, latches and clock gates end its paths.

    Raises InputError on a loop of logic, a flip-flop that changes with the falling edge, a clock
    that is made by anything but clock gates and buffers, and a cell without delays.
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
    """Return the nets of all clock pins and those that they come from, up to input ports.

    Raises InputError when a clock comes from a cell that is no clock gate and no buffer.
    """
    pins = [
        netlist.first_pin[cell] + pin
        for cell, kind in enumerate(netlist.cell_kinds)
        for pin in _clock_pins(library.cells[kind])
    ]
    found: set[int] = set()
    work = {int(netlist.pin_net[pin]) for pin in pins} - {-1}
    while work:
        net = work.pop()
        found.add(net)
        driver = int(netlist.drivers[net])
        if driver < 0:
            continue
        cell = int(netlist.pin_cell[driver])
        above = netlist.first_pin[cell] + _passes_clock(netlist, library, cell)
        work |= {int(netlist.pin_net[above])} - found
    return np.array(sorted(found), dtype=int)


def _clock_pins(cell: TimingCell) -> set[int]:
    if cell.state is None:
        return set()
    checked = {one.clock for one in cell.checks}
    return checked | {arc.source for arc in cell.arcs if arc.kind in _LAUNCH}


def _passes_clock(netlist: CellNetlist, library: TimingLibrary, cell: int) -> int:
    """The pin of a clock gate or a buffer that the clock comes in by."""
    kind = library.cells[netlist.cell_kinds[cell]]
    if kind.state and kind.state.kind == "clock_gate":
        return kind.pin(kind.state.clock)
    inputs = [k for k, pin in enumerate(kind.pins) if pin.direction == "input"]
    unate = all(arc.sense == "positive_unate" for arc in kind.arcs)
    if kind.state or len(inputs) != 1 or not kind.arcs or not unate:
        name = netlist.net_names[netlist.pin_net[netlist.first_pin[cell + 1] - 1]]
        raise InputError(f"clock {name} comes from a {kind.name}: no clock gate and no buffer")
    return inputs[0]


def _library_edges(cell: TimingCell) -> tuple[list[_LibraryEdge], list[_LibraryEdge]]:
    """Edges of a cell through logic, and those that a clock launches."""
    logic, launch = [], []
    for arc in cell.arcs:
        if arc.kind in _LAUNCH:
            if cell.state and cell.state.kind == "ff" and arc.kind == "falling_edge":
                raise InputError(f"cell {cell.name} changes with the falling edge: not timed")
            edges = [(_LAUNCH[arc.kind], out) for out in (RISE, FALL)]
            launch += _edges_of(arc, edges)
        elif arc.kind in _LOGIC and cell.state is None:
            outputs = _LOGIC[arc.kind]
            logic += _edges_of(arc, [one for one in _EDGES[arc.sense] if one[1] in outputs])
    return logic, launch


def _edges_of(arc: Arc, edges: list[tuple[int, int]]) -> list[_LibraryEdge]:
    delays, slews = (arc.cell_rise, arc.cell_fall), (arc.rise_transition, arc.fall_transition)
    found = [_LibraryEdge(arc.source, arc.output, i, o, delays[o], slews[o]) for i, o in edges]
    return [one for one in found if one.delay >= 0 and one.slew >= 0]


def _spread(edge: _LibraryEdge, netlist: CellNetlist, cells: np.ndarray) -> Edges:
    """One library edge in all cells that have both its pins connected."""
    source, target = (netlist.first_pin[cells] + pin for pin in (edge.source, edge.output))
    used = (netlist.pin_net[source] >= 0) & (netlist.pin_net[target] >= 0)
    source, target, cells = source[used], target[used], cells[used]
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
    """Level of each node: 0 without a cause, else one more than the highest of its causes."""
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
        raise InputError(f"net {name} is part of a loop of logic: it has no arrival time")
    return levels
