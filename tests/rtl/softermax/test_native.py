# SPDX-License-Identifier: Apache-2.0
"""The unit inside a user's Amaranth design, in Amaranth's own simulator."""

import numpy as np
import pytest
from helpers.native import random_rows, rows_through
from surmax.golden import SOFTERMAX_PRESETS, softermax
from surmax.rtl import SoftermaxUnit


@pytest.mark.parametrize(
    ("preset", "adders"), [("u8", "operators"), ("paper", "cells"), ("i16", "operators")]
)
def test_rows_of_any_length_with_masks_and_stalls(preset, adders):
    config = SOFTERMAX_PRESETS[preset]
    unit = SoftermaxUnit(config, lanes=4, max_length=16, adders=adders)
    rows = random_rows(np.random.default_rng(9), 40, 16, 1)
    got = rows_through(unit, rows, seed=5)
    for codes, (scores, mask, _) in zip(got, rows, strict=True):
        assert (codes == softermax(scores, config, mask, lanes=4)).all()
