# SPDX-License-Identifier: Apache-2.0
"""The bar on the area of the unit, in sky130."""

from surmax.golden import CONSMAX_PRESETS
from surmax.rtl import ConsmaxBuild, verilog
from surmax.synth import synthesise


def test_sixteen_lanes_of_the_small_preset(sky130, cache):
    build = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=16, adders="cells")
    result = synthesise(verilog(build), build.top_module, sky130, cache=cache, transistors=False)
    assert result.total.ge / 16 < 1100  # the bar is 2400, the aim 1600
    assert result.parts["storage"].ge > 352 * 5.3  # 16 words of 10 and 12 bits in flip-flops
