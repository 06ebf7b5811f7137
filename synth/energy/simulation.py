# SPDX-License-Identifier: Apache-2.0
"""Simulate a stimulus on a mapped netlist, check the outputs, count changes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.golden import InputError
from surmax.synth.energy.circuit import TICKS_PER_NS, Floats, SimulatedNetlist
from surmax.synth.energy.event_arrays import FALLS, HIGH, RISES, Drive
from surmax.synth.energy.event_core import simulate
from surmax.synth.energy.stimulus import Stimulus
from surmax.synth.timing.netlist import ONE

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Activity:
    """Changes during the counted cycles of a stimulus, glitches and clock nets included.

    Attributes:
        cycles: cycles that were counted.
        scores: scores that went in during these cycles.
        period_ns: clock period.
        arcs: (arcs,), changes caused by each arc.
        rises, falls: (nets,), changes of each net.
        high: (nets,), share of the time for which each net was 1, 0 to 1.
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
    """Simulate a stimulus and return the activity.

    Args:
        simulated: the netlist.
        stimulus: values of the ports and the expected codes.
        period_ns: clock period, four ticks at least.
        slews, loads: those of SimulatedNetlist.with_delays.

    Raises:
        InputError: the netlist has other ports than the stimulus, or the codes differ from those of
            the golden model (the netlist is wrong, or the period is shorter than its delays).
    """
    netlist, clocks = simulated.netlist, simulated.clocks
    ports = {name: nets for name, nets in netlist.inputs.items() if name != clocks.port}
    different = set(ports) ^ set(stimulus.ports)
    if different:
        raise InputError(
            f"stimulus must have the ports of {netlist.top}: {sorted(different)[0]} is in one only"
        )
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
    """Compare the codes that came out with those of the golden model, beat by beat."""
    valid, codes = watched[:, 0], watched[:, 1:].astype(np.int64)
    codes = codes[valid == 1].reshape(valid.sum(dtype=int), stimulus.lanes, -1)
    actual = (codes << np.arange(codes.shape[-1])).sum(axis=-1)
    expected = stimulus.expected
    if actual.shape == expected.shape and (actual == expected).all():
        return
    both = min(len(actual), len(expected))
    wrong = np.flatnonzero((actual[:both] != expected[:both]).any(axis=1))
    where = f"beat {wrong[0]} is wrong" if wrong.size else "the others are right"
    raise InputError(
        f"netlist must give the golden model's codes: {len(actual)} of {len(expected)} beats came, "
        f"{where}; the netlist is not the unit's, or the period is shorter than its delays"
    )
