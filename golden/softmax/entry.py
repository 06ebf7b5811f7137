# SPDX-License-Identifier: Apache-2.0
"""The integer softmax in the registry: configurations and law."""

from surmax.golden.protocol import UnitLaw
from surmax.golden.softmax.config import SOFTMAX_PRESETS, SoftmaxConfig
from surmax.golden.softmax.law import softmax

ENTRY = UnitLaw(
    title="integer softmax",
    config=SoftmaxConfig,
    presets=SOFTMAX_PRESETS,
    default_preset="u8",
    rows=True,
    codes=lambda config, constants, scores, mask, lanes: softmax(scores, constants, config, mask),
    full_scale=lambda config: config.max_code,
)
