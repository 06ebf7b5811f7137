# SPDX-License-Identifier: Apache-2.0
"""Everything that is measured of one design on one target, as one JSON object.

Each stage (synthesis, timing, energy, place and route) keeps its own result by content in the same
folder, so that what has not changed is not done again.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cache as once
from importlib.metadata import version
from pathlib import Path
from typing import Any

from surmax.calibrate.recorded_errors import recorded_errors
from surmax.common.extras import needs
from surmax.golden import InputError
from surmax.golden.recorded.rows import LENGTHS
from surmax.rtl import Build, verilog
from surmax.synth.energy.result import Energy
from surmax.synth.energy.stimulus import make_stimulus
from surmax.synth.mapping.result import SynthResult
from surmax.synth.mapping.synthesise import synthesise
from surmax.synth.mapping.targets import Target, resolve_target
from surmax.synth.pnr.devices import DEVICES
from surmax.synth.pnr.route import PnrResult, place_and_route
from surmax.synth.report.designs import Design, adders_for
from surmax.synth.timing.time_design import time_design

SEEDS = (1, 2, 3)
# All designs are compared at one clock, which all of them reach on sky130.
CLOCK_NS = 40.0
# Recorded heads that energy is measured with, every fifth: MiniLM's layers 0 and 3, SmolLM2's 10.
ENERGY_HEADS = (0, 5, 10)
CYCLES = 300


def measure(
    design: dict[str, Any],
    target: str,
    *,
    cache: str,
    seeds: Sequence[int] = SEEDS,
    clock_ns: float = CLOCK_NS,
    library_sha256: str | None = None,
) -> dict[str, Any]:
    """Return the measurement of a design (Design.to_json) on a target (see resolve_target).

    Keys: `design` (with `scores_per_cycle` and `latency_cycles`), `target`, `library`, `corner`,
    `commands` (which give the same figures one by one), `versions`, and
    `area` (`total`, `parts`, `logic`: the fields of Measure, `recipe`, `clock_gating`),
    `timing` (Timing, for a library with delays, else None),
    `energy` (by stimulus, see energy_figures, for a library with power tables, else None),
    `fpga` (PnrResult with min, median and max, else None),
    `error` (recorded_errors at the design's length, None for lengths that were not recorded).

    Args:
        cache: folder of the stages' results.
        seeds: of place and route.
        clock_ns: period at which energy is measured, or the design's own longest path.
        library_sha256: of a `liberty:PATH` target's file, so that a task's result is that file's.

    Raises InputError when the design or the target cannot be, or the file has another digest;
    YosysError or PnrError when a tool fails.
    """
    one = Design(**design)
    folder = Path(cache)
    chosen = resolve_target(target)
    if library_sha256 not in (None, file_sha256(target)):
        raise InputError(f"target is {target!r}: the file is not what it was when the run began")
    build = one.make(adders_for(chosen))
    timed = bool(chosen.library and chosen.library.has_timing)
    area = synthesise(
        verilog(build),
        build.top_module,
        chosen,
        cache=folder,
        parts=dict(build.parts),
        period_ns=one.sized_for if timed else None,
        # They know no library: counted once.
        transistors=target == "generic",
    )
    timing = json.loads(time_design(area, chosen, cache=folder).to_json()) if timed else None
    period = max(clock_ns, *_path_lengths(timing))
    fpga = _route(one, chosen, folder, seeds)
    return {
        "design": design | _pace(build) | {"config": one.make_config().to_json()},
        "target": target,
        "library": area.library,
        "corner": area.corner,
        "commands": commands(one, target, period if timing else None),
        "versions": _versions(area, timing, fpga),
        "area": _area(area),
        "timing": timing,
        "energy": timing and energy_figures(build, area, chosen, one.length, period, folder),
        "fpga": fpga,
        "error": measure_error(design),
    }


def measure_error(design: dict[str, Any]) -> dict[str, Any] | None:
    """Return recorded_errors of a design, None when no rows of its length were recorded."""
    one = Design(**design)
    if one.length not in LENGTHS:
        return None
    return _errors(one.unit, one.make_config(), one.length, one.lanes)


# The error does not depend on the target.
_errors = once(recorded_errors)


def energy_figures(
    build: Build, area: SynthResult, target: Target, length: int, period_ns: float, cache: Path
) -> dict[str, Any]:
    """Return energy a score by stimulus: "random", and "recorded" where rows were recorded.

    Each has the fields of Energy; "recorded" is the mean over ENERGY_HEADS, its `by_head` the
    pJ a score of each.
    """
    with needs("synth"):
        from surmax.synth.energy.measure_energy import measure_energy

    def one(kind: str, head: int) -> Energy:
        stimulus = make_stimulus(build, kind, length=length, cycles=CYCLES, head=head)
        return measure_energy(area, target, stimulus, period_ns=period_ns, cache=cache)

    found = {"random": _mean([one("random", 0)])}
    if length in LENGTHS:
        found["recorded"] = _mean([one("recorded", head) for head in ENERGY_HEADS])
    return found


def _mean(energies: Sequence[Energy]) -> dict[str, Any]:
    first, count = energies[0], len(energies)
    mean = replace(
        first,
        parts={
            part: {kind: sum(one.parts[part][kind] for one in energies) / count for kind in kinds}
            for part, kinds in first.parts.items()
        },
        clocks_pj={
            part: sum(one.clocks_pj[part] for one in energies) / count for part in first.clocks_pj
        },
        inputs_pj=sum(one.inputs_pj for one in energies) / count,
    )
    return json.loads(mean.to_json()) | {"by_head": [one.pj_per_score for one in energies]}


def file_sha256(target: str) -> str | None:
    """Sha256 of the file of a `liberty:PATH` target, None for other targets.

    Raises InputError when it cannot be read.
    """
    kind, _, path = target.partition(":")
    if kind != "liberty":
        return None
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"Liberty file {path}: {error.strerror}") from None


def commands(design: Design, target: str, period_ns: float | None = None) -> list[str]:
    """Return the commands that give a measurement's figures one by one.

    `period_ns` is the clock of the energies, None where nothing is timed.
    """
    options: dict[str, Any] = {"preset": design.preset, "lanes": design.lanes}
    if design.rows:
        options["max_length"] = design.length
    options |= {**design.config, **design.parameters, "target": target}
    said = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in options.items())
    found = [f"surmax synth {design.unit} {said}"]
    if period_ns is not None:
        if design.sized_for is not None:
            said += f" --sized-for {design.sized_for:g}"
            found = []  # `surmax synth` sizes nothing
        found.append(f"surmax time {design.unit} {said}")
        rows = f"--length {design.length} --period {period_ns:g}"
        found += [
            f"surmax energy {design.unit} {said} {rows} --head {head}" for head in ENERGY_HEADS
        ]
    return found


def _pace(build: Build) -> dict[str, Any]:
    """How many scores a cycle come out of rows of the design's length, and how late."""
    beats = build.max_beats
    pace = build.lanes * beats / build.interval(beats)
    return {"scores_per_cycle": pace, "latency_cycles": build.latency(beats)}


def _area(result: SynthResult) -> dict[str, Any]:
    return {
        "total": asdict(result.total),
        "parts": {title: asdict(part) for title, part in result.parts.items()},
        "logic": asdict(result.logic),
        "recipe": result.recipe,
        "clock_gating": result.clock_gating,
    }


def _path_lengths(timing: dict[str, Any] | None) -> list[float]:
    return [0.0, *(path["ns"] for path in (timing["paths"].values() if timing else ()))]


def _route(
    design: Design, target: Target, cache: Path, seeds: Sequence[int]
) -> dict[str, Any] | None:
    if target.name not in DEVICES:
        return None
    build = design.make(adders_for(target))
    routed = place_and_route(
        verilog(build), build.top_module, target.name, cache=cache, seeds=seeds
    )
    return json.loads(routed.to_json()) | _rates(routed)


def _rates(routed: PnrResult) -> dict[str, float | None]:
    return {
        "fmax_min": routed.fmax_min,
        "fmax_median": routed.fmax_median,
        "fmax_max": routed.fmax_max,
    }


def _versions(
    area: SynthResult, timing: dict[str, Any] | None, fpga: dict[str, Any] | None
) -> dict[str, str]:
    found = {"surmax": version("surmax"), "yosys": area.tool}
    if timing:
        found["timing"] = timing["engine"]
    if fpga:
        found["place and route"] = fpga["tools"][-1]
    return found
