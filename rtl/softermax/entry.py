# SPDX-License-Identifier: Apache-2.0
"""Softermax in the registry of the rtl layer."""

from surmax.rtl.protocol import UnitHardware
from surmax.rtl.softermax.axi import softermax_map
from surmax.rtl.softermax.build import SoftermaxBuild

ENTRY = UnitHardware(build=SoftermaxBuild, address_map=softermax_map)
