# SPDX-License-Identifier: Apache-2.0
"""Surmax golden models: the integer law that every other body must equal, bit for bit."""

import warnings

from surmax.common.errors import InputError, check_choice, check_range
from surmax.golden.consmax.config import (
    CONSMAX_PRESETS,
    ConsmaxConfig,
    WordFormat,
    consmax_preset,
)
from surmax.golden.consmax.heads import ConsmaxConstantsFile, ConsmaxHead
from surmax.golden.consmax.law import ConsmaxTables, consmax
from surmax.golden.consmax.solver import solve_tables
from surmax.golden.hccs.config import HCCS_PRESETS, HccsConfig, hccs_preset
from surmax.golden.hccs.heads import HccsConstantsFile, HccsHead
from surmax.golden.hccs.law import HccsConstants, exact_hccs, hccs
from surmax.golden.head_file import load_constants, save_constants
from surmax.golden.metrics import ErrorMetrics, error_metrics
from surmax.golden.reference import correctly_rounded, exact_consmax, exact_softmax
from surmax.golden.sampling import wrong_codes
from surmax.golden.softermax.config import SOFTERMAX_PRESETS, SoftermaxConfig, softermax_preset
from surmax.golden.softermax.law import exact_softermax, softermax
from surmax.golden.softmax.config import SOFTMAX_PRESETS, SoftmaxConfig, softmax_preset
from surmax.golden.softmax.law import SoftmaxConstants, softmax
from surmax.golden.units import unit_entry, unit_names

__all__ = [
    "CONSMAX_PRESETS",
    "HCCS_PRESETS",
    "SOFTERMAX_PRESETS",
    "SOFTMAX_PRESETS",
    "ConsmaxConfig",
    "ConsmaxConstantsFile",
    "ConsmaxHead",
    "ConsmaxTables",
    "ErrorMetrics",
    "HccsConfig",
    "HccsConstants",
    "HccsConstantsFile",
    "HccsHead",
    "InputError",
    "SoftermaxConfig",
    "SoftmaxConfig",
    "SoftmaxConstants",
    "WordFormat",
    "check_choice",
    "check_range",
    "consmax",
    "consmax_preset",
    "correctly_rounded",
    "error_metrics",
    "exact_consmax",
    "exact_hccs",
    "exact_softermax",
    "exact_softmax",
    "hccs",
    "hccs_preset",
    "load_constants",
    "save_constants",
    "softermax",
    "softermax_preset",
    "softmax",
    "softmax_preset",
    "solve_tables",
    "unit_entry",
    "unit_names",
    "wrong_codes",
]

# Names of earlier versions: what took a general name was ConSmax's own.
_DEPRECATED = {
    "PRESETS": "CONSMAX_PRESETS",
    "preset": "consmax_preset",
    "HeadConstants": "ConsmaxHead",
    "ConstantsFile": "ConsmaxConstantsFile",
}


def __getattr__(name: str) -> object:
    """Return what an earlier version called `name`, with a DeprecationWarning."""
    if name not in _DEPRECATED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    new = _DEPRECATED[name]
    warnings.warn(
        f"surmax.golden.{name} is now surmax.golden.{new}", DeprecationWarning, stacklevel=2
    )
    return globals()[new]
