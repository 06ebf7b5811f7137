# SPDX-License-Identifier: Apache-2.0
"""HCCS in the registry of the rtl layer."""

from surmax.rtl.hccs.axi import hccs_map
from surmax.rtl.hccs.build import HccsBuild
from surmax.rtl.protocol import UnitHardware

ENTRY = UnitHardware(build=HccsBuild, address_map=hccs_map, contents="constants")
