# SPDX-License-Identifier: Apache-2.0
"""Load of each net before placement: pins, estimated wires, and what outputs drive."""

from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from surmax.golden import InputError
from surmax.synth.liberty.timing_library import TimingLibrary
from surmax.synth.timing.netlist import CellNetlist


@dataclass(frozen=True)
class WireLoad:
    """Wire load model: the same length of wire for each pin that a net reaches, no resistance.

    The length is counted in cell pitches. A pitch is the side of a square that has the mean cell
    area of the netlist; the area unit of the library must therefore be um2.

    Attributes:
        pitches_per_sink: length of wire for each pin, in cell pitches, 0 to 1000.
        ff_per_um: capacitance of wire in fF/um, 0 to 1000. The default is metal 2 of sky130
            (OpenROAD's setRC.tcl); metal 3 of NanGate45 has 0.089.

    Raises:
        InputError: a value is out of range.
    """

    pitches_per_sink: float = 2.0
    ff_per_um: float = 0.136

    def __post_init__(self) -> None:
        """Check the ranges."""
        _check_range(self, 1000.0)

    def pf_per_sink(self, netlist: CellNetlist, library: TimingLibrary) -> float:
        """Return the capacitance of the wire to one pin, in pF."""
        areas = np.array([cell.area for cell in library.cells])[netlist.cell_kinds]
        pitch = sqrt(areas.mean()) if areas.size else 0.0
        return self.pitches_per_sink * pitch * self.ff_per_um / 1000


@dataclass(frozen=True)
class Boundary:
    """Conditions at the ports of the design; the clock is ideal and inputs change at its edge.

    Attributes:
        input_slew_ns: slew of input ports in ns, 0 to 1000.
        output_load_pf: load of each output bit in pF, 0 to 1000, beside the wire to it. The
            default is about three gates of sky130.
        clock_slew_ns: slew at every clock pin in ns, 0 to 1000.

    Raises:
        InputError: a value is out of range.
    """

    input_slew_ns: float = 0.05
    output_load_pf: float = 0.006
    clock_slew_ns: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        _check_range(self, 1000.0)


def _check_range(settings: object, high: float) -> None:
    for name, value in vars(settings).items():
        if not (isfinite(value) and 0 <= value <= high):
            raise InputError(f"{name} must be 0 to {high:g}, not {value}")


def net_loads(
    netlist: CellNetlist, library: TimingLibrary, wire: WireLoad, boundary: Boundary
) -> np.ndarray:
    """Return the load of each net in pF, shape (nets, 2): column 0 for rising edges, 1 for falling.

    It is the sum of the capacitances of the pins that read the net, of the wire to each of them
    and to each output port, and of the load behind each output port.
    """
    count = len(netlist.net_names)
    first, capacitances = library.pin_capacitances
    of_pin = capacitances[first[netlist.cell_kinds[netlist.pin_cell]] + netlist.pin_number]
    connected = netlist.pin_net >= 0
    nets = netlist.pin_net[connected]
    loads = np.stack([np.bincount(nets, of_pin[connected, edge], count) for edge in (0, 1)], axis=1)
    ports = np.bincount(netlist.output_nets, minlength=count)
    reached = np.diff(netlist.first_sink) + ports
    wires = wire.pf_per_sink(netlist, library) * reached + boundary.output_load_pf * ports
    return loads + wires[:, None]
