# SPDX-License-Identifier: Apache-2.0
"""What is known of the registers of a design: proven, refused where it is false, and of use."""

import pytest
from surmax.golden import unit_entry
from surmax.rtl import verilog
from surmax.tb.mutate.equivalence import prove_equivalent
from surmax.tb.mutate.invariants import prove_invariants
from surmax.tb.mutate.mutants import Design
from surmax.tb.proof.problem import ProofError

ROW_UNITS = ("hccs", "softmax", "softermax")


def build_of(unit, **parameters):
    law = unit_entry("golden", unit)
    hardware = unit_entry("rtl", unit).build
    return hardware(law.presets[law.default_preset], **parameters)


@pytest.fixture
def small(tmp_path):
    build = build_of("hccs", lanes=1, max_length=5)
    return Design(build, verilog(build), tmp_path)


@pytest.mark.parametrize("unit", ROW_UNITS)
@pytest.mark.parametrize("max_length", [1, 5])
def test_of_every_row_unit_they_are_proven(unit, max_length, tmp_path):
    build = build_of(unit, lanes=1, max_length=max_length)
    found = prove_invariants(Design(build, verilog(build), tmp_path))
    assert any(name.startswith("surmax_fifo_") for name in found)
    assert any(name.endswith("_receive") for name in found)


@pytest.mark.parametrize(
    ("module", "right", "wrong"),
    [
        ("surmax_fifo_", "~ write_address[1]", "write_address[1]"),
        ("surmax_row_receive", "i__payload[10] | full", "i__payload[10]"),
        ("hccs_divider", "step[3:0] } << 1'h1", "step[3:0] } * 6'h3"),
    ],
)
def test_a_false_one_is_refused(small, module, right, wrong):
    name = max(one for one in small.modules if one.startswith(module))
    assert right in small.modules[name]
    small.modules[name] = small.modules[name].replace(right, wrong)
    with pytest.raises(ProofError, match=f"the invariant of {name} is not proven"):
        prove_invariants(small)


def test_a_state_that_never_occurs_does_not_count(small):
    """The comparison that wraps a pointer at 12 may take 13 for it, if 13 never comes."""
    mutant = next(
        one
        for one in small.draw(3000, 1)
        if one.module == "surmax_fifo_9x13"
        and (one.mode, one.wire) == ("const1", "$6")  # not write_address[0]
    )
    assert prove_equivalent(small, mutant, prove_invariants(small)).proven
    assert not prove_equivalent(small, mutant).proven
