# SPDX-License-Identifier: Apache-2.0
"""HCCS in `surmax calibrate`: B, S and Dmax of every head."""

from typing import Any

import click
import numpy as np

from surmax.calibrate.hccs.fit import OBJECTIVES, HccsTarget
from surmax.calibrate.plan import HccsPlan, Result
from surmax.calibrate.scores import ScoreRows
from surmax.golden import HccsConfig, HccsConstants, hccs
from surmax.units.protocol import CalibrationOption, UnitCalibrationCommand

FORMS = ("int16", "own")


def _plan(
    config: HccsConfig, length: int, values: dict[str, Any]
) -> tuple[HccsPlan, dict[str, Any]]:
    target = HccsTarget(
        config,
        length,
        not values["whole_rows"],
        config if values["form"] == "own" else None,
        values["objective"],
        values["weighted"],
    )
    about = {"unit": "hccs", "config": config.to_json(), "length": length}
    about |= {"masked": not values["whole_rows"]}
    about |= {name: values[name] for name in ("objective", "form", "weighted", "choose_scale")}
    return HccsPlan(target, values["choose_scale"]), about


def _probabilities(plan: HccsPlan, result: Result, rows: ScoreRows) -> np.ndarray:
    constants = HccsConstants(result["B"], result["S"], result["Dmax"])
    mask = np.zeros(1, dtype=bool) if rows.mask is None else rows.mask
    config = plan.target.config
    return hccs(rows.codes, constants, config, mask) / config.max_code


CALIBRATION = UnitCalibrationCommand(
    title="HCCS",
    columns=(
        ("saturated", "saturated", ".1e"),
        ("B", "B", "d"),
        ("S", "S", "d"),
        ("Dmax", "Dmax", "d"),
        ("floor", "floor", ".2%"),
        ("kl", "KL, nats", ".4f"),
        ("total_variation", "variation", ".4f"),
        ("zero_codes", "zeros", ".1%"),
    ),
    options=(
        CalibrationOption(
            "max_length",
            "longest row that constants are legal for  [default: the longest in use]",
            None,
            click.IntRange(1, 4096),
        ),
        CalibrationOption(
            "whole_rows", "rows of just that length without masks (the published rule)"
        ),
        CalibrationOption(
            "objective",
            "distance from softmax: KL divergence or total variation",
            "kl",
            click.Choice(OBJECTIVES),
        ),
        CalibrationOption(
            "form",
            "codes that are compared: int16, or the configuration's own",
            "int16",
            click.Choice(FORMS),
        ),
        CalibrationOption(
            "weighted", "count positions by the weights in the scores; of a model: |V|"
        ),
        CalibrationOption(
            "choose_scale", "finer codes where that is worth what saturates; needs real scores"
        ),
    ),
    plan=_plan,
    probabilities=_probabilities,
)
