# SPDX-License-Identifier: Apache-2.0
"""Time a synthesised design, by whichever engine is at hand."""

from pathlib import Path

from surmax.golden import check_choice
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.mapping.plain_netlist import need_library
from surmax.synth.mapping.result import SynthResult
from surmax.synth.mapping.synthesise import kept_netlist
from surmax.synth.mapping.targets import Target
from surmax.synth.timing.loads import Boundary, WireLoad
from surmax.synth.timing.netlist import read_netlist
from surmax.synth.timing.opensta import find_opensta, opensta_timing
from surmax.synth.timing.result import Timing
from surmax.synth.timing.static import static_timing

ENGINES = ("auto", "own", "opensta")


def time_design(
    result: SynthResult,
    target: Target,
    *,
    cache: Path,
    engine: str = "auto",
    wire: WireLoad | None = None,
    boundary: Boundary | None = None,
) -> Timing:
    """Return static timing of the netlist that synthesise kept in folder `cache`.

    `engine` is "own", "opensta", or "auto": OpenSTA (any version from 2.0.17 on) where the program
    `sta` is on the PATH, else our own. Raises InputError when `target` has no delays, the netlist
    is not there, or the design cannot be timed (see static_timing and opensta_timing).
    """
    check_choice("engine", engine, ENGINES)
    cells = need_library(target)
    library = read_timing_library(cells, cache)
    netlist = read_netlist(kept_netlist(result, cache), library)
    if engine == "opensta" or (engine == "auto" and find_opensta()):
        return opensta_timing(netlist, library, cells.text, wire=wire, boundary=boundary)
    return static_timing(netlist, library, wire=wire, boundary=boundary)
