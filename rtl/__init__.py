# SPDX-License-Identifier: Apache-2.0
"""Amaranth components of Surmax: each equals a function of surmax.golden, bit for bit."""

from surmax.rtl.build import ConsmaxBuild, elaborate, verilog
from surmax.rtl.consmax import ConsmaxUnit
from surmax.rtl.tables import TableStorage

__all__ = ["ConsmaxBuild", "ConsmaxUnit", "TableStorage", "elaborate", "verilog"]
