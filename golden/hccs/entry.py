# SPDX-License-Identifier: Apache-2.0
"""HCCS in the registry: configurations, law and head-constants file."""

from surmax.golden.hccs.config import HCCS_PRESETS, HccsConfig, fit_min_sum
from surmax.golden.hccs.heads import HccsHeadFormat
from surmax.golden.hccs.law import hccs
from surmax.golden.protocol import UnitLaw

ENTRY = UnitLaw(
    title="HCCS",
    config=HccsConfig,
    presets=HCCS_PRESETS,
    default_preset="div",
    rows=True,
    codes=lambda config, constants, scores, mask, lanes: hccs(scores, constants, config, mask),
    full_scale=lambda config: config.max_code,
    fit=fit_min_sum,
    heads=HccsHeadFormat(),
)
