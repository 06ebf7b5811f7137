# SPDX-License-Identifier: Apache-2.0
"""Surmax golden models: the integer law that every other body must equal, bit for bit."""

from surmax.common.errors import InputError, check_choice, check_range
from surmax.golden.consmax.config import PRESETS, ConsmaxConfig, WordFormat, preset
from surmax.golden.consmax.law import ConsmaxTables, consmax
from surmax.golden.consmax.solver import solve_tables
from surmax.golden.hccs.config import HCCS_PRESETS, HccsConfig, hccs_preset
from surmax.golden.hccs.law import HccsConstants, exact_hccs, hccs
from surmax.golden.head_file import (
    ConstantsFile,
    HccsConstantsFile,
    HccsHead,
    HeadConstants,
    load_constants,
    save_constants,
)
from surmax.golden.metrics import ErrorMetrics, error_metrics
from surmax.golden.reference import correctly_rounded, exact_consmax, exact_softmax
from surmax.golden.softermax.config import SOFTERMAX_PRESETS, SoftermaxConfig, softermax_preset
from surmax.golden.softermax.law import exact_softermax, softermax
from surmax.golden.softmax.config import SOFTMAX_PRESETS, SoftmaxConfig, softmax_preset
from surmax.golden.softmax.law import SoftmaxConstants, softmax

__all__ = [
    "HCCS_PRESETS",
    "PRESETS",
    "SOFTERMAX_PRESETS",
    "SOFTMAX_PRESETS",
    "ConsmaxConfig",
    "ConsmaxTables",
    "ConstantsFile",
    "ErrorMetrics",
    "HccsConfig",
    "HccsConstants",
    "HccsConstantsFile",
    "HccsHead",
    "HeadConstants",
    "InputError",
    "SoftermaxConfig",
    "SoftmaxConfig",
    "SoftmaxConstants",
    "WordFormat",
    "check_choice",
    "check_range",
    "consmax",
    "correctly_rounded",
    "error_metrics",
    "exact_consmax",
    "exact_hccs",
    "exact_softermax",
    "exact_softmax",
    "hccs",
    "hccs_preset",
    "load_constants",
    "preset",
    "save_constants",
    "softermax",
    "softermax_preset",
    "softmax",
    "softmax_preset",
    "solve_tables",
]
