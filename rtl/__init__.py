# SPDX-License-Identifier: Apache-2.0
"""Amaranth components of Surmax: each equals a function of surmax.golden, bit for bit."""

from surmax.rtl.build import Build, elaborate, verilog, verilog_of
from surmax.rtl.consmax import ConsmaxUnit
from surmax.rtl.consmax_build import PRESET_STAGES, ConsmaxBuild
from surmax.rtl.hccs import HccsUnit
from surmax.rtl.hccs_build import HccsBuild
from surmax.rtl.row_build import RowBuild
from surmax.rtl.softermax import SoftermaxUnit
from surmax.rtl.softermax_build import SoftermaxBuild
from surmax.rtl.softmax import SoftmaxUnit
from surmax.rtl.softmax_build import SoftmaxBuild
from surmax.rtl.tables import TableStorage

__all__ = [
    "PRESET_STAGES",
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
