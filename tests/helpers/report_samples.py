# SPDX-License-Identifier: Apache-2.0
"""Made-up measurements and outcomes, of the shape that measure() gives."""

from dataclasses import asdict

from surmax.synth.mapping.result import Cost
from surmax.synth.report.designs import Design
from surmax.synth.tasks.run import Outcome

ERROR = {
    "max_ulp": 1.0,
    "mean_ulp": 0.5,
    "max_error": 0.003,
    "mean_error": 0.001,
    "row_sum_min": 0.9,
    "row_sum_mean": 1.0,
    "row_sum_max": 1.1,
    "kl_mean": 0.02,
    "top1_flips": 0.0,
    "top1_agreement": 0.97,
    "rows": 896,
}
# Logic and row storage in GE a lane, pJ a score, ns: made up, so that ratios are round.
COSTS = {"ConSmax": (100, 0, 1.0, 5.0), "HCCS clb": (200, 300, 4.0, 8.0)}
BASE = (400, 600, 8.0, 10.0)


def measurement(design: dict, target: str) -> dict:
    """What measure() would return."""
    lanes = design["lanes"]
    logic, rows, pj, period = (
        one * lanes if at < 2 else one for at, one in enumerate(COSTS.get(design["name"], BASE))
    )
    fpga, cells = target == "ecp5", target not in ("ecp5", "generic")
    parts = {"row storage": rows} if rows else {"table storage": 50 * lanes}
    stored = sum(parts.values())

    def size(ge: float) -> dict:
        if fpga:
            return asdict(Cost(lut=round(ge), ff=1, carry=2, dsp=0, bram=0))
        return asdict(Cost(ge=float(ge), area_um2=4.0 * ge if cells else None))

    split = {"datapath": pj / 2, "row storage": pj / 4, "table storage": 0.0, "clock pins": pj / 4}
    energy = {
        "parts": {name: {"internal": one, "switching": 0.0} for name, one in split.items()},
        "clocks_pj": {"datapath": pj / 8, "row storage": pj / 8, "table storage": 0.0},
        "period_ns": 40.0,
    }
    path = {"ns": period, "start": "unit.first", "end": "unit.last|x"}
    return {
        "design": design | {"scores_per_cycle": float(lanes), "latency_cycles": 3},
        "target": target,
        "library": f"library of {target}",
        "corner": "tt",
        "commands": [f"surmax synth {design['unit']} --lanes {lanes}"],
        "versions": {"surmax": "surmax 0", "yosys": "yosys 1"},
        "area": {
            "total": size(logic + stored),
            "parts": {title: size(ge) for title, ge in parts.items()},
            "logic": size(logic),
            "recipe": "least",
            "clock_gating": True,
        },
        "timing": {
            "period_ns": period,
            "mhz": 1000 / period,
            "engine": "own",
            "wire": {"pitches_per_sink": 2.0, "ff_per_um": 0.136},
            "paths": {"register to register": path, "input to register": path},
        }
        if cells
        else None,
        "energy": {"recorded": energy, "random": energy} if cells else None,
        "fpga": {"fmax_min": 40.0, "fmax_median": 50.0, "fmax_max": 60.0} if fpga else None,
        "error": {"all": ERROR},
    }


def outcome(task) -> Outcome:
    """What a run of a report's task would give."""
    arguments = task.arguments
    design = Design(**arguments["design"])
    return Outcome(task, measurement(design.to_json(), arguments["target"]), "", kept=False)
