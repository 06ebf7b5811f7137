# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from surmax.calibrate.consmax.entry import mean_logsumexp
from surmax.calibrate.hccs.fit_rows import fit_rows
from surmax.calibrate.protocol import UnitCalibration
from surmax.calibrate.recorded_errors import recorded_errors
from surmax.calibrate.softmax import entry
from surmax.golden import CONSMAX_PRESETS, HCCS_PRESETS, InputError, exact_softmax, hccs
from surmax.golden.recorded.rows import recorded_heads
from surmax.golden.softermax.config import SoftermaxConfig
from surmax.golden.softermax.entry import softermax_scores
from surmax.golden.softmax.config import SoftmaxConfig

CONFIGS = {
    "consmax": CONSMAX_PRESETS["small"],
    "hccs": HCCS_PRESETS["clb"],
    "softmax": SoftmaxConfig(),
    "softermax": SoftermaxConfig(output="u8"),
}


def test_every_unit_is_measured_over_all_rows_and_each_model():
    found = {unit: recorded_errors(unit, config, 64, 16) for unit, config in CONFIGS.items()}
    for figures in found.values():
        assert [one["rows"] for one in figures.values()] == [896, 512, 384]
        assert list(figures)[1:] == ["MiniLM-L6-H384", "SmolLM2-135M-Instruct"]
    everything = {unit: figures["all"] for unit, figures in found.items()}
    # Within a code of real softmax; the second rounding of the scores; a fitted line; no sum.
    assert everything["softmax"]["max_error"] < 1 / 255
    assert 1 / 255 < everything["softermax"]["max_error"] < 0.05
    assert 0.05 < everything["hccs"]["max_error"] < 0.6
    assert everything["consmax"]["max_error"] > 0.6
    assert everything["consmax"]["row_sum_max"] > 3
    assert all(one["top1_agreement"] > 0.9 for one in everything.values())


def test_a_wrong_scale_is_seen(monkeypatch):
    good = entry.ENTRY
    bad = UnitCalibration(
        lambda config, scores, mask, scale: good.content(config, scores, mask, 1.1 * scale)
    )
    monkeypatch.setattr(entry, "ENTRY", bad)
    assert recorded_errors("softmax", SoftmaxConfig(), 64, 16)["all"]["max_error"] > 2 / 255


def test_scores_that_softermax_takes_are_quarters_of_base_two():
    scores = np.array([-128, -100, 0, 1, 100, 127], dtype=np.int8)
    quarter = np.log(2) / 4
    assert (softermax_scores(scores, quarter) == scores).all()
    assert softermax_scores(scores, 2 * quarter).tolist() == [-128, -128, 0, 2, 127, 127]


def test_mean_logsumexp_leaves_masked_positions_out():
    scores = np.array([[0, 0, 100]], dtype=np.int8)
    mask = np.array([[False, False, True]])
    assert mean_logsumexp(scores, mask, 0.1) == pytest.approx(np.log(2))


def test_constants_are_fitted_to_what_a_mask_leaves():
    head = recorded_heads()[8]
    rows = head.rows(64, "calibration")
    assert rows.mask.any()

    def divergence(constants):
        codes = hccs(rows.scores, constants, HCCS_PRESETS["div16"], rows.mask)
        p = exact_softmax(rows.scores, scale=head.scale, mask=rows.mask)
        q = codes / codes.sum(axis=-1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(p > 0, p * np.log(p / q), 0).sum(axis=-1).mean()

    config = {"scale": head.scale, "masked": True}
    own = fit_rows(rows.scores, HCCS_PRESETS["div"], mask=rows.mask, **config)
    whole = fit_rows(rows.scores, HCCS_PRESETS["div"], **config)
    assert divergence(own.constants) == pytest.approx(own.kl, abs=0.01)
    assert divergence(own.constants) < divergence(whole.constants)


def test_a_configuration_without_constants_is_refused():
    with pytest.raises(InputError, match="must be at least min_sum = 256"):
        recorded_errors("hccs", HCCS_PRESETS["div"], 256, 16)
