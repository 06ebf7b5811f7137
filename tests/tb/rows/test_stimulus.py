# SPDX-License-Identifier: Apache-2.0
"""Contents and rows that random ones seldom are."""

import numpy as np
from surmax.golden import HCCS_PRESETS
from surmax.rtl import HccsBuild
from surmax.tb.hccs.model import HccsModel
from surmax.tb.rows.stimulus import stairs

BUILD = HccsBuild(HCCS_PRESETS["div"], lanes=2, heads=2, max_length=8)
MODEL = HccsModel(BUILD)


def test_drawn_constants_are_legal_and_some_lines_are_steep():
    drawn = MODEL.draw(400, np.random.default_rng(2))
    for one in drawn:
        one.check(BUILD.config, BUILD.max_length, masked=True)
    steep = [one for one in drawn if one.S >= 32 and 0 < one.Dmax <= 8]
    assert len(steep) > 60
    # Steeper than a quarter of B, with distances of 3 before the clamp.
    assert any(3 * one.S <= one.B < 4 * one.S and one.Dmax >= 3 for one in drawn)


def test_stairs_rise_once():
    rng = np.random.default_rng(3)
    for step in (1, 20, 63):
        row = stairs(rng, 12, 8, step).astype(int)
        assert np.flatnonzero(np.diff(row)).tolist() == [7]
        assert row[8] - row[7] == step
    assert any((stairs(rng, 2, 2, 5) % 4 == 0).all() for _ in range(9))
