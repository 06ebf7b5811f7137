# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from surmax.golden import CONSMAX_PRESETS, InputError, solve_tables
from surmax.rtl import ConsmaxBuild, verilog
from surmax.tb.consmax.faults import FAULTS
from surmax.tb.consmax.proofs import prove_lane, prove_stream
from surmax.tb.consmax.statements import golden_codes
from surmax.tb.proof.mutation import faulty_verilog
from surmax.tb.proof.problem import ProofError
from surmax.tb.rewrite.drive import drive

HEADS = ((0.05, 2.0, 3.0), (0.03, 1.0, 20.0), (0.11, -1.0, 150.0))
BY_NAME = {fault.name: fault for fault in FAULTS}


def one_lane(preset, heads=1, **options):
    config = CONSMAX_PRESETS[preset]
    tables = tuple(
        solve_tables(config, scale=scale, beta=beta, gamma=gamma)
        for scale, beta, gamma in HEADS[:heads]
    )
    return ConsmaxBuild(config, lanes=1, heads=heads, storage="constant", tables=tables, **options)


@pytest.mark.parametrize(
    ("build", "mapped"),
    [
        (one_lane("small", 3), False),
        (one_lane("small", 2, stages=2, adders="cells"), False),
        (one_lane("small", 1), True),
        (one_lane("paper", 2), False),
        (one_lane("precise", 1, stages=3), False),
    ],
    ids=["small", "cells", "gates", "paper", "precise"],
)
def test_lane_is_golden_for_all_codes(build, mapped, tmp_path):
    proof = prove_lane(build, folder=tmp_path, mapped=mapped)
    assert proof.status == "proven"
    assert proof.holds
    assert proof.counterexample == ()


@pytest.mark.parametrize("mapped", [False, True])
def test_one_wrong_table_word_gives_its_counterexample(mapped, tmp_path):
    build = one_lane("small", 3)
    right = build.tables[1]
    mantissas = right.mantissas.copy()
    mantissas[1, 15] ^= 8
    tables = (build.tables[0], replace(right, mantissas=mantissas), build.tables[2])
    wrong = golden_codes(tables[1])
    differ = np.flatnonzero(np.array(wrong) != np.array(golden_codes(right)))
    assert 0 < len(differ) <= 16
    text = verilog(replace(build, tables=tables))
    proof = prove_lane(build, folder=tmp_path, text=text, mapped=mapped)
    assert proof.status == "refuted"
    last = proof.counterexample[-1]
    assert (last["head"], last["masked"]) == (1, 0)
    assert last["score"] in differ
    assert last["got"] == wrong[last["score"]]
    assert last["expected"] == golden_codes(right)[last["score"]]


def test_an_ignored_mask_gives_its_counterexample(tmp_path):
    build = one_lane("small")
    text = drive(verilog(build), "consmax_lane", "mask", "1'b0")
    proof = prove_lane(build, folder=tmp_path, text=text)
    assert proof.status == "refuted"
    last = proof.counterexample[-1]
    assert (last["masked"], last["expected"]) == (1, 0)
    assert last["got"] == golden_codes(build.tables[0])[last["score"]]


@pytest.mark.parametrize(
    ("build", "order"),
    [
        (one_lane("small"), "proven"),
        (one_lane("small", stages=2), "bounded"),
        (ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2, heads=2, stages=3), "bounded"),
    ],
    ids=["one-stage", "two-stages", "loadable"],
)
def test_stream_rules_hold(build, order, tmp_path):
    proofs = prove_stream(build, folder=tmp_path)
    assert [proof.status for proof in proofs] == ["proven", "proven", order]


@pytest.mark.parametrize(
    ("name", "refuted"),
    [
        ("valid waits for ready", 0),
        ("payload changes in a stall", 1),
        ("beat lost in a stall", 1),
        ("beat taken twice in a stall", 1),
        ("bubbles do not fill up", 1),
        ("reset leaves beats in", 1),
        ("TLAST of the next beat", 2),
    ],
)
def test_each_handshake_fault_has_a_counterexample(name, refuted, tmp_path):
    fault = BY_NAME[name]
    proofs = prove_stream(fault.build, folder=tmp_path, text=faulty_verilog(fault))
    proof = next(islice(proofs, refuted, None))
    assert proof.status == "refuted"
    assert proof.counterexample


def test_bad_arguments(tmp_path):
    loadable = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=1)
    with pytest.raises(InputError, match="storage must be constant, not 'loadable'"):
        prove_lane(loadable, folder=tmp_path)
    with pytest.raises(InputError, match="lanes is 2, score_bits 16"):
        prove_lane(ConsmaxBuild(CONSMAX_PRESETS["mixed"], lanes=2), folder=tmp_path)
    with pytest.raises(InputError, match="top must be stream, not 'axi'"):
        next(prove_stream(replace(loadable, top="axi"), folder=tmp_path))
    with pytest.raises(ProofError, match="yosys failed"):
        prove_lane(one_lane("small"), folder=tmp_path, text="module broken(")
