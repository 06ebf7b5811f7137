# SPDX-License-Identifier: Apache-2.0
"""Integer softmax in the registry of the rtl layer."""

from surmax.rtl.protocol import UnitHardware
from surmax.rtl.softmax.axi import softmax_map
from surmax.rtl.softmax.build import SoftmaxBuild

ENTRY = UnitHardware(build=SoftmaxBuild, address_map=softmax_map, contents="constants")
