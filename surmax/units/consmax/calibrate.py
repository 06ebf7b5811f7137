# SPDX-License-Identifier: Apache-2.0
"""ConSmax in `surmax calibrate`: beta, gamma and tables of every head."""

from typing import Any

import numpy as np

from surmax.calibrate.plan import ConsmaxPlan, Result
from surmax.calibrate.scores import ScoreRows
from surmax.golden import ConsmaxConfig, ConsmaxTables, consmax
from surmax.units.protocol import CalibrationOption, UnitCalibrationCommand
from surmax.value_types import RealRange


def _plan(
    config: ConsmaxConfig, length: int, values: dict[str, Any]
) -> tuple[ConsmaxPlan, dict[str, Any]]:
    gamma = values["start_gamma"]
    about = {"unit": "consmax", "config": config.to_json(), "gamma": gamma}
    return ConsmaxPlan(config, gamma), about


def _probabilities(plan: ConsmaxPlan, result: Result, rows: ScoreRows) -> np.ndarray:
    mask = np.zeros(1, dtype=bool) if rows.mask is None else rows.mask
    config = plan.config.narrow
    head = {name: result[name] for name in ("scale", "beta", "gamma")}
    tables = ConsmaxTables.from_words(config, np.array(result["words"]), **head)
    return consmax(rows.codes, tables, mask) / (config.max_code + 1)


CALIBRATION = UnitCalibrationCommand(
    title="ConSmax",
    columns=(
        ("saturated", "saturated", ".1e"),
        ("beta", "beta", ".3f"),
        ("gamma", "gamma", ".4g"),
        ("row_sum_min", "least sum", ".3f"),
        ("row_sum_mean", "mean sum", ".3f"),
        ("row_sum_max", "largest sum", ".3f"),
        ("full_codes", "full", ".1e"),
        ("zero_codes", "zeros", ".1%"),
        ("kl", "KL, nats", ".4f"),
        ("wrong_codes", "wrong codes", "d"),
    ),
    options=(
        CalibrationOption("start_gamma", "gamma of all heads", 1.0, RealRange(0, 1e6, open=True)),
    ),
    plan=_plan,
    probabilities=_probabilities,
)
