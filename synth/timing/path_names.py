# SPDX-License-Identifier: Apache-2.0
"""What the ends and the steps of a path are called: as in the RTL, where names are left."""

from dataclasses import dataclass

from surmax.synth.liberty.timing_library import TimingCell, TimingLibrary
from surmax.synth.timing.netlist import CellNetlist
from surmax.synth.timing.result import PathPoint


@dataclass(frozen=True, eq=False)
class PathNames:
    """Names in one netlist.

    Mapping leaves instances without a name; registers are known by the net that they drive.
    """

    netlist: CellNetlist
    library: TimingLibrary

    def kind(self, cell: int) -> TimingCell:
        """Return the library cell of a cell."""
        return self.library.cells[self.netlist.cell_kinds[cell]]

    def register(self, pin: int) -> str:
        """Return the name of the register or clock gate that has `pin`."""
        netlist, cell = self.netlist, int(self.netlist.pin_cell[pin])
        kind = self.kind(cell)
        for number, one in enumerate(kind.pins):
            net = int(netlist.pin_net[netlist.first_pin[cell] + number])
            if one.direction != "input" and net >= 0:
                gate = kind.state is not None and kind.state.kind == "clock_gate"
                return f"clock gate of {self._gated(net)}" if gate else netlist.net_names[net]
        return netlist.cell_names[cell]

    def _gated(self, net: int) -> str:
        """The first register that a gated clock drives."""
        first, last = self.netlist.first_sink[net : net + 2]
        if first == last:
            return self.netlist.net_names[net]
        return self.register(int(self.netlist.sinks[first]))

    def step(
        self, net: int, edge: str, pins: tuple[int, int] | None, figures: dict[str, float]
    ) -> PathPoint:
        """Return a step that changes `net`: from pin to pin of a cell, or None for an input."""
        netlist = self.netlist
        if pins is None:
            return PathPoint(netlist.net_names[net], edge, "input port", "", "", **figures)
        cell = int(netlist.pin_cell[pins[0]])
        kind = self.kind(cell)
        names = (kind.pins[pin - netlist.first_pin[cell]].name for pin in pins)
        return PathPoint(
            net=netlist.net_names[net],
            edge=edge,
            cell=kind.name,
            instance=netlist.cell_names[cell],
            pins=" to ".join(names),
            **figures,
        )
