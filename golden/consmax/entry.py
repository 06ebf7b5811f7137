# SPDX-License-Identifier: Apache-2.0
"""ConSmax in the registry: configurations, law and head-constants file."""

from surmax.golden.consmax.config import CONSMAX_PRESETS, ConsmaxConfig
from surmax.golden.consmax.heads import ConsmaxHeadFormat
from surmax.golden.consmax.law import consmax
from surmax.golden.protocol import UnitLaw

ENTRY = UnitLaw(
    title="ConSmax",
    config=ConsmaxConfig,
    presets=CONSMAX_PRESETS,
    default_preset="small",
    rows=False,
    codes=lambda config, tables, scores, mask, lanes: consmax(scores, tables, mask),
    full_scale=lambda config: 1 << config.output_bits,
    heads=ConsmaxHeadFormat(),
)
