# SPDX-License-Identifier: Apache-2.0
"""Energy of what toggled: internal energy tables, charge of pins and wires, leakage.

Internal energy of an output comes with the arc that made it change, that of an input pin with the
edges of its net. A condition (`when`) on other pins counts with the share of the time in which it
holds, pins taken as independent of each other; for arcs of gates it is known exactly. Groups with
conditions count, or the one without, never both.
"""

from dataclasses import dataclass

import numpy as np
from surmax.synth.energy.cell_behaviour import choose_powers, table_of, without_double
from surmax.synth.energy.circuit import Floats, Ints, SimulatedNetlist
from surmax.synth.energy.simulation import Activity
from surmax.synth.liberty.timing_library import Power, TimingCell


@dataclass(frozen=True, eq=False)
class CellEnergy:
    """Energy in pJ of the counted cycles.

    One entry a cell: `internal`, clock pins left out; `leakage`; `clock_internal`, that of clock
    pins, and of the whole cell for a clock gate. One entry a net: `switching`.
    """

    internal: Floats
    leakage: Floats
    clock_internal: Floats
    switching: Floats


def cell_energy(
    simulated: SimulatedNetlist, activity: Activity, slews: Floats, loads: Floats
) -> CellEnergy:
    """Return where the energy of an activity goes.

    `slews` and `loads` are as in SimulatedNetlist.with_delays.
    """
    return _Meter(simulated, activity, slews, loads).measure()


class _Meter:
    def __init__(
        self, simulated: SimulatedNetlist, activity: Activity, slews: Floats, loads: Floats
    ) -> None:
        self.simulated, self.activity = simulated, activity
        self.slews, self.loads = slews, loads
        self.nanoseconds = activity.cycles * activity.period_ns

    def measure(self) -> CellEnergy:
        netlist = self.simulated.netlist
        count = len(netlist.cell_kinds)
        internal = np.bincount(self.simulated.arc_cell, self._arc_energy(), minlength=count)
        clock_internal, leakage = np.zeros(count), np.zeros(count)
        for kind in np.unique(netlist.cell_kinds):
            cells = np.flatnonzero(netlist.cell_kinds == kind)
            behaviour = self.simulated.behaviours[cells[0]]
            gate = behaviour.kind == "clock_gate"
            for pin, one in enumerate(behaviour.cell.pins):
                if one.direction == "input":
                    energy = self._input_energy(behaviour.cell, cells, pin)
                    (clock_internal if gate or pin == behaviour.clock else internal)[cells] += (
                        energy
                    )
            if gate:
                clock_internal[cells] += self._gate_energy(behaviour.cell, cells)
            leakage[cells] = self._leakage(behaviour.cell, cells) * self.nanoseconds * 1e-6
        return CellEnergy(internal, leakage, clock_internal, self._switching())

    def _arc_energy(self) -> Floats:
        """Internal energy of all changes of each arc."""
        counts, edges = self.activity.arcs, self.simulated.arc_edge
        rows = [
            (arc, power.rise if edges[arc].rises else power.fall, 1 / len(edges[arc].powers))
            for arc in np.flatnonzero(counts[: len(edges)]).tolist()
            for power in edges[arc].powers
        ]
        columns = np.array(rows, dtype=float).reshape(-1, 3)
        arc, table = columns[:, :2].astype(np.int64).T
        energy = self.simulated.at(arc, table, self.slews, self.loads) * columns[:, 2]
        return np.bincount(arc, energy * counts[arc], minlength=len(edges))[: len(edges)]

    def _nets(self, cells: Ints, pin: int) -> Ints:
        """Net of a pin of each cell; an open pin is at net 0, which is constant."""
        netlist = self.simulated.netlist
        return np.maximum(netlist.pin_net[netlist.first_pin[cells] + pin], 0)

    def _edges(self, power: Power, nets: Ints, source: Ints) -> Floats:
        """Energy of all edges of `nets`, with the slew of `source`."""
        energy = np.zeros(len(nets))
        for falls, table, counts in (
            (0, power.rise, self.activity.rises),
            (1, power.fall, self.activity.falls),
        ):
            if table >= 0:
                slew, load = self.slews[2 * source + falls], self.loads[2 * nets + falls]
                table = np.full(len(nets), table)
                energy += counts[nets] * self.simulated.library.tables.at(table, slew, load)
        return energy

    def _input_energy(self, cell: TimingCell, cells: Ints, pin: int) -> Floats:
        nets = self._nets(cells, pin)
        energy = np.zeros(len(cells))
        for power in without_double(choose_powers(cell, pin, None)):
            energy += self._share(cell, cells, power.when) * self._edges(power, nets, nets)
        return energy

    def _gate_energy(self, cell: TimingCell, cells: Ints) -> Floats:
        """Internal energy of the outputs of clock gates."""
        clock = cell.pin(cell.state.clock)
        energy = np.zeros(len(cells))
        for pin, one in enumerate(cell.pins):
            if one.direction != "output":
                continue
            for power in without_double(choose_powers(cell, pin, clock)):
                share = self._share(cell, cells, power.when)
                nets = self._nets(cells, pin)
                energy += share * self._edges(power, nets, self._nets(cells, clock))
        return energy

    def _share(self, cell: TimingCell, cells: Ints, when: str) -> Floats:
        """Share of the time in which a condition on a cell's pins holds, for each cell."""
        if not when:
            return np.ones(len(cells))
        pins = [k for k, pin in enumerate(cell.pins) if pin.name in when]
        table = table_of(when, [cell.pins[k].name for k in pins])
        high = np.stack([self.activity.high[self._nets(cells, k)] for k in pins])
        share = np.zeros(len(cells))
        for number in np.flatnonzero(table):
            bits = (number >> np.arange(len(pins)) & 1)[:, None]
            share += np.where(bits, high, 1 - high).prod(axis=0)
        return share

    def _leakage(self, cell: TimingCell, cells: Ints) -> Floats:
        """Mean leakage power in nW: by state where the library says so, else its one figure."""
        groups = [one for one in cell.leakages if one.supply == cell.leakages[0].supply]
        conditional = [one for one in groups if one.when]
        power = np.zeros(len(cells))
        for one in conditional:
            power += self._share(cell, cells, one.when) * one.power
        if not conditional:
            always = [one.power for one in groups] or [cell.leakage_power or 0.0]
            power += always[0]
        return power

    def _switching(self) -> Floats:
        """Half of C V^2 for each edge of each net."""
        rise, fall = self.loads.reshape(-1, 2).T
        charge = rise * self.activity.rises + fall * self.activity.falls
        return 0.5 * self.simulated.library.voltage**2 * charge
