# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from surmax.golden import (
    CONSMAX_PRESETS,
    InputError,
    consmax,
    error_metrics,
    exact_consmax,
    exact_softmax,
    solve_tables,
)


def test_exact_tables_are_within_half_a_code_of_exact_consmax():
    head = {"scale": 0.04, "beta": 2.0, "gamma": 20.0}
    scores = np.random.default_rng(2).integers(-128, 128, (50, 64))
    codes = consmax(scores, solve_tables(CONSMAX_PRESETS["small"], **head))
    metrics = error_metrics(codes, exact_consmax(scores, **head), 8)
    assert metrics.max_ulp <= 0.5
    assert metrics.top1_flips == 0.0


def test_known_rows():
    metrics = error_metrics([[128, 64, 64]], [[0.5, 0.25, 0.25]], 8)
    assert metrics.max_ulp == metrics.max_error == metrics.top1_flips == 0.0
    assert metrics.row_sum_mean == 1.0
    assert metrics.kl_mean == pytest.approx(0.0)
    metrics = error_metrics([[64, 128]], [[0.5, 0.25]], 8)
    assert metrics.max_ulp == 64.0
    assert metrics.top1_flips == 1.0
    assert metrics.row_sum_min == 0.75


def test_a_tie_agrees_in_part():
    metrics = error_metrics([[5, 5, 1], [9, 3, 3]], [[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], 8)
    assert metrics.top1_flips == 0.0
    assert metrics.top1_agreement == pytest.approx((0.5 + 1) / 2)


def test_full_scale_and_masked_positions():
    mask = [[False, False, True, True]]
    metrics = error_metrics([[204, 0, 0, 0]], [[1.0, 0.0, 0.0, 0.0]], 8, full_scale=255, mask=mask)
    assert metrics.max_ulp == 51
    assert metrics.mean_error == pytest.approx(0.1)
    assert metrics.row_sum_mean == pytest.approx(0.8)
    # One position of half a code beside 204: masked ones have none.
    assert metrics.kl_mean == pytest.approx(np.log(204.5 / 204))
    exact = error_metrics([[255]], [[1.0]], 8, full_scale=255)
    assert exact.max_ulp == exact.max_error == 0.0


def test_softmax_masks_exactly():
    scores = np.array([[3, 1, 2], [5, 5, 5]])
    mask = np.array([[False, True, False], [True, True, True]])
    p = exact_softmax(scores, scale=0.5, mask=mask)
    assert p[0, 1] == 0.0
    assert p[0].sum() == pytest.approx(1.0)
    assert (p[1] == 0.0).all()
    assert p[0, 0] / p[0, 2] == pytest.approx(np.exp(0.5))


def test_shapes_must_agree():
    with pytest.raises(
        InputError, match=r"codes and reference must have the same shape, not \(2,\) and \(3,\)"
    ):
        error_metrics([1, 2], [0.1, 0.2, 0.3], 8)
