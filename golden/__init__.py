# SPDX-License-Identifier: Apache-2.0
"""Surmax golden models: the integer law that every other body must equal, bit for bit."""

from surmax.golden.consmax import ConsmaxTables, consmax
from surmax.golden.consmax_config import PRESETS, ConsmaxConfig, WordFormat, preset
from surmax.golden.consmax_solver import solve_tables
from surmax.golden.constants import (
    ConstantsFile,
    HccsConstantsFile,
    HccsHead,
    HeadConstants,
    load_constants,
    save_constants,
)
from surmax.golden.errors import InputError, check_choice, check_range
from surmax.golden.hccs import HccsConstants, exact_hccs, hccs
from surmax.golden.hccs_config import HCCS_PRESETS, HccsConfig, hccs_preset
from surmax.golden.metrics import ErrorMetrics, error_metrics
from surmax.golden.reference import correctly_rounded, exact_consmax, exact_softmax
from surmax.golden.softermax import exact_softermax, softermax
from surmax.golden.softermax_config import SOFTERMAX_PRESETS, SoftermaxConfig, softermax_preset
from surmax.golden.softmax import SoftmaxConstants, softmax
from surmax.golden.softmax_config import SOFTMAX_PRESETS, SoftmaxConfig, softmax_preset

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
