# SPDX-License-Identifier: Apache-2.0
"""Power by OpenSTA 3.0 or newer, where it is installed, of the activity that our simulation found.

Older versions time a netlist but read no SAIF file, so they know no activity.
"""

import json
from collections.abc import Iterator

import numpy as np
from surmax.common.errors import MissingToolError, ToolError, check_choice
from surmax.synth.energy.circuit import Floats, SimulatedNetlist
from surmax.synth.energy.power import CellEnergy
from surmax.synth.energy.simulation import Activity
from surmax.synth.timing.loads import Boundary, WireLoad
from surmax.synth.timing.netlist import ONE
from surmax.synth.timing.opensta import (
    OpenSta,
    find_opensta,
    need_opensta,
    plain_verilog,
    setup_script,
)
from surmax.synth.timing.time_design import ENGINES

# The first version that reads SAIF files and reports power as JSON.
POWER_VERSION = (3, 0)


def need_power_opensta() -> OpenSta:
    """Return the OpenSTA that is on the PATH.

    Raises MissingToolError when there is none, or it is older than POWER_VERSION.
    """
    found = need_opensta()
    if not found.at_least(POWER_VERSION):
        raise MissingToolError(
            f"OpenSTA must be {'.'.join(map(str, POWER_VERSION))} or newer for power, "
            f"not {found.version}"
        )
    return found


def choose_opensta(engine: str) -> tuple[OpenSta | None, str]:
    """Return the OpenSTA that power is taken from, and why an installed one is not ("" if it is).

    None stands for our own engine. `engine` is "own", "opensta", or "auto": OpenSTA where one that
    is new enough for power is on the PATH, else our own.

    Raises InputError when `engine` is none of these, MissingToolError when it is "opensta" and
    OpenSTA is not on the PATH or too old.
    """
    check_choice("engine", engine, ENGINES)
    if engine == "own" or (engine == "auto" and find_opensta() is None):
        return None, ""
    try:
        return need_power_opensta(), ""
    except MissingToolError as error:
        if engine == "opensta":
            raise
        return None, str(error)


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

    Raises MissingToolError when there is no OpenSTA on the PATH or it is too old, ToolError when it
    fails or does not report all cells.
    """
    opensta = need_power_opensta()
    netlist, library = simulated.netlist, simulated.library
    files = {
        "cells.lib": liberty,
        "netlist.v": plain_verilog(netlist, library),
        "activity.saif": saif(simulated, activity),
        "run.tcl": power_script(simulated, activity, wire=wire, boundary=boundary),
    }
    watts = read_power(opensta.run(files, "run.tcl"), len(netlist.cell_kinds))
    picojoules = watts * 1e12 * activity.cycles * activity.period_ns * 1e-9
    return str(opensta), _spread(simulated, own, *picojoules.T)


_REPORT = """\
read_saif -scope {top} activity.saif
report_power -instances [get_cells *] -format json -digits 9
"""


def power_script(
    simulated: SimulatedNetlist, activity: Activity, *, wire: WireLoad, boundary: Boundary
) -> str:
    """Return the Tcl that reports the power of every cell, for plain_verilog and saif.

    The clock has the period of the activity: OpenSTA takes the activity of clock pins from the
    clock and not from the SAIF file, so that any other period would scale their power.
    """
    netlist, library = simulated.netlist, simulated.library
    setup = setup_script(
        netlist,
        library,
        wire.pf_per_sink(netlist, library),
        boundary,
        period_ns=activity.period_ns,
    )
    return setup + _REPORT.format(top=netlist.top)


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

    Raises ToolError when that is no JSON of all cells.
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
        raise ToolError(f"OpenSTA printed no power of all {cells} cells: {error}") from error


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
