# SPDX-License-Identifier: Apache-2.0
"""Amaranth components of Surmax: each equals a function of surmax.golden, bit for bit."""

from surmax.rtl.build import Build, elaborate, verilog, verilog_of
from surmax.rtl.consmax.build import PRESET_STAGES, ConsmaxBuild
from surmax.rtl.consmax.tables import TableStorage
from surmax.rtl.consmax.unit import ConsmaxUnit
from surmax.rtl.hccs.build import HccsBuild
from surmax.rtl.hccs.unit import HccsUnit
from surmax.rtl.rows.build import RowBuild
from surmax.rtl.softermax.build import SoftermaxBuild
from surmax.rtl.softermax.unit import SoftermaxUnit
from surmax.rtl.softmax.build import SoftmaxBuild
from surmax.rtl.softmax.unit import SoftmaxUnit

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
