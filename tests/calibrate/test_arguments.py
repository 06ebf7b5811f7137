# SPDX-License-Identifier: Apache-2.0
"""Public functions of calibration refuse what they cannot take in one line, and warn of nothing."""

import numpy as np
import pytest
from helpers.malformed import HOSTILE, check_fields, one_line_or
from surmax.calibrate.consmax.fit import calibrate_consmax
from surmax.calibrate.hccs.fit import HccsTarget, calibrate
from surmax.calibrate.hccs.fit_rows import fit_rows
from surmax.calibrate.plan import ConsmaxPlan, HccsPlan
from surmax.calibrate.recorded_errors import recorded_errors
from surmax.calibrate.score_file import load_scores, save_scores
from surmax.calibrate.scores import ScoreRows, make_head, real_rows
from surmax.golden import CONSMAX_PRESETS, ConsmaxConfig, HccsConfig, InputError

CODES = np.random.default_rng(1).integers(-128, 128, (6, 16), dtype=np.int8)
ROWS = ScoreRows(CODES)
TARGET = HccsTarget(HccsConfig(), 16)

CALLS = {
    make_head: {"layer": 0, "head": 1, "rows": [ROWS], "scale": 0.05},
    real_rows: {"real": CODES * 0.1, "mask": CODES > 100, "weights": CODES * 0.0 + 1},
    ScoreRows: {"codes": CODES, "mask": CODES > 100, "weights": None, "real": None},
    fit_rows: {
        "scores": CODES,
        "config": HccsConfig(),
        "scale": 0.05,
        "masked": True,
        "mask": CODES > 100,
        "least_floor": 3,
    },
}


@pytest.mark.parametrize("function", CALLS, ids=lambda function: function.__qualname__)
def test_any_value_is_taken_or_refused_in_one_line(function):
    good = CALLS[function]
    for name in good:
        for value in HOSTILE:
            if name == "rows" and not isinstance(value, list | tuple):
                continue
            one_line_or(lambda name=name, value=value: function(**good | {name: value}))


@pytest.mark.parametrize(
    "good", [TARGET, HccsPlan(TARGET), ConsmaxPlan(ConsmaxConfig())], ids=lambda one: str(type(one))
)
def test_fields_are_plain(good):
    assert check_fields(type(good), good) > 0


@pytest.mark.parametrize("value", [float("nan"), 0, -1.0, 1e31, "1", None, True, 10**400])
def test_gamma_is_a_number_in_range(value):
    head = make_head(0, 0, [ROWS], 0.05)
    with pytest.raises(InputError, match=r"^gamma must be "):
        calibrate_consmax([head], ConsmaxConfig(), value)


def test_errors_are_of_the_units_own_configuration():
    with pytest.raises(InputError, match=r"^config must be HccsConfig, not Cons"):
        recorded_errors("hccs", ConsmaxConfig(), 64, 16)
    with pytest.raises(InputError, match=r"^lanes must be 1 to 65536, not 0"):
        recorded_errors("hccs", HccsConfig(), 64, 0)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 16.0])
def test_legal_scores_raise_no_warnings(tmp_path, scale):
    # Warnings are errors in these tests.
    extremes = np.where(CODES > 0, 1e9, -1e9)
    mask = np.zeros(CODES.shape, dtype=bool)
    mask[:, 3:] = True
    for scores in (CODES, extremes.astype(np.float64), extremes.astype(np.float32), CODES * 0.01):
        path = tmp_path / "s.npz"
        save_scores(path, {16: [scores]}, scale=[scale], masks={16: mask})
        heads = load_scores(path).heads
        assert 0 <= heads[0].saturated <= 1
        assert np.isfinite(calibrate(heads, TARGET)[0].kl)
        ((result, _),) = calibrate_consmax(
            [make_head(0, 0, [ScoreRows(CODES)], min(scale, 1.0))], CONSMAX_PRESETS["small"], 1e30
        )
        assert np.isfinite(result.kl)
