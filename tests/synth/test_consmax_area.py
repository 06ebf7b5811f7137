# SPDX-License-Identifier: Apache-2.0
"""The bar on the area of the unit, in sky130."""

import pytest
from surmax.golden import PRESETS, InputError
from surmax.rtl import ConsmaxBuild, verilog
from surmax.synth import cells_folder, fetch_sky130, resolve_target, synthesise


def test_sixteen_lanes_of_the_small_preset(tmp_path):
    try:
        fetch_sky130(cells_folder())
    except InputError as error:
        pytest.skip(str(error))
    build = ConsmaxBuild(PRESETS["small"], lanes=16, adders="cells")
    result = synthesise(
        verilog(build), build.top_module, resolve_target("sky130"), cache=tmp_path / "cache"
    )
    assert result.total.ge / 16 < 1100  # the bar is 2400, the aim 1600
    assert result.parts["storage"].ge > 352 * 5.3  # 16 words of 10 and 12 bits in flip-flops
