# SPDX-License-Identifier: Apache-2.0
"""Translation of a mapped netlist into the arrays that the event-driven simulation runs on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.golden import InputError
from surmax.synth.energy.cell_behaviour import CellBehaviour, Edge, Output, cell_behaviour
from surmax.synth.energy.event_arrays import Circuit
from surmax.synth.liberty.timing_library import TimingLibrary
from surmax.synth.timing.netlist import CellNetlist

TICKS_PER_NS = 2_000

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Arc of an output that never changes, because the simulation needs one arc at least for each gate.
_NO_EDGE = Edge(-1, False, False, None, ())


@dataclass(frozen=True)
class Clocks:
    """The clock network. Clock 0 is the clock port, clock k + 1 the output of clock gate k.

    A clock gate stands after the one that feeds it.

    Attributes:
        port: name of the clock port, "" for a design without state.
        nets: net of each clock.
        gates: cell of each clock gate.
        parents: clock that feeds each clock gate.
        enables: net of the enable of each clock gate.
        of_cell: (cells,), clock of each cell, -1 for none.
    """

    port: str
    nets: tuple[int, ...]
    gates: tuple[int, ...]
    parents: tuple[int, ...]
    enables: tuple[int, ...]
    of_cell: Ints


@dataclass(frozen=True, eq=False)
class SimulatedNetlist:
    """A netlist ready to be simulated; its circuit has no delays yet (see with_delays).

    Attributes:
        netlist, library: the netlist and the cells that it is made of.
        behaviours: behaviour of each cell of the netlist.
        clocks: the clock network.
        circuit: arrays for the simulation, all delays one tick.
        arc_cell: cell of each arc.
        arc_edge: edge of each arc in the behaviour of its cell.
        arc_source, arc_output: nets that each arc leads from and to; -1 for a pin that is not
            connected.
    """

    netlist: CellNetlist
    library: TimingLibrary
    behaviours: tuple[CellBehaviour, ...]
    clocks: Clocks
    circuit: Circuit
    arc_cell: Ints
    arc_edge: tuple[Edge, ...]
    arc_source: Ints
    arc_output: Ints

    def with_delays(self, slews: Floats, loads: Floats) -> Circuit:
        """Return a copy of the circuit with the delay of each arc, for one run.

        Delays are whole ticks, at least one.

        Args:
            slews: (2 nets,), in ns, of nodes: 2n for the rising edge of net n, 2n + 1 for the
                falling edge.
            loads: (2 nets,), in pF, of the same nodes.
        """
        delays = (
            (-1 if e.arc is None else e.arc.cell_rise if e.rises else e.arc.cell_fall)
            for e in self.arc_edge
        )
        table = np.fromiter(delays, dtype=np.int64, count=len(self.arc_edge))
        every = np.arange(len(table))
        ticks = np.rint(TICKS_PER_NS * self.at(every, table, slews, loads)).astype(np.int64)
        gates, states = self.circuit.gates.copy(), self.circuit.states.copy()
        return self.circuit._replace(delays=np.maximum(ticks, 1), gates=gates, states=states)

    def at(self, arc: Ints, table: Ints, slews: Floats, loads: Floats) -> Floats:
        """Return the value of a table for an arc, for each of K pairs.

        Args:
            arc: (K,), numbers of arcs.
            table: (K,), numbers of tables; the value for -1 is 0.
            slews, loads: as for with_delays.
        """
        values = np.zeros(len(arc))
        known = np.flatnonzero(table >= 0)
        arc, table = arc[known], table[known]
        edges = [self.arc_edge[k] for k in arc]
        source = 2 * self.arc_source[arc] + np.array([not e.source_rises for e in edges], dtype=int)
        output = 2 * self.arc_output[arc] + np.array([not e.rises for e in edges], dtype=int)
        before = np.where(source < 0, 0.0, slews[source])
        values[known] = self.library.tables.at(table, before, loads[output])
        return values


def simulated_netlist(netlist: CellNetlist, library: TimingLibrary) -> SimulatedNetlist:
    """Return a netlist with its circuit, ready to be simulated.

    Raises InputError when a cell cannot be simulated (see cell_behaviour), a clock pin is driven by
    logic, or the design has several clock ports.
    """
    made: dict[int, CellBehaviour] = {}
    for kind in np.unique(netlist.cell_kinds).tolist():
        made[kind] = cell_behaviour(library.cells[kind])
    behaviours = tuple(made[kind] for kind in netlist.cell_kinds.tolist())
    return _Builder(netlist, library, behaviours, find_clocks(netlist, behaviours)).build()


def find_clocks(netlist: CellNetlist, behaviours: tuple[CellBehaviour, ...]) -> Clocks:
    """Return the clock network, followed from the clock pins up to the clock port.

    Raises InputError when a clock comes from logic, from several ports or from a loop.
    """
    cells = [cell for cell, behaviour in enumerate(behaviours) if behaviour.clock >= 0]
    net_of = {
        cell: int(netlist.pin_net[netlist.first_pin[cell] + behaviours[cell].clock])
        for cell in cells
    }
    waiting = [cell for cell in cells if behaviours[cell].kind == "clock_gate"]
    outputs = {netlist.first_pin[cell] + behaviours[cell].outputs[0].pin for cell in waiting}
    roots = {net for net in net_of.values() if netlist.drivers[net] not in outputs}
    ports = {int(nets[0]): port for port, nets in netlist.inputs.items()}
    from_logic = [net for net in roots if net not in ports]
    if from_logic or len(roots) > 1:
        names = ", ".join(sorted(netlist.net_names[net] for net in from_logic or roots))
        raise InputError(f"{netlist.top} must be clocked by one input port, not by {names}")
    number = {net: 0 for net in roots}
    gates, parents, enables = [], [], []
    while waiting:
        ready = [cell for cell in waiting if net_of[cell] in number]
        if not ready:
            raise InputError(
                f"{netlist.top}: clock gate {netlist.cell_names[waiting[0]]} must not be in a loop"
            )
        for cell in ready:
            first, behaviour = netlist.first_pin[cell], behaviours[cell]
            gates.append(cell)
            parents.append(number[net_of[cell]])
            enables.append(int(netlist.pin_net[first + behaviour.enable]))
            number[int(netlist.pin_net[first + behaviour.outputs[0].pin])] = len(gates)
        waiting = [cell for cell in waiting if cell not in ready]
    of_cell = np.full(len(behaviours), -1)
    for cell, net in net_of.items():
        of_cell[cell] = number[net]
    return Clocks(
        port=next((ports[net] for net in roots), ""),
        nets=tuple(number),
        gates=tuple(gates),
        parents=tuple(parents),
        enables=tuple(enables),
        of_cell=of_cell,
    )


class _Builder:
    """Collects the rows of a Circuit's arrays while it walks over the cells."""

    def __init__(
        self,
        netlist: CellNetlist,
        library: TimingLibrary,
        behaviours: tuple[CellBehaviour, ...],
        clocks: Clocks,
    ) -> None:
        self.netlist, self.library, self.behaviours, self.clocks = (
            netlist,
            library,
            behaviours,
            clocks,
        )
        self.pools: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        self.places: dict[int, int] = {}
        self.sinks: list[tuple[int, int, int]] = []  # net, target, bit
        self.arc_cell: list[int] = []
        self.arc_edge: list[Edge] = []
        self.arc_output: list[int] = []

    def _net(self, cell: int, pin: int) -> int:
        return int(self.netlist.pin_net[self.netlist.first_pin[cell] + pin])

    def _keep(self, values: np.ndarray | None, pool: int) -> int:
        """Return the offset of a table in a pool, where the same table is kept once; -1 for None.

        Pool 0 holds truth tables, pool 1 slots of arcs.
        """
        if values is None:
            return -1
        if id(values) not in self.places:
            self.places[id(values)] = sum(map(len, self.pools[pool]))
            self.pools[pool].append(values)
        return self.places[id(values)]

    def _arcs(self, cell: int, output: Output) -> int:
        """Add the arcs of an output; return the number of the first one."""
        first = len(self.arc_edge)
        edges = output.edges or (_NO_EDGE,)
        self.arc_edge += edges
        self.arc_cell += [cell] * len(edges)
        self.arc_output += [self._net(cell, output.pin)] * len(edges)
        return first

    def build(self) -> SimulatedNetlist:
        gates = [
            (cell, output)
            for cell, behaviour in enumerate(self.behaviours)
            if behaviour.kind == "gate"
            for output in behaviour.outputs
            if self._net(cell, output.pin) >= 0
        ]
        rows = []
        for number, (cell, output) in enumerate(gates):
            inputs = self.behaviours[cell].inputs
            self.sinks += [(self._net(cell, pin), number, bit) for bit, pin in enumerate(inputs)]
            tables = self._keep(output.table, 0), self._keep(output.slots, 1)
            output_net = self._net(cell, output.pin)
            rows.append((*tables, len(inputs), output_net, self._arcs(cell, output), 0))
        states = self._states(len(gates))
        sinks = _matrix([sink for sink in self.sinks if sink[0] >= 0], 3)
        sinks = sinks[np.argsort(sinks[:, 0], kind="stable")]
        tables, slots = (np.concatenate([*pool, [0]]) for pool in self.pools)
        circuit = Circuit(
            tables=tables.astype(np.uint8),
            slots=slots.astype(np.int64),
            delays=np.ones(max(len(self.arc_edge), 1), dtype=np.int64),
            gates=_matrix(rows, 6),
            **states,
            sink_start=np.searchsorted(sinks[:, 0], np.arange(len(self.netlist.net_names) + 1)),
            sinks=sinks[:, 1:].copy(),
            clock_gates=_matrix(
                list(zip(self.clocks.parents, self.clocks.enables, strict=True)), 2
            ),
        )
        cells = np.array(self.arc_cell, dtype=np.int64)
        pins = np.array([edge.source for edge in self.arc_edge], dtype=np.int64)
        pin_net = np.append(self.netlist.pin_net, -1)
        return SimulatedNetlist(
            netlist=self.netlist,
            library=self.library,
            behaviours=self.behaviours,
            clocks=self.clocks,
            circuit=circuit,
            arc_cell=cells,
            arc_edge=tuple(self.arc_edge),
            arc_source=pin_net[np.where(pins < 0, -1, self.netlist.first_pin[cells] + pins)],
            arc_output=np.array(self.arc_output, dtype=np.int64),
        )

    def _states(self, gates: int) -> dict[str, np.ndarray]:
        """Add all states, whose target numbers begin at `gates`; return their arrays."""
        clock_number = {net: number for number, net in enumerate(self.clocks.nets)}
        rows, outputs, starts, levels = [], [], [0], []
        cells = [
            cell for cell, behaviour in enumerate(self.behaviours) if behaviour.kind == "state"
        ]
        for state, cell in enumerate(cells):
            behaviour = self.behaviours[cell]
            for bit, pin in enumerate(behaviour.inputs):
                net = self._net(cell, pin)
                if net in clock_number:
                    levels.append((clock_number[net], state, bit))
                else:
                    self.sinks.append((net, gates + state, bit))
            tables = self._keep(behaviour.following, 0), self._keep(behaviour.forced, 0)
            clock = self.clocks.of_cell[cell]
            rows.append((*tables, len(behaviour.inputs), clock, 0))
            for output in behaviour.outputs:
                net = self._net(cell, output.pin)
                if net >= 0:
                    outputs.append((net, output.inverted, self._arcs(cell, output)))
            starts.append(len(outputs))
        return {
            "states": _matrix(rows, 5),
            "output_start": np.array(starts),
            "outputs": _matrix(outputs, 3),
            "levels": _matrix(levels, 3),
        }


def _matrix(rows: list[tuple], columns: int) -> Ints:
    return np.array(rows, dtype=np.int64).reshape(-1, columns)
