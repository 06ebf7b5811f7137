# SPDX-License-Identifier: Apache-2.0
import re

import pytest
from surmax.golden import HCCS_PRESETS, HccsConfig, HccsConstants, InputError
from surmax.rtl import HccsBuild, verilog
from surmax.tb.rows.proofs import prove_arithmetic, prove_stream

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


def edited(build, old, new):
    """Verilog of `build` with one edit by regular expression, which must be possible."""
    text, count = re.subn(old, new, verilog(build))
    assert count >= 1, old
    return text


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
    ("old", "new", "refuted"),
    [
        (r"assign overlong = ", "assign overlong = 0 & ", "maximum"),
        (r"first \? 15'h0000 :", "1'b0 ? 15'h0000 :", "distances"),
        (r"\.masked\(kept__payload\[16\]\)", ".masked(1'b0)", "distances"),
        (r"\.masked\(beats__payload\[14\]\)", ".masked(1'b0)", "codes"),
    ],
    ids=["overlong", "sum not reset", "mask in sum", "mask in output"],
)
def test_each_arithmetic_fault_has_a_counterexample(old, new, refuted, tmp_path):
    build = arithmetic(HCCS_PRESETS["div"])
    text = edited(build, old, new)
    proof = first_refuted(prove_arithmetic(build, folder=tmp_path, text=text))
    assert proof.name.startswith(refuted)
    assert proof.counterexample


def test_stream_rules_hold(tmp_path):
    *proofs, content, order = prove_stream(STREAM, folder=tmp_path)
    assert {proof.status for proof in proofs} == {"proven"}
    assert (content.status, order.status) == ("bounded", "bounded")


@pytest.mark.parametrize(
    ("old", "new", "refuted"),
    [
        (r"if \(rst\) codes__valid <= 1'h0;\s*else", "", "handshake"),
        (r"assign overlong = ", "assign overlong = 0 & ", "rows come out"),
        (r"assign get = (\S+)  & \S+ ;", r"assign get = \1 ;", "handshake"),
        (r"if \(rst\) read_address <= \S+;\s*else", "", "buffer"),
        (r"assign m_last = ", "assign m_last = 1 | ", "rows come out"),
    ],
    ids=["reset", "overlong", "overwritten", "pointer", "last"],
)
def test_each_stream_fault_has_a_counterexample(old, new, refuted, tmp_path):
    text = edited(STREAM, old, new)
    proof = first_refuted(prove_stream(STREAM, folder=tmp_path, text=text))
    assert proof.name.startswith(refuted)
    assert proof.counterexample


def test_bad_arguments(tmp_path):
    with pytest.raises(InputError, match=r"lanes must be .*, not 1"):
        next(prove_arithmetic(STREAM, folder=tmp_path))
    with pytest.raises(InputError, match="1, 2, False and stream are needed"):
        next(prove_stream(arithmetic(HCCS_PRESETS["div"]), folder=tmp_path))
