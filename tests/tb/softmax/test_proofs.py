# SPDX-License-Identifier: Apache-2.0
import pytest
from surmax.golden import SOFTMAX_PRESETS
from surmax.rtl import SoftmaxBuild, verilog
from surmax.tb.rewrite.drive import drive
from surmax.tb.softmax.proofs import prove_exponentials

LANE = SoftmaxBuild(SOFTMAX_PRESETS["u8"], lanes=1, max_length=1)
CELLS = SoftmaxBuild(SOFTMAX_PRESETS["u8"], lanes=1, max_length=1, adders="cells")
RATES = (1, 473, 945, SOFTMAX_PRESETS["u8"].max_rate)


@pytest.mark.parametrize("build", [LANE, CELLS], ids=["operators", "cells"])
def test_exponentials_are_golden_for_every_score(build, tmp_path):
    assert prove_exponentials(build, folder=tmp_path, rates=RATES).status == "proven"


def test_a_wrong_exponential_has_a_counterexample(tmp_path):
    text = drive(verilog(LANE), "softmax_time_lane", "rate", "right | 1")
    proof = prove_exponentials(LANE, folder=tmp_path, text=text, rates=(64, 128))
    assert proof.status == "refuted"
    last = proof.counterexample[-1]
    assert last["got"] != last["expected"]
