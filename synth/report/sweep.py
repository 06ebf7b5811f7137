# SPDX-License-Identifier: Apache-2.0
"""Sweeps: grids of designs and targets from a TOML file, checked as a whole, then measured.

clock_ns = 40     # optional: clock period for energy
seeds = 3         # optional: number of seeds of place and route

[[grid]]          # every combination of the following, each one value or a list
unit = "hccs"     # one unit for each grid
preset = ["clb", "div"]
lanes = [4, 16]
length = 64
target = ["generic", "sky130"]
heads = [1, 8]    # any field of the unit's configuration, any parameter of its build
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from surmax.common.errors import (
    InputError,
    check_range,
    check_real,
    listed,
    shown,
    shown_path,
)
from surmax.common.reading import read_toml
from surmax.golden import unit_entry, unit_names
from surmax.synth.mapping.targets import resolve_target
from surmax.synth.pnr.devices import DEVICES, device_of
from surmax.synth.report.designs import Design, knobs
from surmax.synth.report.matrix import derive, measure_task
from surmax.synth.report.measure import CLOCK_NS, SEEDS
from surmax.synth.tasks.run import Outcome
from surmax.synth.tasks.task import Task

Measurement = dict[str, Any]

# Combinations of a file: each is built before anything is measured.
MOST_COMBINATIONS = 10_000
_TOP = ("clock_ns", "seeds", "grid")
_DEFAULTS = {"lanes": 16, "length": 64, "target": "generic"}
_AXES = ("unit", "preset", *_DEFAULTS)


@dataclass(frozen=True)
class Point:
    """One design on one target; `given` holds the grid's keys that are of this unit only."""

    design: Design
    target: str
    given: Mapping[str, Any]


@dataclass(frozen=True)
class Sweep:
    """The points of a sweep file.

    Attributes:
        points: designs to measure.
        skipped: combinations that cannot be built, as (title, reason).
        clock_ns: clock period for energy.
        seeds: seeds of place and route.
    """

    points: tuple[Point, ...]
    skipped: tuple[tuple[str, str], ...]
    clock_ns: float
    seeds: tuple[int, ...]


def load_sweep(path: Path) -> Sweep:
    """Read and check a sweep file; every combination is built before anything is measured.

    A combination that cannot be built is skipped. A value with which no combination can be built
    is an error.

    Raises InputError naming the file, the key, the value and what is allowed.
    """
    document = read_toml(path, "sweep")
    try:
        return _sweep(document)
    except InputError as error:
        raise InputError(f"sweep {shown_path(path)}: {error}") from None


def _sweep(document: dict[str, Any]) -> Sweep:
    _check_keys(document, _TOP)
    clock = check_real("clock_ns", document.get("clock_ns", CLOCK_NS), 0.1, 1e6)
    seeds = check_range("seeds", document.get("seeds", len(SEEDS)), 1, 100)
    grids = document.get("grid")
    if not isinstance(grids, list) or not grids or not all(isinstance(g, dict) for g in grids):
        raise InputError("grid must be one or more [[grid]] tables, not missing")
    points: dict[str, Point] = {}
    skipped: dict[str, str] = {}
    checked = []
    for number, grid in enumerate(grids, 1):
        try:
            checked.append(_axes(grid))
        except InputError as error:
            raise InputError(f"grid {number}: {error}") from None
    count = sum(math.prod(map(len, axes.values())) for axes in checked)
    if count > MOST_COMBINATIONS:
        raise InputError(
            f"grids must have at most {MOST_COMBINATIONS} combinations, not {shown(count)}"
        )
    for number, axes in enumerate(checked, 1):
        try:
            for title, outcome in _expand(axes):
                if isinstance(outcome, Point):
                    points.setdefault(title, outcome)
                else:
                    skipped.setdefault(title, str(outcome))
        except InputError as error:
            raise InputError(f"grid {number}: {error}") from None
    return Sweep(tuple(points.values()), tuple(skipped.items()), clock, tuple(range(1, seeds + 1)))


def _axes(grid: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the values of each key of a grid. Raises InputError for keys that it cannot have."""
    unit = grid.get("unit")
    if not isinstance(unit, str):
        raise InputError(f"unit must be one of {', '.join(unit_names())}, not {shown(unit)}")
    config, parameters = knobs(unit)
    _check_keys(grid, (*_AXES, *sorted(config | parameters)))
    if "preset" not in grid:
        presets = ", ".join(unit_entry("golden", unit).presets)
        raise InputError(f"preset must be one of {presets}, not missing")
    axes = {key: _values(key, value) for key, value in (_DEFAULTS | grid).items()}
    for target in axes["target"]:
        _check_target(target)
    return axes


def _expand(axes: dict[str, list[Any]]) -> list[tuple[str, Point | InputError]]:
    """Return every combination of a grid, as a point or as the reason why it cannot be built."""
    (unit,) = axes["unit"]
    config, parameters = knobs(unit)
    outcomes, built, reasons = [], set(), {}
    for combination in product(*axes.values()):
        values = dict(zip(axes, combination, strict=True))
        given = {key: value for key, value in values.items() if key not in _AXES}
        design = Design(
            f"{unit} {values['preset']}" + "".join(f", {k} {v}" for k, v in given.items()),
            unit,
            values["preset"],
            values["lanes"],
            values["length"],
            {key: value for key, value in given.items() if key in config},
            {key: value for key, value in given.items() if key in parameters},
        )
        title = f"{design.name}, {design.lanes} lanes, length {design.length}, {values['target']}"
        try:
            design.make()
        except InputError as error:
            for item in _items(values):
                reasons.setdefault(item, error)
            outcomes.append((title, error))
        else:
            built.update(_items(values))
            outcomes.append((title, Point(design, values["target"], given)))
    for item, reason in reasons.items():
        key, value, _ = item
        if item not in built and len(axes[key]) > 1:
            raise InputError(f"{key} = {shown(value)} suits no combination: {reason}")
    if not built:
        raise InputError(f"no combination can be built: {next(iter(reasons.values()))}")
    return outcomes


def _items(values: dict[str, Any]) -> list[tuple[str, Any, type]]:
    """Return key, value and type of each value: 1, 1.0 and true are equal in Python."""
    return [(key, value, type(value)) for key, value in values.items()]


def _check_keys(table: Mapping[str, Any], allowed: Sequence[str]) -> None:
    for key, value in table.items():
        if key not in allowed:
            raise InputError(f"{shown(key)} = {shown(value)}: key must be one of {listed(allowed)}")


def _values(key: str, value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    if not values or any(not isinstance(item, bool | int | float | str) for item in values):
        raise InputError(f"{key} must be a value or a list of values, not {shown(value)}")
    return [item for item, _ in dict.fromkeys((item, type(item)) for item in values)]


def _check_target(name: Any) -> None:
    if not isinstance(name, str):
        raise InputError(f"target must be a name, not {shown(name)}")
    resolve_target(name)
    if name in DEVICES:
        device_of(name)


def sweep_tasks(sweep: Sweep, cache: str) -> list[Task]:
    """Return a task for each point; `cache` is the folder of the stages' results."""
    return [
        measure_task(point.design, point.target, cache, sweep.seeds, sweep.clock_ns)
        for point in sweep.points
    ]


def assemble_sweep(sweep: Sweep, outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Return the sweep as a JSON object: `measurements`, `skipped` and `failed`.

    A measurement has the keys of measure(), and `given` (of its point), `derived` (see derive),
    `objectives` and `front` (see mark_front).
    """
    measurements, failed = [], []
    for point, outcome in zip(sweep.points, outcomes, strict=True):
        if outcome.error:
            failed.append({"title": outcome.task.title, "error": outcome.error})
            continue
        measurement = outcome.result | {"given": dict(point.given)}
        measurement["derived"] = derive(measurement)
        measurement["objectives"] = objectives(measurement)
        measurements.append(measurement)
    mark_front(measurements)
    return {
        "format": "surmax-sweep",
        "version": 1,
        "clock_ns": sweep.clock_ns,
        "seeds": list(sweep.seeds),
        "measurements": measurements,
        "skipped": [{"title": title, "reason": reason} for title, reason in sweep.skipped],
        "failed": failed,
    }


def objectives(measurement: Measurement) -> dict[str, float | None]:
    """Return the four figures by which designs are compared; None where one was not measured.

    - area: GE, or LUT sites on an FPGA;
    - energy: pJ a score on recorded rows, on random codes for a length without recorded rows;
    - error: mean error against softmax on recorded rows;
    - throughput: Gscores/s, or scores a cycle on a target without timing.

    More throughput is better, less of the others.
    """
    total, derived = measurement["area"]["total"], measurement["derived"]
    energy, error = derived["pj"], measurement["error"]
    if energy is None and measurement["energy"]:
        energy = measurement["energy"]["random"]["pj_per_score"]
    return {
        "area": total["lut"] if total["ge"] is None else total["ge"],
        "energy": energy,
        "error": error and error["all"]["mean_error"],
        "throughput": derived["gscores"] or measurement["design"]["scores_per_cycle"],
    }


def mark_front(measurements: list[Measurement]) -> None:
    """Set `front` of each measurement: whether it is on the Pareto front of its group.

    A group has the same target and row length. A measurement is on the front unless another one of
    its group is as good in every objective and better in one. Objectives that were not measured for
    both are not compared.
    """
    for measurement in measurements:
        measurement["front"] = not any(
            _dominates(other["objectives"], measurement["objectives"])
            for other in measurements
            if _group(other) == _group(measurement)
        )


def _group(measurement: Measurement) -> tuple[str, int]:
    return measurement["target"], measurement["design"]["length"]


def _dominates(left: Mapping[str, float | None], right: Mapping[str, float | None]) -> bool:
    """Return whether `left` is as good as `right` in every objective and better in one."""
    pairs = [
        (-left[name], -right[name]) if name == "throughput" else (left[name], right[name])
        for name in left
        if left[name] is not None and right[name] is not None
    ]
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
