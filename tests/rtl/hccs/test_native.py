# SPDX-License-Identifier: Apache-2.0
"""The unit inside a user's Amaranth design, in Amaranth's own simulator."""

import numpy as np
import pytest
from helpers.native import random_rows, rows_through
from surmax.golden import HCCS_PRESETS, HccsConstants, hccs
from surmax.rtl import HccsUnit

HEADS = (HccsConstants(511, 13, 39), HccsConstants(400, 5, 60), HccsConstants(300, 2, 127))


@pytest.mark.parametrize(
    ("preset", "parameters"),
    [
        ("div", {"divider": "pipelined"}),
        ("nearest", {"dividers": 2, "divider_bits": 2}),
        ("clb", {"adders": "cells"}),
        ("clb2", {}),
    ],
)
@pytest.mark.parametrize("loadable", [True, False])
def test_rows_of_any_length_with_heads_masks_and_stalls(preset, parameters, loadable):
    config = HCCS_PRESETS[preset]
    storage = {} if loadable else {"storage": "constant", "constants": HEADS}
    unit = HccsUnit(config, lanes=4, heads=3, max_length=16, **storage, **parameters)
    loads = [
        {"head": head, "constants": unit.shape.constants.const(vars(constants))}
        for head, constants in enumerate(HEADS)
    ]
    rows = random_rows(np.random.default_rng(7), 40, 16, len(HEADS))
    got = rows_through(unit, rows, seed=3, loads=loads if loadable else ())
    for codes, (scores, mask, head) in zip(got, rows, strict=True):
        assert (codes == hccs(scores, HEADS[head], config, mask)).all()
