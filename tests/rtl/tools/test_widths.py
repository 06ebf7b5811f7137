# SPDX-License-Identifier: Apache-2.0
"""Operands are written out to the width of their operator, and mean what they did."""

import pytest
from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl import verilog_of
from surmax.rtl.tools.lint import lint
from surmax.rtl.tools.verilators import verilators
from surmax.rtl.tools.widths import extend_operands


def cell(kind, a, b, widths, signs=(0, 0)):
    lines = [f"  cell {kind} $1", f"    parameter \\A_SIGNED {signs[0]}"]
    lines += [f"    parameter \\B_SIGNED {signs[1]}"]
    lines += [f"    parameter \\{p}_WIDTH {n}" for p, n in zip("ABY", widths, strict=True)]
    lines += [f"    connect \\A {a}", f"    connect \\B {b}", "    connect \\Y $2", "  end"]
    return "\n".join(lines)


# Kind of the cell; operands and widths of A, B and Y, before and after.
UNSIGNED = [
    ("$add", (r"\a [3:0]", "1'1", (4, 1, 5)), (r"{ 1'0 \a [3:0] }", "{ 4'0000 1'1 }", (5, 5, 5))),
    ("$mul", (r"\a [1]", r"\b [1:0]", (1, 2, 2)), (r"{ 1'0 \a [1] }", r"\b [1:0]", (2, 2, 2))),
    ("$shl", (r"\a [1:0]", "3'110", (2, 3, 4)), (r"{ 2'00 \a [1:0] }", "3'110", (4, 3, 4))),
    ("$lt", (r"\a [1]", r"\b [2:0]", (1, 3, 1)), (r"{ 2'00 \a [1] }", r"\b [2:0]", (3, 3, 1))),
    (
        "$xor",
        (r"{ \a [1] \c [0] }", "3'1", (2, 3, 3)),
        (r"{ 1'0 \a [1] \c [0] }", "3'1", (3, 3, 3)),
    ),
    ("$mux", (r"\a [1:0]", r"\b [1:0]", (2, 2, 2)), (r"\a [1:0]", r"\b [1:0]", (2, 2, 2))),
]


@pytest.mark.parametrize(("kind", "before", "after"), UNSIGNED)
def test_unsigned_operands(kind, before, after):
    assert extend_operands(cell(kind, *before)) == cell(kind, *after)


def test_signed_operands_repeat_their_sign():
    before = cell("$lt", "{ \\a$3 [7:5] \\b [0] }", "2'10", (4, 2, 1), (1, 1))
    after = cell("$lt", "{ \\a$3 [7:5] \\b [0] }", "{ 1'1 1'1 2'10 }", (4, 4, 1), (1, 1))
    assert extend_operands(before) == after
    before = cell("$sub", "{ \\a$3 [7:5] \\b [0] }", "\\c [2:1]", (4, 2, 6), (1, 1))
    wide = "{ \\a$3 [7] \\a$3 [7] \\a$3 [7:5] \\b [0] }"
    after = cell("$sub", wide, "{ " + "\\c [2] " * 4 + "\\c [2:1] }", (6, 6, 6), (1, 1))
    assert extend_operands(before) == after


class Mixed(wiring.Component):
    """Operators of all kinds on operands of different widths and signs."""

    def __init__(self):
        super().__init__({"a": In(signed(4)), "b": In(signed(9)), "c": In(3), "o": Out(signed(16))})

    def elaborate(self, platform):
        m = Module()
        total = Signal(signed(16))
        m.d.comb += total.eq(self.a * self.b + self.c - (self.b >> 2) + (self.a << self.c[:2]))
        chosen = Mux((self.a < self.b) | (self.b == self.c), total ^ self.c, -self.a & self.b)
        m.d.comb += self.o.eq(chosen)
        return m


@pytest.mark.parametrize("verilator", verilators(), ids=lambda one: one.version)
def test_text_of_signed_and_mixed_operators_has_equal_widths(verilator):
    text = verilog_of(Mixed(), "mixed")
    waivers = "/* verilator lint_off DECLFILENAME */ /* verilator lint_off UNUSEDSIGNAL */\n"
    assert lint(waivers + text, "mixed", verilator) == []
