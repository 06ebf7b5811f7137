# SPDX-License-Identifier: Apache-2.0
"""The integer softmax in the registry: builds and address map."""

from surmax.rtl.protocol import UnitHardware
from surmax.rtl.softmax.axi import softmax_map
from surmax.rtl.softmax.build import SoftmaxBuild

ENTRY = UnitHardware(build=SoftmaxBuild, address_map=softmax_map, contents="constants")
