# SPDX-License-Identifier: Apache-2.0
"""Softermax in the registry: configurations, law, and the scores that it takes."""

import math

import numpy as np
from surmax.golden.protocol import Int8Array, UnitLaw
from surmax.golden.softermax.config import FRACTIONS, SOFTERMAX_PRESETS, SoftermaxConfig
from surmax.golden.softermax.law import softermax


def softermax_scores(scores: Int8Array, scale: float) -> Int8Array:
    """Return scores in quarters of base 2, Q(6,2): rounded once more and saturated."""
    quarters = np.rint(scores * (scale * math.log2(math.e) * FRACTIONS))
    return np.clip(quarters, -128, 127).astype(np.int8)


ENTRY = UnitLaw(
    title="Softermax",
    config=SoftermaxConfig,
    presets=SOFTERMAX_PRESETS,
    default_preset="paper",
    rows=True,
    codes=lambda config, content, scores, mask, lanes: softermax(scores, config, mask, lanes=lanes),
    full_scale=lambda config: config.max_code,
    scores=softermax_scores,
)
