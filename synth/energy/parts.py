# SPDX-License-Identifier: Apache-2.0
"""Which part of a unit each cell of its flat netlist belongs to.

Mapping leaves flip-flops the name of the net that they drive, and gates none. What takes data from
the load port holds tables or constants. Other flip-flops are of the row storage whose name they
have; what reads its words is its read register. A clock gate is of the storage that it clocks. A
gate is of a storage when all that it drives is, and it either selects among what the same storage
holds or drives its clock gates only.
"""

import re
from collections.abc import Collection

import numpy as np
from surmax.synth.energy.circuit import Ints, SimulatedNetlist
from surmax.synth.energy.event_core import ARC, CLOCK, NET, OUTPUT

DATAPATH, ROW_STORAGE, TABLE_STORAGE, CLOCK_PINS = (
    "datapath",
    "row storage",
    "table storage",
    "clock pins",
)
PARTS = (DATAPATH, ROW_STORAGE, TABLE_STORAGE, CLOCK_PINS)

_ROW_STORAGE = re.compile(r"(?:.*\.)?storage(?=\.|$)")
# Numbers of storages, each a bit where several meet: tables, row storages, and no storage.
_TABLES, _FIRST_ROW, _OTHER = 0, 1, 62


def cell_parts(simulated: SimulatedNetlist, titles: Collection[str]) -> Ints:
    """Return the part of each cell, an index into PARTS: datapath, row storage or table storage.

    `titles` are the parts that the design has (SynthResult.parts): with a "row storage" among them,
    instances called `storage` are that.
    """
    return _Finder(simulated, "row storage" in titles).parts()


class _Finder:
    def __init__(self, simulated: SimulatedNetlist, rows: bool) -> None:
        self.simulated, self.rows = simulated, rows
        self.circuit = simulated.circuit
        self.rows_by_name: dict[str, int] = {}
        # Cell of each gate and of each state.
        self.gate_cell = simulated.arc_cell[self.circuit.gates[:, ARC]]
        self.state_cell = np.flatnonzero(
            [behaviour.kind == "state" for behaviour in simulated.behaviours]
        )
        gates = len(self.circuit.gates)
        counts = np.diff(self.circuit.sink_start)
        source = np.repeat(np.arange(len(counts)), counts)
        target = self.circuit.sinks[:, 0]
        self.into_gate = source[target < gates], target[target < gates]
        self.into_state = source[target >= gates], target[target >= gates] - gates

    def parts(self) -> Ints:
        owner = self._state_owners()
        count = len(self.simulated.behaviours)
        of_cell = np.full(count, -1)
        of_cell[self.state_cell] = owner
        of_gate = self._clock_gate_owners(owner)
        of_cell[list(self.simulated.clocks.gates)] = of_gate
        self._own_gates(owner, of_gate, of_cell)
        table, row = PARTS.index(TABLE_STORAGE), PARTS.index(ROW_STORAGE)
        return np.select([of_cell == _TABLES, of_cell >= _FIRST_ROW], [table, row], default=0)

    def _state_owners(self) -> Ints:
        """Number of the storage of each state, -1 for none."""
        netlist = self.simulated.netlist
        owner = np.full(len(self.state_cell), -1)
        if self.rows:
            for net, state in zip(*self._outputs(), strict=True):
                found = _ROW_STORAGE.match(netlist.origin(net))
                if found:
                    number = _FIRST_ROW + len(self.rows_by_name) % (_OTHER - _FIRST_ROW)
                    owner[state] = self.rows_by_name.setdefault(found[0], number)
        # A read register has another name: that of the net that it drives outside.
        words = self._into_states(self._spread(owner))
        for state in np.flatnonzero((owner < 0) & (words > 0)).tolist():
            owner[state] = int(words[state]).bit_length() - 1
        loaded = np.zeros(len(netlist.net_names), dtype=np.int64)
        for port, nets in netlist.inputs.items():
            loaded[nets] = port.startswith("load_")
        owner[self._into_states(self._through_gates(loaded)) > 0] = _TABLES
        return owner

    def _outputs(self) -> tuple[Ints, Ints]:
        """Net and state of each output of the states."""
        counts = np.diff(self.circuit.output_start)
        return self.circuit.outputs[:, NET], np.repeat(np.arange(len(counts)), counts)

    def _into_states(self, bits: Ints) -> Ints:
        """Bits that arrive at each state."""
        nets, states = self.into_state
        found = np.zeros(len(self.state_cell), dtype=np.int64)
        np.bitwise_or.at(found, states, bits[nets])
        return found

    def _through_gates(self, bits: Ints) -> Ints:
        """Let bits of nets go on through gates."""
        source, gate = self.into_gate
        return _fixed(bits, source, self.circuit.gates[gate, OUTPUT])

    def _spread(self, owner: Ints) -> Ints:
        """Storages that each net depends on through gates, a bit each."""
        held = np.zeros(len(self.simulated.netlist.net_names), dtype=np.int64)
        nets, states = self._outputs()
        some = owner[states] >= 0
        np.bitwise_or.at(held, nets[some], 1 << owner[states[some]])
        return self._through_gates(held)

    def _clock_gate_owners(self, owner: Ints) -> Ints:
        """Storage that each clock gate clocks all of, -1 for none."""
        of_clock: dict[int, set[int]] = {}
        for clock, one in zip(self.circuit.states[:, CLOCK].tolist(), owner.tolist(), strict=True):
            of_clock.setdefault(clock, set()).add(one)
        gates = range(1, len(self.simulated.clocks.gates) + 1)
        found = (of_clock.get(clock, {-1}) for clock in gates)
        return np.array([next(iter(one)) if len(one) == 1 else -1 for one in found], dtype=int)

    def _own_gates(self, owner: Ints, of_clock_gate: Ints, of_cell: Ints) -> None:
        netlist, circuit = self.simulated.netlist, self.circuit
        held = self._spread(owner)
        drives = np.zeros(len(netlist.net_names), dtype=np.int64)
        drives[netlist.output_nets] = 1 << _OTHER
        nets, states = self.into_state
        np.bitwise_or.at(drives, nets, 1 << np.where(owner < 0, _OTHER, owner)[states])
        data = np.zeros(len(drives), dtype=np.int64)
        data[nets] = data[netlist.output_nets] = 1
        enables = np.array(self.simulated.clocks.enables, dtype=int)
        own = np.where(of_clock_gate < 0, _OTHER, of_clock_gate)
        np.bitwise_or.at(drives, enables, 1 << own)
        source, gate = self.into_gate
        output = circuit.gates[gate, OUTPUT]
        drives, data = (_fixed(one, output, source) for one in (drives, data))
        cells = len(of_cell)
        inputs, outputs = (np.zeros(cells, dtype=np.int64) for _ in range(2))
        to_data = np.zeros(cells, dtype=np.int64)
        np.bitwise_or.at(inputs, self.gate_cell[gate], held[source])
        np.bitwise_or.at(outputs, self.gate_cell, drives[circuit.gates[:, OUTPUT]])
        np.bitwise_or.at(to_data, self.gate_cell, data[circuit.gates[:, OUTPUT]])
        for number in {_TABLES, *self.rows_by_name.values()}:
            bit = 1 << number
            mine = (outputs == bit) & ((inputs & bit > 0) | (to_data == 0))
            of_cell[mine] = number


def _fixed(values: Ints, source: Ints, target: Ints) -> Ints:
    """Let bits flow from sources to targets until nothing changes."""
    values = values.copy()
    while True:
        before = values.copy()
        np.bitwise_or.at(values, target, values[source])
        if (values == before).all():
            return values
