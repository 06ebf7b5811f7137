# SPDX-License-Identifier: Apache-2.0
import pytest
from surmax.golden import HCCS_PRESETS, HccsConfig, HccsConstants, InputError
from surmax.rtl import HccsBuild, verilog
from surmax.tb.hccs.proofs import prove_arithmetic
from surmax.tb.rewrite.drive import drive
from surmax.tb.rows.proofs import prove_stream

TINY = HccsConfig(fraction_bits=0, min_sum=64)  # lines of 8 bits
STREAM = HccsBuild(
    TINY,
    lanes=1,
    heads=2,
    max_length=2,
    storage="constant",
    constants=(HccsConstants(64, 20, 3), HccsConstants(100, 33, 3)),
    dividers=2,
    divider_bits=1,
)


def arithmetic(config, adders="operators"):
    return HccsBuild(config, lanes=2, max_length=4, adders=adders)


@pytest.mark.parametrize(
    ("build", "count"),
    [
        (arithmetic(HCCS_PRESETS["div"]), 3),
        (arithmetic(HCCS_PRESETS["clb2"]), 4),
    ],
    ids=["div", "clb2"],
)
def test_arithmetic_is_right_for_all_inputs(build, count, tmp_path):
    proofs = list(prove_arithmetic(build, folder=tmp_path))
    assert [proof.status for proof in proofs] == ["proven"] * count


def first_refuted(proofs):
    return next(proof for proof in proofs if not proof.holds)


@pytest.mark.parametrize(
    ("module", "signal", "wrong", "refuted"),
    [
        ("surmax_row_receive", "overlong", "1'b0", "maximum"),
        ("hccs_sum", "carried", "before", "distances"),
        ("hccs_sum", "lane0/masked", "1'b0", "distances"),
        ("hccs_scale", "lane0/masked", "1'b0", "codes"),
    ],
    ids=["overlong", "sum not reset", "mask in sum", "mask in output"],
)
def test_each_arithmetic_fault_has_a_counterexample(module, signal, wrong, refuted, tmp_path):
    build = arithmetic(HCCS_PRESETS["div"])
    text = drive(verilog(build), module, signal, wrong)
    proof = first_refuted(prove_arithmetic(build, folder=tmp_path, text=text))
    assert proof.name.startswith(refuted)
    assert proof.counterexample


def test_stream_rules_hold(tmp_path):
    *proofs, content, order = prove_stream(STREAM, folder=tmp_path)
    assert {proof.status for proof in proofs} == {"proven"}
    assert (content.status, order.status) == ("bounded", "bounded")


@pytest.mark.parametrize(
    ("module", "signal", "wrong", "refuted"),
    [
        ("hccs_scale", "codes__valid", "rst ? codes__valid : right", "handshake"),
        ("surmax_row_receive", "overlong", "1'b0", "rows come out"),
        ("surmax_fifo_*", "get", "| level", "handshake"),
        ("surmax_fifo_*", "read_address", "rst ? read_address : right", "buffer"),
        ("hccs_stream", "m_last", "1'b1", "rows come out"),
    ],
    ids=["reset", "overlong", "overwritten", "pointer", "last"],
)
def test_each_stream_fault_has_a_counterexample(module, signal, wrong, refuted, tmp_path):
    text = drive(verilog(STREAM), module, signal, wrong)
    proof = first_refuted(prove_stream(STREAM, folder=tmp_path, text=text))
    assert proof.name.startswith(refuted)
    assert proof.counterexample


def test_bad_arguments(tmp_path):
    with pytest.raises(InputError, match=r"lanes must be .*, not 1"):
        next(prove_arithmetic(STREAM, folder=tmp_path))
    with pytest.raises(InputError, match="1, 2, False and stream are needed"):
        next(prove_stream(arithmetic(HCCS_PRESETS["div"]), folder=tmp_path))
