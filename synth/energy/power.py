# SPDX-License-Identifier: Apache-2.0
"""Energy of an activity: internal energy of cells, charge of pins and wires, leakage.

The internal energy of an output is that of the arc that made it change; that of an input pin
belongs to the edges of its net. A group with a condition (`when`) on other pins is weighted with
the share of the time for which the condition holds, taking the pins as independent of each other.
For the arcs of gates the simulation knows exactly whether it holds. Either the groups with
conditions count or the one without, never both.
"""

from dataclasses import dataclass

import numpy as np
from surmax.synth.energy.cell_behaviour import choose_powers, table_of, without_double
from surmax.synth.energy.circuit import Floats, Ints, SimulatedNetlist
from surmax.synth.energy.simulation import Activity
from surmax.synth.liberty.timing_library import Power, TimingCell


@dataclass(frozen=True, eq=False)
class CellEnergy:
    """Energy of the counted cycles in pJ.

    Attributes:
        internal: (cells,), internal energy without that of clock pins.
        leakage: (cells,).
        clock_internal: (cells,), internal energy of clock pins; of a clock gate all of its
            internal energy.
        switching: (nets,), energy to charge the pins and the wire of a net.
    """

    internal: Floats
    leakage: Floats
    clock_internal: Floats
    switching: Floats


def cell_energy(
    simulated: SimulatedNetlist, activity: Activity, slews: Floats, loads: Floats
) -> CellEnergy:
    """Return the energy of an activity by cell and net.

    `slews` and `loads` are those of SimulatedNetlist.with_delays.
    """
    return _Meter(simulated, activity, slews, loads).measure()


class _Meter:
    """Adds up the energy of an activity, library cell by library cell."""

    def __init__(
        self, simulated: SimulatedNetlist, activity: Activity, slews: Floats, loads: Floats
    ) -> None:
        self.simulated, self.activity = simulated, activity
        self.slews, self.loads = slews, loads
        self.nanoseconds = activity.cycles * activity.period_ns

    def measure(self) -> CellEnergy:
        """Return the energies."""
        netlist = self.simulated.netlist
        count = len(netlist.cell_kinds)
        internal = np.bincount(self.simulated.arc_cell, self._arc_energy(), minlength=count)
        clock_internal, leakage = np.zeros(count), np.zeros(count)
        for kind in np.unique(netlist.cell_kinds):
            cells = np.flatnonzero(netlist.cell_kinds == kind)
            behaviour = self.simulated.behaviours[cells[0]]
            gate = behaviour.kind == "clock_gate"
            for number, pin in enumerate(behaviour.cell.pins):
                if pin.direction == "input":
                    at_clock = gate or number == behaviour.clock
                    energy = self._input_energy(behaviour.cell, cells, number)
                    (clock_internal if at_clock else internal)[cells] += energy
            if gate:
                clock_internal[cells] += self._gate_energy(behaviour.cell, cells)
            leakage[cells] = self._leakage(behaviour.cell, cells) * self.nanoseconds * 1e-6
        return CellEnergy(internal, leakage, clock_internal, self._switching())

    def _arc_energy(self) -> Floats:
        """Return the internal energy of all changes of each arc, in pJ."""
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
        """Return the net of a pin of each cell; net 0, which never changes, for an open pin."""
        netlist = self.simulated.netlist
        return np.maximum(netlist.pin_net[netlist.first_pin[cells] + pin], 0)

    def _edges(self, power: Power, nets: Ints, source: Ints) -> Floats:
        """Return the energy of all edges of each of `nets`, at the slew of net `source`, in pJ."""
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
        """Return the internal energy of an input pin of each cell, in pJ."""
        nets = self._nets(cells, pin)
        energy = np.zeros(len(cells))
        for power in without_double(choose_powers(cell, pin, None)):
            energy += self._share(cell, cells, power.when) * self._edges(power, nets, nets)
        return energy

    def _gate_energy(self, cell: TimingCell, cells: Ints) -> Floats:
        """Return the internal energy of the outputs of each clock gate, in pJ."""
        clock = cell.pin(cell.state.clock)
        energy = np.zeros(len(cells))
        for number, pin in enumerate(cell.pins):
            if pin.direction != "output":
                continue
            for power in without_double(choose_powers(cell, number, clock)):
                share = self._share(cell, cells, power.when)
                nets = self._nets(cells, number)
                energy += share * self._edges(power, nets, self._nets(cells, clock))
        return energy

    def _share(self, cell: TimingCell, cells: Ints, when: str) -> Floats:
        """Return the share of the time, 0 to 1, for which a condition on each cell's pins holds."""
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
        """Return the mean leakage power of each cell in nW.

        It is weighted by the state of the pins where the library has conditions. Of several
        supplies, which repeat the same figures, the first one counts.
        """
        groups = [group for group in cell.leakages if group.supply == cell.leakages[0].supply]
        conditional = [group for group in groups if group.when]
        power = np.zeros(len(cells))
        for group in conditional:
            power += self._share(cell, cells, group.when) * group.power
        if not conditional:
            always = [group.power for group in groups] or [cell.leakage_power or 0.0]
            power += always[0]
        return power

    def _switching(self) -> Floats:
        """Return C V^2 / 2 for each edge of each net, in pJ."""
        rise, fall = self.loads.reshape(-1, 2).T
        charge = rise * self.activity.rises + fall * self.activity.falls
        return 0.5 * self.simulated.library.voltage**2 * charge
