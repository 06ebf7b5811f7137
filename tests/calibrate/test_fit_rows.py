# SPDX-License-Identifier: Apache-2.0
"""Constants for the rows of one head, as reports and tables use them."""

import numpy as np
import pytest
from surmax.calibrate.hccs.fit import HccsTarget, calibrate
from surmax.calibrate.hccs.fit_rows import fit_rows
from surmax.calibrate.scores import ScoreRows, make_head
from surmax.golden import HccsConfig, HccsConstants, InputError, exact_softmax
from surmax.golden.hccs.samples import sample_rows


def test_fitted_constants_are_the_best_of_their_neighbours():
    rows = sample_rows("natural", 64)
    found = fit_rows(rows[:64], HccsConfig(), scale=0.08)
    assert found.proven
    one, divergence = found.constants, found.kl

    def kl(constants):
        few = rows[:64]
        wanted = exact_softmax(few, scale=0.08)
        d = few.max(axis=-1, keepdims=True).astype(int) - few
        s = constants.B - constants.S * np.minimum(d, constants.Dmax)
        return np.mean((wanted * np.log(wanted * s.sum(-1, keepdims=True) / s)).sum(-1))

    assert kl(one) == pytest.approx(divergence)
    neighbours = 0
    for S in range(one.S - 2, one.S + 3):
        for Dmax in range(one.Dmax - 4, one.Dmax + 5):
            if one.B - S * Dmax < 4:
                continue
            neighbours += 1
            assert kl(HccsConstants(one.B, S, Dmax)) >= divergence - 1e-12
    assert neighbours > 10


def test_fits_respect_floors_and_masks_and_say_when_none_is_legal():
    rows = sample_rows("natural", 64)
    options = {"scale": 0.08}
    assert fit_rows(rows, HccsConfig(), least_floor=50, **options).constants.floor >= 50
    one = fit_rows(rows, HccsConfig(), masked=True, **options).constants
    one.check(HccsConfig(), 64, masked=True)
    assert one.floor >= 1
    with pytest.raises(
        InputError, match="B must be at least min_sum = 256 where positions can be masked, not 127"
    ):
        fit_rows(sample_rows("natural", 256), HccsConfig(), masked=True, **options)
    with pytest.raises(InputError, match="least_floor must be 0 to 511, not 600"):
        fit_rows(rows, HccsConfig(), least_floor=600, **options)


def test_rows_that_are_fitted_are_calibrated_alike():
    rows = sample_rows("natural", 64)[:64]
    mask = np.arange(64) >= np.arange(1, 65)[:, None]
    head = make_head(0, 0, [ScoreRows(rows, mask)], 0.08)
    (wanted,) = calibrate([head], HccsTarget(HccsConfig(), 64, masked=True))
    found = fit_rows(rows, HccsConfig(), scale=0.08, masked=True, mask=mask)
    assert found.constants == wanted.constants
    assert found.kl == pytest.approx(wanted.kl, abs=1e-9)
