# SPDX-License-Identifier: Apache-2.0
"""Choose drive strengths by static timing, after mapping.

ABC sizes the gates between flip-flops by their loads and does not see the flip-flops. This module
times whole paths, with flip-flops, slews and setup times. While a path is too slow, each round
exchanges some cells on slow paths for a larger sister: a cell of the same function and pins with
more drive. A cell is exchanged when it becomes faster by more than its larger input capacitance
slows the cell before it.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
from surmax.synth.liberty.timing_library import TimingCell, TimingLibrary
from surmax.synth.timing.graph import Edges
from surmax.synth.timing.loads import Boundary, WireLoad
from surmax.synth.timing.netlist import CellNetlist
from surmax.synth.timing.static import Delays, Endpoints, output_ends, propagate, register_ends

_ROUNDS = 60
# Stop after this many rounds in a row without a shorter period.
_PATIENCE = 6
# A round also works on paths that are shorter than the worst by up to this fraction: fewer rounds.
_NEAR = 0.04
# An exchange must save this much.
_LEAST_GAIN_NS = 0.0005
# Step of load by which the slope of a delay over its load is measured.
_STEP_PF = 0.001
# Larger sisters that are tried for each cell.
_SISTERS = 3
# A shorter slew makes the next cell faster by this fraction of the difference (sky130: 0.1 to 0.3).
_SLEW_SHARE = 0.2


def resize(
    netlist: CellNetlist,
    library: TimingLibrary,
    period_ns: float,
    *,
    wire: WireLoad | None = None,
    boundary: Boundary | None = None,
) -> tuple[CellNetlist, float]:
    """Return the netlist with other drive strengths, and the length of its slowest path in ns.

    All paths count, also those from input ports and to output ports. The result is the first
    netlist whose slowest path is not longer than `period_ns`, or the fastest one of all rounds.
    """
    wire, boundary = wire or WireLoad(), boundary or Boundary()
    sizes = _Sizes(library)
    best, shortest, since = netlist, np.inf, 0
    for _ in range(_ROUNDS):
        delays = propagate(netlist, library, wire=wire, boundary=boundary)
        arrivals = delays.arrivals.max(axis=0)
        ends = register_ends(netlist, library, delays, boundary) + output_ends(netlist)
        longest = float((arrivals[ends.nodes] + ends.setup).max(initial=0.0))
        since = 0 if longest < shortest - _LEAST_GAIN_NS else since + 1
        if longest < shortest:
            best, shortest = netlist, longest
        if shortest <= period_ns or since > _PATIENCE:
            break
        required = _required(delays, ends, max(longest * (1 - _NEAR), period_ns))
        exchange = sizes.exchange(netlist, delays, arrivals, required, boundary.clock_slew_ns)
        if not exchange:
            break
        kinds = netlist.cell_kinds.copy()
        kinds[list(exchange)] = list(exchange.values())
        netlist = replace(netlist, cell_kinds=kinds)
    return best, shortest


def rename_cells(text: str, netlist: CellNetlist, library: TimingLibrary) -> str:
    """Return Verilog `text`, from which `netlist` was read, with the cells that it has now."""
    kinds = {
        name: library.cells[kind].name
        for name, kind in zip(netlist.cell_names, netlist.cell_kinds, strict=True)
    }

    def exchanged(match: re.Match[str]) -> str:
        return kinds.get(match[2].removeprefix("\\"), match[1])

    return re.sub(r"\b([A-Za-z_]\w*)(?= (\S+)\s+\()", exchanged, text)


def _function(cell: TimingCell) -> object:
    return tuple((pin.name, pin.direction, pin.function) for pin in cell.pins), cell.state


def _required(delays: Delays, ends: Endpoints, limit: float) -> np.ndarray:
    """Return the latest arrival in ns at each node with which no path is longer than `limit`."""
    required = np.full(len(delays.slews), np.inf)
    np.minimum.at(required, ends.nodes, limit - ends.setup)
    graph = delays.graph
    for begin, end in zip(graph.first[-2::-1], graph.first[:0:-1], strict=True):
        which = np.arange(begin, end)
        edges = graph.logic.take(which)
        np.minimum.at(required, edges.source, required[edges.target] - delays.logic[which])
    return required


def _neighbours(netlist: CellNetlist, cell: int) -> set[int]:
    """Return the cells that drive the inputs of a cell and those that read its outputs."""
    first, last = netlist.first_pin[cell : cell + 2]
    pins: list[int] = []
    for pin, net in enumerate(netlist.pin_net[first:last].tolist(), first):
        if net >= 0 and netlist.drivers[net] == pin:
            pins += netlist.sinks[netlist.first_sink[net] : netlist.first_sink[net + 1]].tolist()
        elif net >= 0 and netlist.drivers[net] >= 0:
            pins.append(int(netlist.drivers[net]))
    return {int(netlist.pin_cell[pin]) for pin in pins}


class _Sizes:
    """Larger sisters of each library cell, and what exchanging a cell for one saves.

    Several sisters are tried, because the next larger cell is not always a faster one.

    Attributes:
        larger: (_SISTERS, cells), number of the next larger sister by area in row 0, of the one
            after it in row 1, and so on; -1 for none.
        tables: (_SISTERS, tables), the sister's table that takes the place of a cell's table; -1
            for none.
    """

    def __init__(self, library: TimingLibrary) -> None:
        self.library = library
        families: dict[object, list[int]] = defaultdict(list)
        for number, cell in enumerate(library.cells):
            families[_function(cell)].append(number)
        self.larger = np.full((_SISTERS, len(library.cells)), -1)
        self.tables = np.full((_SISTERS, len(library.tables.values)), -1)
        for family in families.values():
            family.sort(key=lambda number: (library.cells[number].area, number))
            for sister in range(_SISTERS):
                for small, large in zip(family, family[sister + 1 :], strict=False):
                    self.larger[sister, small] = large
                    self._pair(sister, library.cells[small], library.cells[large])
        self.first, self.capacitances = library.pin_capacitances

    def _pair(self, sister: int, small: TimingCell, large: TimingCell) -> None:
        """Note which table of the large cell takes the place of each table of the small one."""
        # The first five fields identify an arc, the other four are its tables.
        tables_of = {arc[:5]: arc[5:] for arc in large.arcs}
        for arc in small.arcs:
            for table, other in zip(arc[5:], tables_of.get(arc[:5], ()), strict=False):
                self.tables[sister, table] = other

    def exchange(
        self,
        netlist: CellNetlist,
        delays: Delays,
        arrivals: np.ndarray,
        required: np.ndarray,
        clock_slew: float,
    ) -> dict[int, int]:
        """Return the cells to exchange: number -> new library cell. No two of them share a net.

        `arrivals` and `required` are the latest arrival and the latest allowed one at each node,
        in ns.
        """
        slow = self._slow_edges(delays, arrivals, required, clock_slew)
        gains = np.stack([self._gains(netlist, slow, sister) for sister in range(_SISTERS)])
        # Take the smallest sister that pays: a larger one slows the cell before it more, and can
        # still be chosen in a later round.
        first = (gains >= _LEAST_GAIN_NS).argmax(axis=0)
        gains = gains[first, np.arange(gains.shape[1])]
        chosen: dict[int, int] = {}
        touched: set[int] = set()
        for cell in np.argsort(-gains, kind="stable").tolist():
            if gains[cell] < _LEAST_GAIN_NS:
                break
            if cell not in touched:
                chosen[cell] = int(self.larger[first[cell], netlist.cell_kinds[cell]])
                touched |= {cell, *_neighbours(netlist, cell)}
        return chosen

    def _slow_edges(
        self, delays: Delays, arrivals: np.ndarray, required: np.ndarray, clock_slew: float
    ) -> "_SlowEdges":
        """Return the edges that cause a late arrival."""
        graph, at = delays.graph, self.library.tables.at
        both = graph.launches + graph.logic
        launched = np.arange(len(both.source)) < len(graph.launches.source)
        start = np.where(launched, 0.0, arrivals[both.source])
        delay = np.concatenate([delays.launches, delays.logic])
        late = start + delay >= np.maximum(arrivals[both.target], required[both.target]) - 1e-9
        chosen = np.flatnonzero(late)
        edges, launched = both.take(chosen), launched[chosen]
        slews = np.where(launched, clock_slew, delays.slews[edges.source])
        loads = delays.loads[edges.target]
        more = at(edges.delay_table, slews, loads + _STEP_PF)
        steepness = np.zeros(len(arrivals))
        np.maximum.at(steepness, edges.target, (more - delay[chosen]) / _STEP_PF)
        # The clock is ideal: a larger clock pin slows nothing.
        before = np.where(launched, 0.0, steepness[edges.source])
        return _SlowEdges(edges, slews, loads, delay[chosen], before)

    def _gains(self, netlist: CellNetlist, slow: "_SlowEdges", sister: int) -> np.ndarray:
        """Return the time in ns that a sister of each cell saves on its slowest late edge."""
        tables, larger, at = self.tables[sister], self.larger[sister], self.library.tables.at
        slow = slow.take(np.flatnonzero(tables[slow.edges.delay_table] >= 0))
        edges = slow.edges
        saved = slow.delays - at(tables[edges.delay_table], slow.slews, slow.loads)
        slew_now = at(edges.slew_table, slow.slews, slow.loads)
        slew_then = at(tables[edges.slew_table], slow.slews, slow.loads)
        saved += _SLEW_SHARE * (slew_now - slew_then)
        kinds = netlist.cell_kinds[edges.cell]
        pin, edge = netlist.pin_number[edges.source_pin], edges.source % 2
        old, new = (self.capacitances[self.first[k] + pin, edge] for k in (kinds, larger[kinds]))
        gains = np.full(len(netlist.cell_kinds), -np.inf)
        np.maximum.at(gains, edges.cell, saved - slow.steepness * (new - old))
        return gains


@dataclass(frozen=True, eq=False)
class _SlowEdges:
    """K edges that cause a late arrival; each array has shape (K,).

    Attributes:
        edges: the edges.
        slews: slew at the source in ns.
        loads: load of the target in pF.
        delays: delay in ns.
        steepness: ns by which one more pF at the source delays the source.
    """

    edges: Edges
    slews: np.ndarray
    loads: np.ndarray
    delays: np.ndarray
    steepness: np.ndarray

    def take(self, which: np.ndarray) -> "_SlowEdges":
        """Return the edges of the given numbers."""
        edges, *rest = vars(self).values()
        return _SlowEdges(edges.take(which), *(array[which] for array in rest))
