# SPDX-License-Identifier: Apache-2.0
import pytest
from surmax.golden import SOFTMAX_PRESETS, InputError, SoftmaxConfig, SoftmaxConstants
from surmax.rtl import SoftmaxBuild, verilog
from surmax.rtl.tools.lint import lint
from surmax.rtl.tops.files import sidecar


def builds():
    for config in SOFTMAX_PRESETS.values():
        yield SoftmaxBuild(config, lanes=2, heads=3, max_length=8, adders="cells")
        yield SoftmaxBuild(config, lanes=4, heads=5, max_length=4, top="axi")
        yield SoftmaxBuild(config, lanes=1, max_length=6)
    interpolated = SoftmaxConfig(fraction_bits=9, table_bits=5)
    rates = (SoftmaxConstants(100), SoftmaxConstants(2047))
    for top in ("stream", "axi"):
        yield SoftmaxBuild(
            interpolated,
            lanes=2,
            heads=2,
            max_length=8,
            storage="constant",
            constants=rates,
            top=top,
        )


@pytest.mark.parametrize(
    "build", [*builds()], ids=lambda b: f"{b.top_module}-{b.preset}-{b.lanes}-{b.adders}"
)
def test_generated_verilog_lints_clean(build):
    assert lint(verilog(build), build.top_module) == []


def test_the_sidecar_states_latency_and_interval_of_every_row_length():
    build = SoftmaxBuild(SOFTMAX_PRESETS["u8"], lanes=4, max_length=16)
    assert build.divider_bits == 3  # four cycles a row: the longest ones go through without a gap
    rows = sidecar(build, "")["rows"]
    assert [row["interval_cycles"] for row in rows] == [4, 4, 4, 4]
    assert [row["latency_cycles"] for row in rows] == [12, 14, 16, 18]


def test_refuses_rates_that_the_configuration_does_not_have():
    constants = (SoftmaxConstants(100), SoftmaxConstants(2048))
    with pytest.raises(InputError, match="head 1: rate must be 1 to 2047, not 2048"):
        SoftmaxBuild(SoftmaxConfig(), heads=2, storage="constant", constants=constants)
    with pytest.raises(InputError, match="divider_bits must be 1 to 16, not 17"):
        SoftmaxBuild(SoftmaxConfig(), divider_bits=17)
