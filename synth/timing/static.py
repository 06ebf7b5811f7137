# SPDX-License-Identifier: Apache-2.0
"""Graph-based static timing of a mapped netlist.

Delays and slews come from the library's tables (NLDM). Each net passes on the worst arrival and the
worst slew of all its causes, as graph-based tools do. The clock is ideal: it reaches every clock
pin at time 0, through clock gates as well. A latch is treated like a flip-flop: no time is
borrowed.
"""

from dataclasses import dataclass

import numpy as np
from surmax.golden import InputError
from surmax.synth.liberty.timing_library import TimingLibrary
from surmax.synth.timing.graph import Edges, TimingGraph, build_graph
from surmax.synth.timing.loads import Boundary, WireLoad, net_loads
from surmax.synth.timing.netlist import CellNetlist
from surmax.synth.timing.path_names import PathNames
from surmax.synth.timing.result import Path, PathPoint, Timing

_REGISTER, _INPUT = 0, 1
_STARTS = {_REGISTER: "register", _INPUT: "input"}


@dataclass(frozen=True, eq=False)
class Delays:
    """Delays, slews and arrivals of a netlist with N nets, that is 2N nodes (see graph.py).

    Attributes:
        graph: the timing graph.
        loads: (2N,), load in pF.
        slews: (2N,), worst slew in ns.
        arrivals: (2, 2N), latest change in ns after the clock edge; row 0 for paths from registers,
            row 1 for paths from input ports; -inf where there is no path.
        logic: delay in ns of each of graph.logic.
        launches: delay in ns of each of graph.launches.
    """

    graph: TimingGraph
    loads: np.ndarray
    slews: np.ndarray
    arrivals: np.ndarray
    logic: np.ndarray
    launches: np.ndarray


def static_timing(
    netlist: CellNetlist,
    library: TimingLibrary,
    *,
    wire: WireLoad | None = None,
    boundary: Boundary | None = None,
) -> Timing:
    """Return period and critical paths of a netlist.

    `wire` and `boundary` are WireLoad() and Boundary() by default.

    Raises InputError as build_graph does, and when the design has no path at all.
    """
    wire, boundary = wire or WireLoad(), boundary or Boundary()
    delays = propagate(netlist, library, wire=wire, boundary=boundary)
    finder = _Paths(netlist, library, delays)
    ends_of = {
        "register": register_ends(netlist, library, delays, boundary),
        "output": output_ends(netlist),
    }
    paths = {}
    for start in (_REGISTER, _INPUT):
        for end, ends in ends_of.items():
            path = finder.worst(start, ends)
            if path:
                paths[f"{_STARTS[start]} to {end}"] = path
    if not paths:
        raise InputError(f"{netlist.top} must have a path from a register or input to be timed")
    return Timing(
        engine="own",
        library=library.name,
        corner=library.corner,
        wire=wire,
        boundary=boundary,
        pf_per_sink=wire.pf_per_sink(netlist, library),
        paths=paths,
    )


def propagate(
    netlist: CellNetlist,
    library: TimingLibrary,
    *,
    wire: WireLoad | None = None,
    boundary: Boundary | None = None,
) -> Delays:
    """Compute slews, delays and arrivals, level by level; arguments as for static_timing."""
    boundary = boundary or Boundary()
    graph = build_graph(netlist, library)
    nodes = 2 * len(netlist.net_names)
    loads = net_loads(netlist, library, wire or WireLoad(), boundary).reshape(nodes)
    slews, arrivals = np.zeros(nodes), np.full((2, nodes), -np.inf)
    ports = np.setdiff1d(netlist.input_nets, graph.clock_nets)
    for edge in (0, 1):
        slews[2 * ports + edge] = boundary.input_slew_ns
        arrivals[_INPUT, 2 * ports + edge] = 0.0

    def change(edges: Edges, slew: np.ndarray, arrival: np.ndarray) -> np.ndarray:
        """Update the targets of `edges`; return the delays of the edges."""
        load = loads[edges.target]
        delay = library.tables.at(edges.delay_table, slew, load)
        np.maximum.at(slews, edges.target, library.tables.at(edges.slew_table, slew, load))
        for kind in (_REGISTER, _INPUT):
            np.maximum.at(arrivals[kind], edges.target, arrival[kind] + delay)
        return delay

    launches = graph.launches
    at_clock = np.full((2, len(launches.source)), -np.inf)
    at_clock[_REGISTER] = 0.0
    launched = change(launches, np.full(len(launches.source), boundary.clock_slew_ns), at_clock)
    delays = [np.empty(0)]
    for begin, end in zip(graph.first[:-1], graph.first[1:], strict=True):
        edges = graph.logic.take(np.arange(begin, end))
        delays.append(change(edges, slews[edges.source], arrivals[:, edges.source]))
    return Delays(graph, loads, slews, arrivals, np.concatenate(delays), launched)


@dataclass(frozen=True, eq=False)
class Endpoints:
    """K possible ends of paths; each array has shape (K,).

    Attributes:
        nodes: the node that arrives.
        pins: pin of the register; -1 for an output port.
        setup: setup or recovery time in ns; 0 for an output port.
    """

    nodes: np.ndarray
    pins: np.ndarray
    setup: np.ndarray

    def __add__(self, other: "Endpoints") -> "Endpoints":
        """Return the ends of both."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Endpoints(*(np.concatenate(pair) for pair in pairs))


def register_ends(
    netlist: CellNetlist, library: TimingLibrary, delays: Delays, boundary: Boundary
) -> Endpoints:
    """Return the ends at pins that have a setup or recovery constraint."""
    nodes, pins, tables = [], [], []
    for kind in np.unique(netlist.cell_kinds):
        first = netlist.first_pin[:-1][netlist.cell_kinds == kind]
        for check in library.cells[kind].checks:
            if not check.kind.startswith(("setup", "recovery")):
                continue
            for edge, table in enumerate((check.rise, check.fall)):
                if table >= 0:
                    pins.append(first + check.pin)
                    nodes.append(2 * netlist.pin_net[first + check.pin] + edge)
                    tables.append(np.full(len(first), table))
    empty = np.empty(0, dtype=int)
    node, pin, table = (np.concatenate([empty, *arrays]) for arrays in (nodes, pins, tables))
    connected = netlist.pin_net[pin] >= 0
    node, pin, table = node[connected], pin[connected], table[connected]
    clock = np.full(len(node), boundary.clock_slew_ns)
    return Endpoints(node, pin, library.tables.at(table, clock, delays.slews[node]))


def output_ends(netlist: CellNetlist) -> Endpoints:
    """Return the ends at output ports."""
    ports = netlist.output_nets
    nodes = np.concatenate([2 * ports, 2 * ports + 1])
    return Endpoints(nodes, np.full(len(nodes), -1), np.zeros(len(nodes)))


class _Paths:
    """Finds the worst path for a kind of start and a set of ends."""

    def __init__(self, netlist: CellNetlist, library: TimingLibrary, delays: Delays) -> None:
        self.netlist, self.delays, self.names = netlist, delays, PathNames(netlist, library)
        logic = delays.graph.logic
        self.order = np.argsort(logic.target, kind="stable")
        self.targets = logic.target[self.order]

    def worst(self, start: int, ends: Endpoints) -> Path | None:
        """Return the longest path from a kind of start (_REGISTER, _INPUT), or None."""
        if not len(ends.nodes):
            return None
        total = self.delays.arrivals[start, ends.nodes] + ends.setup
        worst = int(np.argmax(total))
        if total[worst] == -np.inf:
            return None
        node = int(ends.nodes[worst])
        points = self._trace(start, node)
        pin = int(ends.pins[worst])
        return Path(
            ns=float(total[worst]),
            start=points[0].net,
            end=self.names.register(pin) if pin >= 0 else self.netlist.net_names[node // 2],
            setup_ns=float(ends.setup[worst]),
            points=tuple(points),
        )

    def _trace(self, start: int, node: int) -> list[PathPoint]:
        """Return the steps to `node`, walking back along the causes that set each arrival."""
        arrivals = self.delays.arrivals[start]
        logic, launches = self.delays.graph.logic, self.delays.graph.launches
        points: list[PathPoint] = []
        while True:
            first, last = np.searchsorted(self.targets, (node, node + 1))
            into = self.order[first:last]
            came = arrivals[logic.source[into]] + self.delays.logic[into]
            if into.size and came.max() == arrivals[node]:
                edge = int(into[np.argmax(came)])
                points.append(self._step(start, node, logic, edge))
                node = int(logic.source[edge])
                continue
            by = np.flatnonzero(launches.target == node) if start == _REGISTER else []
            if len(by):
                edge = int(by[np.argmax(self.delays.launches[by])])
                points.append(self._step(start, node, launches, edge))
            else:
                points.append(self._step(start, node))
            return points[::-1]

    def _step(self, start: int, node: int, edges: Edges | None = None, edge: int = 0) -> PathPoint:
        delays = self.delays
        figures = {
            "arrival_ns": float(delays.arrivals[start, node]),
            "slew_ns": float(delays.slews[node]),
            "load_pf": float(delays.loads[node]),
        }
        pins = edges and (int(edges.source_pin[edge]), int(edges.target_pin[edge]))
        return self.names.step(node // 2, ("rise", "fall")[node % 2], pins, figures)
