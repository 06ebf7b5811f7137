# SPDX-License-Identifier: Apache-2.0
import pytest
from surmax.golden import SOFTERMAX_PRESETS, SoftmaxConfig, SoftmaxConstants
from surmax.rtl import SoftermaxBuild, SoftmaxBuild, verilog
from surmax.tb.rewrite.drive import drive
from surmax.tb.rows.proofs import prove_stream

SMALL = SoftmaxConfig(
    rate_bits=8,
    fraction_bits=4,
    table_bits=4,
    value_bits=9,
    sum_bits=9,
    reciprocal_bits=9,
    dropped_columns=0,
)
STREAM = {
    "softmax": SoftmaxBuild(
        SMALL,
        lanes=1,
        heads=2,
        max_length=2,
        storage="constant",
        constants=(SoftmaxConstants(100), SoftmaxConstants(127)),
        divider_bits=4,
    ),
    "softermax": SoftermaxBuild(SOFTERMAX_PRESETS["paper"], lanes=1, heads=2, max_length=2),
}


@pytest.mark.parametrize("unit", STREAM)
def test_stream_rules_hold(unit, tmp_path):
    statuses = []
    for proof in prove_stream(STREAM[unit], folder=tmp_path):
        statuses.append(proof.status)
        if "words come out" in proof.name:
            break  # the order of rows takes long
    assert statuses == ["proven"] * (len(statuses) - 1) + ["bounded"]
    assert len(statuses) >= 4


@pytest.mark.soak
@pytest.mark.parametrize("unit", STREAM)
def test_order_holds(unit, tmp_path):
    *_, order = prove_stream(STREAM[unit], folder=tmp_path)
    assert order.name.startswith("rows come out in order")
    assert order.status == "bounded"


@pytest.mark.parametrize("unit", STREAM)
@pytest.mark.parametrize(
    ("module", "signal", "wrong", "refuted"),
    [
        ("soft*_scale", "codes__valid", "rst ? codes__valid : right", "handshake"),
        ("surmax_fifo_*", "get", "| level", "handshake"),
        ("surmax_fifo_*", "read_address", "rst ? read_address : right", "buffer"),
    ],
    ids=["reset", "overwritten", "pointer"],
)
def test_each_stream_fault_has_a_counterexample(unit, module, signal, wrong, refuted, tmp_path):
    build = STREAM[unit]
    text = drive(verilog(build), module, signal, wrong)
    proofs = prove_stream(build, folder=tmp_path, text=text)
    proof = next(proof for proof in proofs if not proof.holds)
    assert proof.name.startswith(refuted)
    assert proof.counterexample
