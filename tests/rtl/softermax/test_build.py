# SPDX-License-Identifier: Apache-2.0
import pytest
from surmax.golden import SOFTERMAX_PRESETS
from surmax.rtl import SoftermaxBuild, verilog
from surmax.rtl.tools.lint import lint
from surmax.rtl.tops.files import sidecar


def builds():
    for config in SOFTERMAX_PRESETS.values():
        yield SoftermaxBuild(config, lanes=2, heads=3, max_length=8, adders="cells")
        yield SoftermaxBuild(config, lanes=4, heads=5, max_length=4, top="axi")
        yield SoftermaxBuild(config, lanes=1, max_length=6)


@pytest.mark.parametrize(
    "build", [*builds()], ids=lambda b: f"{b.top_module}-{b.preset}-{b.lanes}-{b.adders}"
)
def test_generated_verilog_lints_clean(build):
    assert lint(verilog(build), build.top_module) == []


def test_the_sidecar_states_the_interval_of_every_row_length():
    build = SoftermaxBuild(SOFTERMAX_PRESETS["u8"], lanes=4, max_length=16)
    assert [row["interval_cycles"] for row in sidecar(build, "")["rows"]] == [1, 2, 3, 4]
