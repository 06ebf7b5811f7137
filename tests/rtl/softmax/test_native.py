# SPDX-License-Identifier: Apache-2.0
"""The unit inside a user's Amaranth design, in Amaranth's own simulator."""

import numpy as np
import pytest
from helpers.native import random_rows, rows_through
from surmax.golden import SOFTMAX_PRESETS, SoftmaxConstants, softmax
from surmax.rtl import SoftmaxUnit

HEADS = (SoftmaxConstants(100), SoftmaxConstants(500))


@pytest.mark.parametrize(
    ("preset", "parameters"),
    [("u8", {}), ("i16", {"divider_bits": 16}), ("u8", {"adders": "cells"})],
)
def test_rows_of_any_length_with_heads_masks_and_stalls(preset, parameters):
    config = SOFTMAX_PRESETS[preset]
    unit = SoftmaxUnit(config, lanes=4, heads=2, max_length=16, **parameters)
    loads = [
        {"head": head, "constants": unit.shape.constants.const(vars(constants))}
        for head, constants in enumerate(HEADS)
    ]
    rows = random_rows(np.random.default_rng(8), 40, 16, len(HEADS))
    got = rows_through(unit, rows, seed=4, loads=loads)
    for codes, (scores, mask, head) in zip(got, rows, strict=True):
        assert (codes == softmax(scores, HEADS[head], config, mask)).all()
