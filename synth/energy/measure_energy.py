# SPDX-License-Identifier: Apache-2.0
"""Energy a score of a synthesised unit, by our own engine or by OpenSTA."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from surmax.common.digest import code_digest, digest_of
from surmax.common.errors import InputError
from surmax.common.kept import keep_result, kept_result
from surmax.synth.energy.circuit import SimulatedNetlist, simulated_netlist
from surmax.synth.energy.opensta import choose_opensta, opensta_power
from surmax.synth.energy.parts import CLOCK_PINS, DATAPATH, PARTS, cell_parts
from surmax.synth.energy.power import CellEnergy, cell_energy
from surmax.synth.energy.result import KINDS, Energy
from surmax.synth.energy.simulation import run_stimulus
from surmax.synth.energy.stimulus import Stimulus
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.mapping.plain_netlist import need_library
from surmax.synth.mapping.result import SynthResult
from surmax.synth.mapping.synthesise import kept_netlist
from surmax.synth.mapping.targets import Target
from surmax.synth.timing.loads import Boundary, WireLoad
from surmax.synth.timing.netlist import read_netlist
from surmax.synth.timing.static import propagate


def measure_energy(
    result: SynthResult,
    target: Target,
    stimulus: Stimulus,
    *,
    period_ns: float,
    cache: Path,
    engine: str = "auto",
    wire: WireLoad | None = None,
    boundary: Boundary | None = None,
) -> Energy:
    """Return the energy of a mapped netlist under a stimulus.

    The activity is that of our own event-driven simulation, whose outputs must equal those of the
    golden model.

    Args:
        result: a synthesis, whose netlist synthesise kept in `cache`.
        target: the cell library that it is for.
        stimulus: values of the ports, and the expected codes.
        period_ns: clock period.
        cache: folder of kept results.
        engine: what computes energy from the activity: "own", "opensta", or "auto" (see
            choose_opensta).
        wire, boundary: wire load and conditions at the ports, WireLoad() and Boundary() by default.

    Raises:
        InputError: the target has no delays, the netlist is not in the folder, a cell cannot be
            simulated, or the outputs are wrong (the period may be too short).
        MissingToolError: OpenSTA is asked for and not there, or too old.
        ToolError: OpenSTA fails.
    """
    opensta, _ = choose_opensta(engine)
    use_sta = str(opensta) if opensta else False
    wire, boundary = wire or WireLoad(), boundary or Boundary()
    identity = [result.digest, stimulus.digest, period_ns, asdict(wire), asdict(boundary), use_sta]
    digest = digest_of(identity, code_digest(__name__, prose=False))
    kept = cache / f"energy-{digest[:24]}.json"
    known = kept_result(kept, digest)
    if known is not None:
        return Energy.from_json(json.dumps(known["result"]))

    cells = need_library(target)
    library = read_timing_library(cells, cache)
    netlist = read_netlist(kept_netlist(result, cache), library)
    simulated = simulated_netlist(netlist, library)
    delays = propagate(netlist, library, wire=wire, boundary=boundary)
    activity = run_stimulus(
        simulated, stimulus, period_ns=period_ns, slews=delays.slews, loads=delays.loads
    )
    if not activity.scores:
        raise InputError(
            f"stimulus {stimulus.name}: {netlist.top} must take scores in the counted cycles"
        )
    name = "own"
    energy = cell_energy(simulated, activity, delays.slews, delays.loads)
    if opensta:
        name, energy = opensta_power(
            simulated, activity, energy, cells.text, wire=wire, boundary=boundary
        )
    parts, clocks = _split(energy, cell_parts(simulated, result.parts), simulated)
    inputs = np.setdiff1d(netlist.input_nets, simulated.clocks.nets)
    measured = Energy(
        engine=name,
        library=library.name,
        corner=library.corner,
        stimulus=stimulus.name,
        period_ns=period_ns,
        clock_gating=result.clock_gating,
        cycles=activity.cycles,
        scores=activity.scores,
        wire=wire,
        boundary=boundary,
        pf_per_sink=wire.pf_per_sink(netlist, library),
        inputs_pj=float(energy.switching[inputs].sum()) / activity.scores,
        parts={
            part: {kind: pj / activity.scores for kind, pj in kinds.items()}
            for part, kinds in parts.items()
        },
        clocks_pj={part: pj / activity.scores for part, pj in clocks.items()},
    )
    keep_result(kept, digest, json.loads(measured.to_json()))
    return measured


def _split(
    energy: CellEnergy, part: np.ndarray, simulated: SimulatedNetlist
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Return part -> kind -> pJ, and the energy of clock pins by the part that they belong to.

    `part` is the index into PARTS of each cell, shape (cells,).
    """
    netlist, clock = simulated.netlist, PARTS.index(CLOCK_PINS)
    driven = netlist.drivers >= 0
    of_net = np.full(len(driven), PARTS.index(DATAPATH))
    of_net[driven] = part[netlist.pin_cell[netlist.drivers[driven]]]
    nets = list(simulated.clocks.nets)
    clocks = np.bincount(of_net[nets], energy.switching[nets], minlength=len(PARTS))
    clocks += np.bincount(part, energy.clock_internal, minlength=len(PARTS))
    of_net[nets] = clock
    sums = {
        "internal": np.bincount(part, energy.internal, minlength=len(PARTS)),
        "switching": np.bincount(of_net, energy.switching, minlength=len(PARTS)),
        "leakage": np.bincount(part, energy.leakage, minlength=len(PARTS)),
    }
    sums["internal"][clock] += energy.clock_internal.sum()
    parts = {name: {k: float(sums[k][n]) for k in KINDS} for n, name in enumerate(PARTS)}
    return parts, {name: float(clocks[n]) for n, name in enumerate(PARTS) if n != clock}
