# SPDX-License-Identifier: Apache-2.0
"""All measurements of one design on one target, as one JSON object.

Each stage (synthesis, timing, energy, place and route) keeps its own result in the same folder
under the digest of its inputs. A stage whose inputs have not changed is not run again.
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
from surmax.common.errors import shown
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
# Clock period at which all designs are compared; every design of the report reaches it on sky130.
CLOCK_NS = 40.0
# Recorded heads for energy, every fifth of them: MiniLM layers 0 and 3, SmolLM2 layer 10.
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
    """Return all measurements of a design on a target.

    The keys of the result are:

    - `design`: the design with `scores_per_cycle`, `latency_cycles` and its whole configuration;
    - `target`, `library`, `corner`: names;
    - `commands`: command lines that give the same figures one by one;
    - `versions`: tools by name;
    - `area`: `total`, `parts` and `logic` (fields of Cost), `recipe`, `clock_gating`;
    - `timing`: fields of Timing; None for a target without delays;
    - `energy`: by stimulus (see energy_figures); None for a target without delays;
    - `fpga`: fields of PnrResult with `fmax_min`, `fmax_median`, `fmax_max` in MHz; None for a
      target that is not placed and routed;
    - `error`: recorded_errors at the design's row length; None for a length without recorded rows.

    Args:
        design: what Design.to_json returns.
        target: name of the target (see resolve_target).
        cache: folder of the stages' results.
        seeds: seeds of place and route.
        clock_ns: clock period for energy; a design whose longest path is longer takes that.
        library_sha256: digest of the file of a `liberty:PATH` target. It makes the result of a
            task depend on the file's content.

    Raises:
        InputError: the design or the target is not possible, or the file has another digest.
        YosysError, PnrError: a tool failed.
    """
    made = Design(**design)
    folder = Path(cache)
    chosen = resolve_target(target)
    if library_sha256 not in (None, file_sha256(target)):
        raise InputError(f"target {shown(target)} must be the same file as when the run began")
    build = made.make(adders_for(chosen))
    timed = bool(chosen.library and chosen.library.has_timing)
    area = synthesise(
        verilog(build),
        build.top_module,
        chosen,
        cache=folder,
        parts=dict(build.parts),
        period_ns=made.sized_for if timed else None,
        # The transistor count is the same for every cell library.
        transistors=target == "generic",
    )
    # Our own engines, so that a figure does not depend on what else a machine has.
    timed_by = {"cache": folder, "engine": "own"}
    timing = json.loads(time_design(area, chosen, **timed_by).to_json()) if timed else None
    period = max(clock_ns, *_path_lengths(timing))
    fpga = _route(made, chosen, folder, seeds)
    return {
        "design": design | _pace(build) | {"config": made.make_config().to_json()},
        "target": target,
        "library": area.library,
        "corner": area.corner,
        "commands": commands(made, target, period if timing else None),
        "versions": _versions(area, timing, fpga),
        "area": _area(area),
        "timing": timing,
        "energy": timing and energy_figures(build, area, chosen, made.length, period, folder),
        "fpga": fpga,
        "error": measure_error(design),
    }


def measure_error(design: dict[str, Any]) -> dict[str, Any] | None:
    """Return recorded_errors of a design; None when no rows of its length were recorded."""
    made = Design(**design)
    if made.length not in LENGTHS:
        return None
    return _errors(made.unit, made.make_config(), made.length, made.lanes)


# The error does not depend on the target: compute it once for all targets.
_errors = once(recorded_errors)


def energy_figures(
    build: Build, area: SynthResult, target: Target, length: int, period_ns: float, cache: Path
) -> dict[str, Any]:
    """Return the energy of a design by stimulus, as JSON-ready fields of Energy.

    "random" is always there, "recorded" where rows of the length were recorded: the mean over
    ENERGY_HEADS. `by_head` beside the fields lists the pJ a score of each head.
    """
    with needs("synth"):
        from surmax.synth.energy.measure_energy import measure_energy

    def energy(kind: str, head: int) -> Energy:
        stimulus = make_stimulus(build, kind, length=length, cycles=CYCLES, head=head)
        return measure_energy(
            area, target, stimulus, period_ns=period_ns, cache=cache, engine="own"
        )

    figures = {"random": _mean([energy("random", 0)])}
    if length in LENGTHS:
        figures["recorded"] = _mean([energy("recorded", head) for head in ENERGY_HEADS])
    return figures


def _mean(energies: Sequence[Energy]) -> dict[str, Any]:
    """Return the mean of energies whose other fields are equal, with `by_head`."""
    first, count = energies[0], len(energies)
    mean = replace(
        first,
        parts={
            part: {kind: sum(e.parts[part][kind] for e in energies) / count for kind in kinds}
            for part, kinds in first.parts.items()
        },
        clocks_pj={
            part: sum(energy.clocks_pj[part] for energy in energies) / count
            for part in first.clocks_pj
        },
        inputs_pj=sum(energy.inputs_pj for energy in energies) / count,
    )
    return json.loads(mean.to_json()) | {"by_head": [energy.pj_per_score for energy in energies]}


def file_sha256(target: str) -> str | None:
    """Return the sha256 of the file of a `liberty:PATH` target, None for other targets.

    Raises InputError when the file cannot be read.
    """
    kind, _, path = target.partition(":")
    if kind != "liberty":
        return None
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"Liberty file {path}: {error.strerror}") from None


def commands(design: Design, target: str, period_ns: float | None = None) -> list[str]:
    """Return the command lines that give the figures of a measurement one by one.

    `period_ns` is the clock period for energy, None for a target without delays.
    """
    options: dict[str, Any] = {"preset": design.preset, "lanes": design.lanes}
    if design.rows:
        options["max_length"] = design.length
    config = {"format" if name == "output" else name: v for name, v in design.config.items()}
    options |= {**config, **design.parameters, "target": target}
    text = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in options.items())
    lines = [f"surmax synth {design.unit} {text}"]
    if period_ns is not None:
        if design.sized_for is not None:
            text += f" --sized-for {design.sized_for:g}"
            # `surmax synth` cannot size cells; `surmax time` prints the area as well.
            lines = []
        lines.append(f"surmax time {design.unit} {text}")
        rows = f"--length {design.length} --period {period_ns:g}"
        lines += [
            f"surmax energy {design.unit} {text} {rows} --head {head}" for head in ENERGY_HEADS
        ]
    return lines


def _pace(build: Build) -> dict[str, Any]:
    """Return scores a cycle and latency in cycles, for rows of the longest length."""
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
    versions = {"surmax": version("surmax"), "yosys": area.tool}
    if timing:
        versions["timing"] = timing["engine"]
    if fpga:
        versions["place and route"] = fpga["tools"][-1]
    return versions
