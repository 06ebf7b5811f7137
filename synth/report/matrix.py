# SPDX-License-Identifier: Apache-2.0
"""The report: its matrix of designs and targets, the tasks, and the figures derived from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from surmax.common.errors import shown
from surmax.golden import InputError, unit_entry, unit_names
from surmax.golden.recorded.rows import LENGTHS
from surmax.synth.report.designs import Design
from surmax.synth.report.measure import CLOCK_NS, SEEDS, file_sha256
from surmax.synth.tasks.run import Outcome
from surmax.synth.tasks.task import Task

Measurement = dict[str, Any]

# Name in the tables: unit, preset, and the clock in ns that cells are sized for (None: least area).
DESIGNS: dict[str, tuple[str, str, float | None]] = {
    name: (unit, *design)
    for unit in unit_names()
    for name, design in unit_entry("synth", unit).designs.items()
}
BASELINE = "integer softmax"
LANES = (4, 16)
TARGETS = ("generic", "sky130", "ecp5")
STORAGE = ("row storage", "table storage", "constant storage")

# Gate equivalents to 22 nm, um2, and pJ on sky130 to pJ at 22 nm: least, used, largest. From the
# ConSmax authors' unit: 6516 GE and 17.0 pJ in our flow on sky130; 0.0012 to 0.0014 mm2 and 0.24 to
# 0.71 pJ by scaling, 0.001 mm2 and 0.43 pJ published. The factor used for energy meets the latter.
AREA_22NM = (0.184, 0.199, 0.215)
ENERGY_22NM = (0.24 / 17.0, 0.43 / 17.0, 0.71 / 17.0)


@dataclass(frozen=True)
class Matrix:
    """The designs to measure and the targets to measure them on.

    Attributes:
        designs: keys of DESIGNS. lanes, lengths, targets: as Design and resolve_target have them.

    Raises:
        InputError: an axis is empty or a value is not known, or a design cannot be built.
    """

    designs: tuple[str, ...] = tuple(DESIGNS)
    lanes: tuple[int, ...] = LANES
    lengths: tuple[int, ...] = LENGTHS
    targets: tuple[str, ...] = TARGETS

    def __post_init__(self) -> None:
        """Refuse what cannot be measured before anything runs."""
        for axis, values in vars(self).items():
            if not values:
                raise InputError(f"{axis} must be at least one, not empty")
        for name in self.designs:
            if name not in DESIGNS:
                raise InputError(f"design must be one of {', '.join(DESIGNS)}, not {shown(name)}")
        for design in self.all_designs():
            design.make()

    def all_designs(self) -> list[Design]:
        """Return every design at all lanes and lengths.

        Where two lengths share their hardware, the stages that depend on it only are kept results
        the second time. Energy and error are those of rows of each length.
        """
        return [
            Design(name, unit, preset, lanes, length, sized_for=sized_for)
            for name in self.designs
            for unit, preset, sized_for in [DESIGNS[name]]
            for lanes in self.lanes
            for length in self.lengths
        ]


def report_tasks(matrix: Matrix, cache: str, seeds: Sequence[int] = SEEDS) -> list[Task]:
    """Return the tasks of a report: a measurement for each design and target.

    `cache` is the folder of the stages' results.
    """
    return [
        measure_task(design, target, cache, seeds)
        for design in matrix.all_designs()
        for target in matrix.targets
    ]


def measure_task(
    design: Design,
    target: str,
    cache: str,
    seeds: Sequence[int],
    clock_ns: float = CLOCK_NS,
) -> Task:
    """Return the task that measures a design on a target; the arguments are those of measure()."""
    arguments = {"design": design.to_json(), "target": target, "cache": cache}
    arguments |= {"seeds": list(seeds), "clock_ns": clock_ns, "library_sha256": file_sha256(target)}
    title = f"{design.name}, {design.lanes} lanes, rows of {design.length}, {target}"
    cost = design.lanes * (design.length if design.rows else 32)
    return Task("surmax.synth.report.measure.measure", arguments, title, float(cost))


def assemble(matrix: Matrix, outcomes: Iterable[Outcome], cache: str, seeds: Sequence[int]) -> dict:
    """Return the report as JSON: a measurement for each cell of the matrix that has one.

    `failed` lists what has none, with one line each. A measurement has `derived` beside what
    measure() gives (see derive).
    """
    found = {one.task.digest: one for one in outcomes}
    measurements, failed = [], {}
    for design in matrix.all_designs():
        for target in matrix.targets:
            outcome = found[measure_task(design, target, cache, seeds).digest]
            if outcome.error:
                failed[outcome.task.title] = outcome.error
            else:
                measurements.append(dict(outcome.result))
    for one in measurements:
        one["derived"] = derive(one)
    for one in measurements:
        one["ratios"] = _ratios(one, measurements)
    return {
        "format": "surmax-report",
        "version": 1,
        "clock_ns": CLOCK_NS,
        "seeds": list(seeds),
        "measurements": measurements,
        "failed": [{"title": title, "error": line} for title, line in failed.items()],
    }


def derive(one: Measurement) -> dict[str, float | None]:
    """Return the figures derived from one measurement; None where the target has no such figure.

    - ge, storage_ge, logic_ge: area, and its parts, in gate equivalents;
    - gscores: scores a second at the shortest period (cells) or the median rate (FPGA), in 1e9;
    - gscores_per_mm2; gscores_per_kge: the same over area;
    - pj, storage_pj: energy a score on recorded rows, and the part of it in storage, the clock
      pins and clock gates of storage included;
    - tscores_per_j: scores for a joule, in 1e12;
    - scaled_mm2 and scaled_pj, each a triple (least, used, largest), for sky130 only.
    """
    area, pace = one["area"], one["design"]["scores_per_cycle"]
    total = area["total"]
    storage = [part for title, part in area["parts"].items() if title in STORAGE]
    ge = total["ge"]
    rate = None
    if one["timing"] and one["timing"]["period_ns"]:
        rate = pace / one["timing"]["period_ns"]
    elif one["fpga"] and one["fpga"]["fmax_median"]:
        rate = pace * one["fpga"]["fmax_median"] / 1000
    um2 = total["area_um2"]
    energy = energy_parts(one)
    pj = sum(energy.values()) if energy else None
    clocks = one["energy"]["recorded"]["clocks_pj"] if energy else {}
    sky130 = one["target"] == "sky130"
    return {
        "ge": ge,
        "storage_ge": None if ge is None else sum(part["ge"] for part in storage),
        "logic_ge": area["logic"]["ge"],
        "gscores": rate,
        "gscores_per_mm2": rate and um2 and rate / um2 * 1e6,
        "gscores_per_kge": rate and ge and rate / ge * 1e3,
        "pj": pj,
        "storage_pj": pj
        and sum(energy.get(title, 0.0) + clocks.get(title, 0.0) for title in STORAGE),
        "tscores_per_j": pj and 1 / pj,
        "scaled_mm2": [ge * factor / 1e6 for factor in AREA_22NM] if sky130 else None,
        "scaled_pj": [pj * factor for factor in ENERGY_22NM] if sky130 and pj else None,
    }


def energy_parts(one: Measurement, stimulus: str = "recorded") -> dict[str, float]:
    """Return pJ a score by part; empty where energy was not measured."""
    energy = (one["energy"] or {}).get(stimulus)
    if not energy:
        return {}
    return {part: sum(kinds.values()) for part, kinds in energy["parts"].items()}


def _ratios(one: Measurement, measurements: Sequence[Measurement]) -> dict[str, float] | None:
    """Return the baseline's costs over those of `one`, at the same lanes, length and target."""
    key = _cell(one)
    base = next(
        (m for m in measurements if m["design"]["name"] == BASELINE and _cell(m) == key), None
    )
    if base is None:
        return None
    own, other = one["derived"], base["derived"]
    pairs = {
        "area": (own["ge"], other["ge"]),
        "area_without_storage": (own["logic_ge"], other["logic_ge"]),
        "energy": (own["pj"], other["pj"]),
        "energy_without_storage": (
            own["pj"] and own["pj"] - own["storage_pj"],
            other["pj"] and other["pj"] - other["storage_pj"],
        ),
    }
    lut = one["area"]["total"]["lut"], base["area"]["total"]["lut"]
    pairs |= {"lut": lut, "rate": (other["gscores"], own["gscores"])}
    return {name: b / a for name, (a, b) in pairs.items() if a and b}


def _cell(one: Measurement) -> tuple[Any, ...]:
    return one["design"]["lanes"], one["design"]["length"], one["target"]
