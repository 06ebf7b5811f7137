# SPDX-License-Identifier: Apache-2.0
"""Libraries of users' own, from the file through yosys to a netlist."""

import random

import pytest
from helpers.liberty_samples import GENERIC, edited, mutated, with_flip_flop
from surmax.common.errors import InputError
from surmax.synth import plain_netlist, resolve_target, synthesise

DESIGN = """module top (input clk, e, input [2:0] a, b, output reg [3:0] q, output reg [3:0] r);
always @(posedge clk) begin q <= a + b; if (e) r <= q ^ {a, e}; end
endmodule
"""
BOTH = 'ff (IQ, IQN) { clocked_on : "CK"; next_state : "D"; clear : "!R"; preset : "S"; }'
ACCEPTED = {
    "braces on the next line": edited((") {\n", ")\n  {\n")),
    "no quotes": edited(('next_state : "(D&E)|(IQ&!E)"', "next_state : (D&E)|(IQ&!E)")),
    "names for Verilog": edited(
        ("cell (FA)", "cell (module)"),
        ("cell (INV)", 'cell ("a[b]")'),
        ("pin (GATE)", "pin (wire)"),
        ("pin (GCLK)", "pin (reg)"),
    ),
    "set and reset": with_flip_flop("CK D R S", BOTH),
    "the complement": with_flip_flop(
        "CK D", 'ff (Q, N) { clocked_on : "!CK"; next_state : "!D"; }', "!Q"
    ),
    "an enable at 0": with_flip_flop(
        "CK D E", 'ff (IQ) { clocked_on : "CK"; next_state : "(D + E) (IQ + !E)"; }'
    ),
}  # fmt: skip


def mapped(text, tmp_path):
    path = tmp_path / "own.lib"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    target = resolve_target(f"liberty:{path}")
    result = synthesise(DESIGN, "top", target, cache=tmp_path, transistors=False)
    assert "module top" in plain_netlist(result, target, cache=tmp_path)
    return result.total


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_is_read_is_mapped(case, tmp_path):
    total = mapped(ACCEPTED[case], tmp_path)
    flops = [count for name, count in total.cells.items() if name in ("DFF", "FLOP")]
    assert flops == [8]
    assert 60 < total.ge < 100


def test_a_cell_without_area_is_not_free(tmp_path):
    full = mapped(GENERIC, tmp_path)
    total = mapped(edited(("area : 5.33;\n    ff", "ff")), tmp_path)
    assert "DFF" not in total.cells
    assert total.ge > full.ge


@pytest.mark.soak
def test_mutations_that_are_read_are_mapped(tmp_path):
    generator = random.Random(14)
    tried = 0
    while tried < 40:
        text = mutated(GENERIC, generator)
        try:
            tried += mapped(text, tmp_path).ge > 0
        except InputError:
            continue
