# SPDX-License-Identifier: Apache-2.0
"""Power by OpenSTA, where it is installed, of the activity that our simulation found."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from surmax.golden import InputError
from surmax.synth.energy.circuit import Floats, SimulatedNetlist
from surmax.synth.energy.power import CellEnergy
from surmax.synth.energy.simulation import Activity
from surmax.synth.timing.loads import Boundary, WireLoad
from surmax.synth.timing.netlist import ONE
from surmax.synth.timing.opensta import (
    PROGRAM,
    find_opensta,
    opensta_version,
    plain_verilog,
    run_opensta,
    setup_script,
)


def opensta_power(
    simulated: SimulatedNetlist,
    activity: Activity,
    own: CellEnergy,
    liberty: str,
    *,
    wire: WireLoad,
    boundary: Boundary,
) -> tuple[str, CellEnergy]:
    """Return name and version of the tool, and the energies that it finds.

    It reports power by cell. How much of a cell's internal energy is its clock pin's, and which
    of its nets is charged, is taken in the proportions of `own`, our own energies; nets of input
    ports, which it leaves out, are as in `own`. `liberty` is the text of the library.

    Raises InputError when `sta` is not on the PATH, fails, or does not report all cells.
    """
    program = find_opensta()
    if program is None:
        raise InputError(f"engine is 'opensta': no program {PROGRAM} is on the PATH")
    netlist, library = simulated.netlist, simulated.library
    pf_per_sink = wire.pf_per_sink(netlist, library)
    script = setup_script(netlist, library, pf_per_sink, boundary) + _REPORT.format(top=netlist.top)
    files = {
        "cells.lib": liberty,
        "netlist.v": plain_verilog(netlist, library),
        "activity.saif": saif(simulated, activity),
        "run.tcl": script,
    }
    with tempfile.TemporaryDirectory(prefix="surmax-") as name:
        for file, text in files.items():
            (Path(name) / file).write_text(text)
        report = run_opensta(program, Path(name), "run.tcl")
    watts = read_power(report, len(netlist.cell_kinds))
    picojoules = watts * 1e12 * activity.cycles * activity.period_ns * 1e-9
    return f"OpenSTA {opensta_version(program)}", _spread(simulated, own, *picojoules.T)


_REPORT = """\
read_saif -scope {top} activity.saif
report_power -instances [get_cells *] -format json -digits 9
"""


def saif(simulated: SimulatedNetlist, activity: Activity) -> str:
    """Return the activity of all ports and pins as SAIF, for plain_verilog; times in ps."""
    netlist = simulated.netlist
    total = round(1000 * activity.cycles * activity.period_ns)
    high = np.rint(activity.high * total).astype(np.int64)
    changes = activity.rises + activity.falls

    def entry(name: str, net: int) -> str:
        one = high[net]
        return f"({name} (T0 {total - one}) (T1 {one}) (TX 0) (TC {changes[net]}) (IG 0))"

    def lines() -> Iterator[str]:
        yield '(SAIFILE (SAIFVERSION "2.0") (DIRECTION "backward") (DIVIDER / )'
        yield f"(TIMESCALE 1 ps) (DURATION {total})"
        yield f"(INSTANCE {netlist.top} (NET"
        yield from (entry(f"n{net}", net) for net in netlist.input_nets)
        yield ")"
        for cell, first in enumerate(netlist.first_pin[:-1]):
            yield f"(INSTANCE c{cell} (NET"
            for number, pin in enumerate(simulated.behaviours[cell].cell.pins):
                net = netlist.pin_net[first + number]
                if net > ONE:
                    yield entry(pin.name.replace("[", r"\[").replace("]", r"\]"), net)
            yield "))"
        yield "))"

    return "\n".join(lines()) + "\n"


def read_power(text: str, cells: int) -> Floats:
    """Return internal, switching and leakage power in W, (cells, 3), of what was printed.

    Raises InputError when that is no JSON of all cells.
    """
    begin, end = text.find("["), text.rfind("]")
    try:
        rows = json.loads(text[begin : end + 1])
        found = {
            int(row["name"].removeprefix("c")): [
                float(row[kind]) for kind in ("internal", "switching", "leakage")
            ]
            for row in rows
        }
        return np.array([found[cell] for cell in range(cells)]).reshape(-1, 3)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{PROGRAM} printed no power of all {cells} cells: {error}") from error


def _spread(
    simulated: SimulatedNetlist,
    own: CellEnergy,
    internal: Floats,
    switching: Floats,
    leakage: Floats,
) -> CellEnergy:
    netlist = simulated.netlist
    clock = _share(own.clock_internal, own.clock_internal + own.internal)
    driven = np.flatnonzero(netlist.drivers >= 0)
    cells = netlist.pin_cell[netlist.drivers[driven]]
    of_cell = np.bincount(cells, own.switching[driven], minlength=len(internal))
    nets = own.switching.copy()
    nets[driven] = switching[cells] * _share(own.switching[driven], of_cell[cells])
    return CellEnergy(internal * (1 - clock), leakage, internal * clock, nets)


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole != 0)
