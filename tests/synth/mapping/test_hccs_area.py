# SPDX-License-Identifier: Apache-2.0
"""The bars on the area of the unit, in sky130: row storage excluded, all else included."""

import pytest
from surmax.golden import HCCS_PRESETS
from surmax.rtl import HccsBuild, verilog
from surmax.synth import synthesise


@pytest.mark.parametrize(
    ("preset", "limit"),
    # The bars are 1100 and 1500; sixteen dividers take a minute of yosys.
    [("clb", 600), pytest.param("div", 1000, marks=pytest.mark.soak)],
)
def test_sixteen_lanes_rows_of_64(preset, limit, sky130, cache):
    build = HccsBuild(HCCS_PRESETS[preset], lanes=16, max_length=64, adders="cells")
    assert build.interval(4) == 4  # rows of 64 back to back
    result = synthesise(
        verilog(build),
        build.top_module,
        sky130,
        cache=cache,
        parts=build.parts,
        transistors=False,
    )
    assert (result.total - result.parts["row storage"]).ge / 16 < limit
    # Five beats of 16 scores and six of 16 distances wait, in flip-flops.
    assert result.parts["row storage"].ge > (5 * 128 + 6 * 112) * 5.3
    assert result.parts["constant storage"].ge > 23 * 5.3
