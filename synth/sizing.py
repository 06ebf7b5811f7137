# SPDX-License-Identifier: Apache-2.0
"""Choose drive strengths by static timing, after mapping.

The mapper sizes cells by loads alone, between flip-flops that it does not see. Here the flip-flops
count as well, with slews and setup times: as long as a path is too slow, cells on slow paths whose
larger sister saves more than its input costs the cell before it are exchanged, a batch a round.
"""

import re
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import numpy as np
from surmax.synth.cell_netlist import CellNetlist
from surmax.synth.static_timing import Delays, Endpoints, output_ends, propagate, register_ends
from surmax.synth.timing_library import TimingCell, TimingLibrary
from surmax.synth.wires import Boundary, WireModel

_ROUNDS = 60
# Rounds without a shorter period after which there is no more to gain.
_PATIENCE = 6
# Paths this much shorter than the worst are worked on as well, so that rounds are few.
_NEAR = 0.04
_LEAST_GAIN_NS = 0.0005
_STEP_PF = 0.001
# Of a slew that gets shorter, this part is saved in the cell behind: sky130 has 0.1 to 0.3.
_SLEW_SHARE = 0.2


def resize(
    netlist: CellNetlist,
    library: TimingLibrary,
    period_ns: float,
    *,
    wire: WireModel | None = None,
    boundary: Boundary | None = None,
) -> tuple[CellNetlist, float]:
    """Return the netlist with other drive strengths, and the time that its slowest path takes.

    All paths count, those from inputs and to outputs as well. The result is the first that takes
    no more than `period_ns`, or the fastest that was found.
    """
    wire, boundary = wire or WireModel(), boundary or Boundary()
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
    """Return the Verilog that `netlist` was read from, with the cells that it has now."""
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
    """Latest time at each node for which nothing takes longer than `limit`."""
    required = np.full(len(delays.slews), np.inf)
    np.minimum.at(required, ends.nodes, limit - ends.setup)
    graph = delays.graph
    for begin, end in zip(graph.first[-2::-1], graph.first[:0:-1], strict=True):
        which = np.arange(begin, end)
        edges = graph.logic.take(which)
        np.minimum.at(required, edges.source, required[edges.target] - delays.logic[which])
    return required


def _neighbours(netlist: CellNetlist, cell: int) -> set[int]:
    """The cells before and behind a cell."""
    first, last = netlist.first_pin[cell : cell + 2]
    pins: list[int] = []
    for pin, net in enumerate(netlist.pin_net[first:last].tolist(), first):
        if net >= 0 and netlist.drivers[net] == pin:
            pins += netlist.sinks[netlist.first_sink[net] : netlist.first_sink[net + 1]].tolist()
        elif net >= 0 and netlist.drivers[net] >= 0:
            pins.append(int(netlist.drivers[net]))
    return {int(netlist.pin_cell[pin]) for pin in pins}


class _Sizes:
    """The next larger sister of each cell of a library: what it saves and what it costs."""

    def __init__(self, library: TimingLibrary) -> None:
        self.library = library
        families: dict[object, list[int]] = defaultdict(list)
        for number, cell in enumerate(library.cells):
            families[_function(cell)].append(number)
        self.larger = np.full(len(library.cells), -1)
        # tables of the sister, by table
        self.tables = np.full(len(library.tables.values), -1)
        for family in families.values():
            family.sort(key=lambda number: (library.cells[number].area, number))
            for small, large in pairwise(family):
                self.larger[small] = large
                self._pair(library.cells[small], library.cells[large])
        self.first = np.cumsum([0, *(len(cell.pins) for cell in library.cells)])
        loads = [
            (pin.rise_capacitance, pin.fall_capacitance)
            for cell in library.cells
            for pin in cell.pins
        ]
        self.loads = np.array(loads)

    def _pair(self, small: TimingCell, large: TimingCell) -> None:
        others = {one[:5]: one[5:] for one in large.arcs}
        for arc in small.arcs:
            for table, other in zip(arc[5:], others.get(arc[:5], ()), strict=False):
                self.tables[table] = other

    def exchange(
        self,
        netlist: CellNetlist,
        delays: Delays,
        arrivals: np.ndarray,
        required: np.ndarray,
        clock_slew: float,
    ) -> dict[int, int]:
        """Return cells to exchange, number -> new kind, none beside another.

        `arrivals` and `required` are times of nodes, the latest there is and the latest allowed.
        """
        gains = self._gains(netlist, delays, arrivals, required, clock_slew)
        chosen: dict[int, int] = {}
        touched: set[int] = set()
        for cell in np.argsort(-gains, kind="stable").tolist():
            if gains[cell] < _LEAST_GAIN_NS:
                break
            if cell not in touched:
                chosen[cell] = int(self.larger[netlist.cell_kinds[cell]])
                touched |= {cell, *_neighbours(netlist, cell)}
        return chosen

    def _gains(
        self,
        netlist: CellNetlist,
        delays: Delays,
        arrivals: np.ndarray,
        required: np.ndarray,
        clock_slew: float,
    ) -> np.ndarray:
        """Time that the sister of each cell saves, by its slowest edge on slow paths."""
        graph, at = delays.graph, self.library.tables.at
        gains = np.full(len(netlist.cell_kinds), -np.inf)
        steepness = np.zeros(len(arrivals))
        parts = []
        for edges, delay in ((graph.launches, delays.launches), (graph.logic, delays.logic)):
            logic = edges is graph.logic
            start = arrivals[edges.source] if logic else 0.0
            late = (
                start + delay >= np.maximum(arrivals[edges.target], required[edges.target]) - 1e-9
            )
            some = edges.take(np.flatnonzero(late))
            slew = delays.slews[some.source] if logic else np.full(len(some.source), clock_slew)
            load = delays.loads[some.target]
            now = at(some.delay_table, slew, load)
            more = at(some.delay_table, slew, load + _STEP_PF)
            np.maximum.at(steepness, some.target, (more - now) / _STEP_PF)
            parts.append((some, slew, load, now, logic))
        for some, slew, load, now, logic in parts:
            usable = np.flatnonzero(self.tables[some.delay_table] >= 0)
            edges, slew, load = some.take(usable), slew[usable], load[usable]
            tables = self.tables[edges.delay_table], self.tables[edges.slew_table]
            saved = now[usable] - at(tables[0], slew, load)
            saved += _SLEW_SHARE * (at(edges.slew_table, slew, load) - at(tables[1], slew, load))
            if logic:
                kinds = netlist.cell_kinds[edges.cell]
                pin, edge = netlist.pin_number[edges.source_pin], edges.source % 2
                old, new = (
                    self.loads[self.first[k] + pin, edge] for k in (kinds, self.larger[kinds])
                )
                saved -= steepness[edges.source] * (new - old)
            np.maximum.at(gains, edges.cell, saved)
        return gains
