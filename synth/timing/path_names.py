# SPDX-License-Identifier: Apache-2.0
"""Names of the ends and steps of timing paths, from the RTL where mapping kept them."""

from dataclasses import dataclass

from surmax.synth.liberty.timing_library import TimingCell, TimingLibrary
from surmax.synth.timing.netlist import CellNetlist
from surmax.synth.timing.result import PathPoint


@dataclass(frozen=True, eq=False)
class PathNames:
    """Names in one netlist.

    Mapping drops the names of instances and keeps those of nets. A register is therefore named
    after the net that it drives.
    """

    netlist: CellNetlist
    library: TimingLibrary

    def kind(self, cell: int) -> TimingCell:
        """Return the library cell of cell number `cell`."""
        return self.library.cells[self.netlist.cell_kinds[cell]]

    def register(self, pin: int) -> str:
        """Return the name of the register or clock gate that has pin number `pin`."""
        netlist, cell = self.netlist, int(self.netlist.pin_cell[pin])
        kind = self.kind(cell)
        for number, library_pin in enumerate(kind.pins):
            net = int(netlist.pin_net[netlist.first_pin[cell] + number])
            if library_pin.direction != "input" and net >= 0:
                gate = kind.state is not None and kind.state.kind == "clock_gate"
                return f"clock gate of {self._gated(net)}" if gate else netlist.net_names[net]
        return netlist.cell_names[cell]

    def _gated(self, net: int) -> str:
        """Return the name of the first register that a gated clock drives."""
        first, last = self.netlist.first_sink[net : net + 2]
        if first == last:
            return self.netlist.net_names[net]
        return self.register(int(self.netlist.sinks[first]))

    def step(
        self, net: int, edge: str, pins: tuple[int, int] | None, figures: dict[str, float]
    ) -> PathPoint:
        """Return the step of a path at which `net` changes.

        Args:
            net: number of the net.
            edge: "rise", "fall" or "" where it is not known.
            pins: input and output pin of the cell that drives the net; None for an input port.
            figures: the other fields of PathPoint.
        """
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
