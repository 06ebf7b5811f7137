# SPDX-License-Identifier: Apache-2.0
"""The AXI benches see what becomes of null beats, in the status register and in the rows."""

import re

import pytest
from surmax.golden import HCCS_PRESETS, SOFTERMAX_PRESETS
from surmax.rtl import HccsBuild, SoftermaxBuild, verilog
from surmax.tb.rewrite.drive import drive
from surmax.tb.run.regression import run_benches
from surmax.tb.run.simulators import available

pytestmark = pytest.mark.skipif("icarus" not in available(), reason="Icarus is missing")

SHAPE = {"lanes": 2, "heads": 2, "max_length": 8, "top": "axi"}
BUILDS = {
    "hccs": HccsBuild(HCCS_PRESETS["div"], **SHAPE),
    "softermax": SoftermaxBuild(SOFTERMAX_PRESETS["u8"], **SHAPE),
}
# Signal of the top that is driven wrongly, the wrong value, and what the bench says.
FAULTS = {
    "null end reported": ("lost", "dropped", "null beats behind 4 beats set STATUS"),
    "lost bytes not reported": ("lost", "1'b0", "a masked byte is dropped and STATUS is 0"),
    "one byte lane looked at": (
        "lost",
        "dropped & s_axis_tkeep[0] & s_axis_tkeep[1]",
        "a masked byte is dropped and STATUS is 0",
    ),
    "masked bytes count as absent": (
        "lost",
        "right & ~(& s_axis_tuser[2:1])",
        "a masked byte is dropped and STATUS is 0",
    ),
    "first dropped beat only": (
        "lost",
        "right & s_axis_tlast & (s_axis_tdata == 0)",
        "a (masked|late) byte is dropped and STATUS is 0",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("unit", BUILDS)
def test_bench_sees_what_becomes_of_null_beats(unit, name, sim_folder):
    build = BUILDS[unit]
    signal, wrong, message = FAULTS[name]
    text = drive(verilog(build), build.top_module, signal, wrong)
    result = run_benches(
        build, "icarus", folder=sim_folder, beats=60, tests="null_beats", text=text
    )
    assert re.search(message, result.message or "passed")


@pytest.mark.parametrize("unit", BUILDS)
def test_bench_sees_a_null_beat_that_ends_no_row(unit, sim_folder):
    build = BUILDS[unit]
    module = "softermax_receive" if unit == "softermax" else "surmax_row_receive"
    text = drive(verilog(build), module, "dropping", "1'b0")
    result = run_benches(
        build, "icarus", folder=sim_folder, beats=60, tests="null_beats", text=text
    )
    assert not result.passed
