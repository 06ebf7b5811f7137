# SPDX-License-Identifier: Apache-2.0
import pytest
from surmax.golden import SOFTERMAX_PRESETS
from surmax.rtl import SoftermaxBuild, verilog
from surmax.tb.rewrite.drive import drive
from surmax.tb.softermax.proofs import prove_exponentials

LANE = SoftermaxBuild(SOFTERMAX_PRESETS["paper"], lanes=1, max_length=1)
CELLS = SoftermaxBuild(SOFTERMAX_PRESETS["u8"], lanes=1, max_length=1, adders="cells")


@pytest.mark.parametrize("build", [LANE, CELLS], ids=["operators", "cells"])
def test_exponentials_are_golden_for_every_score(build, tmp_path):
    assert prove_exponentials(build, folder=tmp_path).status == "proven"


def test_a_wrong_exponential_has_a_counterexample(tmp_path):
    text = drive(verilog(LANE), "softermax_place_lane", "term", "right | 1")
    proof = prove_exponentials(LANE, folder=tmp_path, text=text)
    assert proof.status == "refuted"
    last = proof.counterexample[-1]
    assert last["got"] != last["expected"]
