# SPDX-License-Identifier: Apache-2.0
"""Run a stimulus on a mapped netlist, check what comes out, and count what toggles."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.golden import InputError
from surmax.synth.energy.circuit import TICKS_PER_NS, Floats, SimulatedNetlist
from surmax.synth.energy.event_core import FALLS, HIGH, RISES, Drive, simulate
from surmax.synth.energy.stimulus import Stimulus
from surmax.synth.timing.netlist import ONE

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Activity:
    """What toggled while the stimulus was counted.

    `cycles` were counted and `scores` went in. One entry an arc: `arcs`; one a net: `rises` and
    `falls`, glitches included, and `high`, the share of the time that it was 1. Clock nets are
    counted in as well.
    """

    cycles: int
    scores: int
    period_ns: float
    arcs: Counts
    rises: Counts
    falls: Counts
    high: Floats


def run_stimulus(
    simulated: SimulatedNetlist,
    stimulus: Stimulus,
    *,
    period_ns: float,
    slews: Floats,
    loads: Floats,
) -> Activity:
    """Simulate the stimulus at a period; `slews` and `loads` as in SimulatedNetlist.with_delays.

    Raises InputError when the netlist has other ports than the stimulus, or when what comes out is
    not what the golden model gives: a wrong netlist, or a period below what its delays allow.
    """
    netlist, clocks = simulated.netlist, simulated.clocks
    ports = {name: nets for name, nets in netlist.inputs.items() if name != clocks.port}
    missing = set(ports) ^ set(stimulus.ports)
    if missing:
        raise InputError(f"stimulus and {netlist.top} differ in port {sorted(missing)[0]}")
    period = round(period_ns * TICKS_PER_NS)
    if period < 4:
        raise InputError(f"period must be at least {4 / TICKS_PER_NS}, not {period_ns} ns")
    values = [stimulus.ports[name] for name in ports]
    watched = np.concatenate([netlist.outputs["m_valid"], netlist.outputs["m_codes"]])
    drive = Drive(
        values=np.concatenate(values, axis=1),
        waits=stimulus.waits,
        nets=np.concatenate(list(ports.values())),
        ones=np.array([ONE]),
        watched=watched,
        ready=int(netlist.outputs["s_ready"][0]),
        cycles=stimulus.cycles,
        begin=stimulus.begin,
        end=stimulus.end,
        period=period,
        high=period // 2,
    )
    counts = simulate(simulated.with_delays(slews, loads), drive)
    _check_codes(stimulus, counts.watched)
    cycles = stimulus.end - stimulus.begin
    rises, falls = counts.nets[:, RISES], counts.nets[:, FALLS]
    high = counts.nets[:, HIGH] / (cycles * period)
    for net, running in zip(clocks.nets, counts.clocks, strict=False):
        rises[net] = falls[net] = running
        high[net] = running / cycles / 2
    sent = counts.steps[stimulus.end] - counts.steps[stimulus.begin]
    return Activity(
        cycles=cycles,
        scores=int(sent) * stimulus.lanes,
        period_ns=period_ns,
        arcs=counts.arcs,
        rises=rises,
        falls=falls,
        high=high,
    )


def _check_codes(stimulus: Stimulus, watched: npt.NDArray[np.uint8]) -> None:
    """Compare all codes that came out, beat by beat, with what the golden model gives."""
    valid, codes = watched[:, 0], watched[:, 1:].astype(np.int64)
    codes = codes[valid == 1].reshape(valid.sum(dtype=int), stimulus.lanes, -1)
    found = (codes << np.arange(codes.shape[-1])).sum(axis=-1)
    wanted = stimulus.expected
    if found.shape == wanted.shape and (found == wanted).all():
        return
    both = min(len(found), len(wanted))
    wrong = np.flatnonzero((found[:both] != wanted[:both]).any(axis=1))
    where = f"beat {wrong[0]} is wrong" if wrong.size else "the rest is right"
    raise InputError(
        f"netlist gives {len(found)} of {len(wanted)} beats, {where}: "
        "it is not the unit, or the period is shorter than its delays"
    )
