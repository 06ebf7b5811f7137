# SPDX-License-Identifier: Apache-2.0
"""ConSmax in the registry of the rtl layer."""

from surmax.rtl.consmax.axi import consmax_map
from surmax.rtl.consmax.build import CONSMAX_PRESET_STAGES, ConsmaxBuild
from surmax.rtl.protocol import UnitHardware

ENTRY = UnitHardware(
    build=ConsmaxBuild,
    address_map=consmax_map,
    contents="tables",
    preset_parameters={name: {"stages": stages} for name, stages in CONSMAX_PRESET_STAGES.items()},
)
