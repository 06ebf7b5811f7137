# SPDX-License-Identifier: Apache-2.0
"""Amaranth components of Surmax: each equals a function of surmax.golden, bit for bit."""

import warnings

from surmax.common.extras import needs

with needs("rtl"):
    from surmax.rtl.build import Build, verilog, verilog_of
    from surmax.rtl.consmax.build import CONSMAX_PRESET_STAGES, ConsmaxBuild
    from surmax.rtl.consmax.tables import TableStorage
    from surmax.rtl.consmax.unit import ConsmaxUnit
    from surmax.rtl.hccs.build import HccsBuild
    from surmax.rtl.hccs.unit import HccsUnit
    from surmax.rtl.rows.build import RowBuild
    from surmax.rtl.softermax.build import SoftermaxBuild
    from surmax.rtl.softermax.unit import SoftermaxUnit
    from surmax.rtl.softmax.build import SoftmaxBuild
    from surmax.rtl.softmax.unit import SoftmaxUnit
    from surmax.rtl.tops.files import elaborate

__all__ = [
    "CONSMAX_PRESET_STAGES",
    "Build",
    "ConsmaxBuild",
    "ConsmaxUnit",
    "HccsBuild",
    "HccsUnit",
    "RowBuild",
    "SoftermaxBuild",
    "SoftermaxUnit",
    "SoftmaxBuild",
    "SoftmaxUnit",
    "TableStorage",
    "elaborate",
    "verilog",
    "verilog_of",
]


def __getattr__(name: str) -> object:
    """Return what an earlier version called `name`, with a DeprecationWarning."""
    if name != "PRESET_STAGES":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(
        "surmax.rtl.PRESET_STAGES is now surmax.rtl.CONSMAX_PRESET_STAGES",
        DeprecationWarning,
        stacklevel=2,
    )
    return CONSMAX_PRESET_STAGES
