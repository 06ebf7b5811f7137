# SPDX-License-Identifier: Apache-2.0
"""What loads a net: pins, wires and the world outside, before anything is placed."""

from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from surmax.golden import InputError
from surmax.synth.liberty.timing_library import TimingLibrary
from surmax.synth.timing.netlist import CellNetlist


@dataclass(frozen=True)
class WireLoad:
    """Wire of `pitches_per_sink` cell pitches for each pin that a net reaches.

    A pitch is the side of a square of the netlist's mean cell area (so that the library's area unit
    has to be um2). `ff_per_um` is the wire's capacitance; the default is that of the second
    metal of sky130 (OpenROAD's setRC.tcl, 0.136 fF/um; the third of NanGate45 has 0.089). Wires
    have no resistance. Raises InputError unless both are 0 to 1000.
    """

    pitches_per_sink: float = 2.0
    ff_per_um: float = 0.136

    def __post_init__(self) -> None:
        """Refuse what is no length or no capacitance."""
        _check_range(self, 1000.0)

    def pf_per_sink(self, netlist: CellNetlist, library: TimingLibrary) -> float:
        """Return the capacitance in pF of the wire to one pin."""
        areas = np.array([cell.area for cell in library.cells])[netlist.cell_kinds]
        pitch = sqrt(areas.mean()) if areas.size else 0.0
        return self.pitches_per_sink * pitch * self.ff_per_um / 1000


@dataclass(frozen=True)
class Boundary:
    """The world around the design; the clock is ideal.

    Inputs change at the clock edge with a slew of `input_slew_ns`; each output bit drives
    `output_load_pf`, about three gates of sky130, behind a wire to it; clock pins see a slew of
    `clock_slew_ns`. Raises InputError unless all are 0 to 1000.
    """

    input_slew_ns: float = 0.05
    output_load_pf: float = 0.006
    clock_slew_ns: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no time or no capacitance."""
        _check_range(self, 1000.0)


def _check_range(one: object, last: float) -> None:
    for name, value in vars(one).items():
        if not (isfinite(value) and 0 <= value <= last):
            raise InputError(f"{name} must be 0 to {last:g}, not {value}")


def net_loads(
    netlist: CellNetlist, library: TimingLibrary, wire: WireLoad, boundary: Boundary
) -> np.ndarray:
    """Return the load of each net in pF, shape (N, 2): for a rising and for a falling edge."""
    count = len(netlist.net_names)
    pins = [
        [(pin.rise_capacitance, pin.fall_capacitance) for pin in cell.pins]
        for cell in library.cells
    ]
    first = np.cumsum([0, *map(len, pins)])
    flat = np.array([pair for one in pins for pair in one]).reshape(-1, 2)
    each = flat[first[netlist.cell_kinds[netlist.pin_cell]] + netlist.pin_number]
    used = netlist.pin_net >= 0
    nets = netlist.pin_net[used]
    loads = np.stack([np.bincount(nets, each[used, edge], count) for edge in (0, 1)], axis=1)
    ports = np.bincount(netlist.output_nets, minlength=count)
    reached = np.diff(netlist.first_sink) + ports
    wires = wire.pf_per_sink(netlist, library) * reached + boundary.output_load_pf * ports
    return loads + wires[:, None]
