# SPDX-License-Identifier: Apache-2.0
"""Assignment of the cells of a flat netlist to parts of the unit: datapath, storage, clock pins.

Mapping keeps the name of the net that a flip-flop drives, and no name of a gate. The rules are:

- A flip-flop whose data come from the load port holds tables or constants: table storage.
- A flip-flop whose net is named after an instance called `storage` belongs to that row storage, and
  so does a flip-flop that reads its words: it is the read register.
- A clock gate belongs to a storage when all flip-flops that it clocks do.
- A gate belongs to a storage when everything that it drives does, and it either depends on words of
  the same storage (selection) or drives only its clock gates (write decoder).
- All other cells are the datapath.
"""

import re
from collections.abc import Collection

import numpy as np
from surmax.synth.energy.circuit import Ints, SimulatedNetlist
from surmax.synth.energy.event_arrays import ARC, CLOCK, NET, OUTPUT

DATAPATH, ROW_STORAGE, TABLE_STORAGE, CLOCK_PINS = (
    "datapath",
    "row storage",
    "table storage",
    "clock pins",
)
PARTS = (DATAPATH, ROW_STORAGE, TABLE_STORAGE, CLOCK_PINS)

_ROW_STORAGE = re.compile(r"(?:.*\.)?storage(?=\.|$)")
# Numbers of storages: tables, the first row storage, no storage. A set of them is a bit mask.
_TABLES, _FIRST_ROW, _OTHER = 0, 1, 62


def cell_parts(simulated: SimulatedNetlist, titles: Collection[str]) -> Ints:
    """Return the part of each cell as an index into PARTS, never that of the clock pins.

    `titles` are the parts that the design has (SynthResult.parts). Without "row storage" among
    them, no instance is taken for row storage.
    """
    return _Finder(simulated, "row storage" in titles).parts()


class _Finder:
    """Applies the rules of the module; sets of storages travel along nets as bit masks."""

    def __init__(self, simulated: SimulatedNetlist, rows: bool) -> None:
        self.simulated, self.rows = simulated, rows
        self.circuit = simulated.circuit
        self.rows_by_name: dict[str, int] = {}
        # The cell that each gate and each state of the circuit came from.
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
        """Return the index into PARTS of each cell."""
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
        """Return the number of the storage of each state, -1 for none."""
        netlist = self.simulated.netlist
        owner = np.full(len(self.state_cell), -1)
        if self.rows:
            for net, state in zip(*self._outputs(), strict=True):
                name = _ROW_STORAGE.match(netlist.origin(net))
                if name:
                    number = _FIRST_ROW + len(self.rows_by_name) % (_OTHER - _FIRST_ROW)
                    owner[state] = self.rows_by_name.setdefault(name[0], number)
        # A read register is named after the net that it drives outside of the storage: find it by
        # the words that it reads.
        words = self._into_states(self._spread(owner))
        for state in np.flatnonzero((owner < 0) & (words > 0)).tolist():
            owner[state] = int(words[state]).bit_length() - 1
        loaded = np.zeros(len(netlist.net_names), dtype=np.int64)
        for port, nets in netlist.inputs.items():
            loaded[nets] = port.startswith("load_")
        owner[self._into_states(self._through_gates(loaded)) > 0] = _TABLES
        return owner

    def _outputs(self) -> tuple[Ints, Ints]:
        """Return net and state of each output of the states."""
        counts = np.diff(self.circuit.output_start)
        return self.circuit.outputs[:, NET], np.repeat(np.arange(len(counts)), counts)

    def _into_states(self, bits: Ints) -> Ints:
        """Return the union of the bits of the nets that lead into each state."""
        nets, states = self.into_state
        arrived = np.zeros(len(self.state_cell), dtype=np.int64)
        np.bitwise_or.at(arrived, states, bits[nets])
        return arrived

    def _through_gates(self, bits: Ints) -> Ints:
        """Return the bits of nets after they have passed on through all gates."""
        source, gate = self.into_gate
        return _fixed_point(bits, source, self.circuit.gates[gate, OUTPUT])

    def _spread(self, owner: Ints) -> Ints:
        """Return the storages that each net depends on through gates, one bit for each storage."""
        held = np.zeros(len(self.simulated.netlist.net_names), dtype=np.int64)
        nets, states = self._outputs()
        stored = owner[states] >= 0
        np.bitwise_or.at(held, nets[stored], 1 << owner[states[stored]])
        return self._through_gates(held)

    def _clock_gate_owners(self, owner: Ints) -> Ints:
        """Return the storage of all flip-flops that a clock gate clocks, -1 where they differ."""
        owners: dict[int, set[int]] = {}
        clocks = self.circuit.states[:, CLOCK].tolist()
        for clock, storage in zip(clocks, owner.tolist(), strict=True):
            owners.setdefault(clock, set()).add(storage)
        # Clock 0 is the port, clock k + 1 the output of clock gate k.
        clocked = (owners.get(k + 1, {-1}) for k in range(len(self.simulated.clocks.gates)))
        return np.array(
            [next(iter(storages)) if len(storages) == 1 else -1 for storages in clocked], dtype=int
        )

    def _own_gates(self, owner: Ints, of_clock_gate: Ints, of_cell: Ints) -> None:
        """Set the storage of each gate in `of_cell`.

        `drives` holds the storages that a net leads to (bit _OTHER: anything else), `data` whether
        it leads to a flip-flop's data or an output, and not only to clock gates.
        """
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
        drives, data = (_fixed_point(bits, output, source) for bits in (drives, data))
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


def _fixed_point(values: Ints, source: Ints, target: Ints) -> Ints:
    """Return `values` after bits have flowed from sources to targets until nothing changes."""
    values = values.copy()
    while True:
        before = values.copy()
        np.bitwise_or.at(values, target, values[source])
        if (values == before).all():
            return values
