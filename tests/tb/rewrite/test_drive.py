# SPDX-License-Identifier: Apache-2.0
import re

import pytest
from surmax.golden import CONSMAX_PRESETS, HCCS_PRESETS
from surmax.rtl import ConsmaxBuild, HccsBuild, verilog
from surmax.tb.rewrite.drive import delay, drive, rename_module
from surmax.tb.rewrite.parse import VerilogError, modules_of
from surmax.tb.run.simulators import available
from surmax.tb.volume.run import run_volume

TEXT = r"""
module child(a, y);
  input [3:0] a;
  output [3:0] y;
  assign y = ~ a;
endmodule

module top(clk, rst, a, q);
  input clk;
  input rst;
  input [3:0] a;
  output [3:0] q;
  reg [3:0] q;
  wire \before ;
  wire [3:0] sum;
  wire [3:0] y0;
  wire [3:0] \y0$1 ;
  reg [3:0] memory [1:0];
  assign sum[1:0] = y0[1:0] + a[1:0];
  assign { \before , sum[3:2] } = y0[3:2];
  always @(posedge clk)
    if (rst) q <= 4'h0;
    else if (\before ) q <= sum;
  child one (
    .a(a),
    .y(y0)
  );
  child two (
    .a({ sum[2:0], \before  }),
    .y(\y0$1 )
  );
endmodule
"""


def changes(text, *expected):
    """Compare the lines that TEXT does not have, blanks aside."""
    old = TEXT.splitlines()
    new = ["".join(line.split()) for line in text.splitlines() if line not in old]
    assert [*filter(None, new)] == ["".join(line.split()) for line in expected]


def test_a_wire():
    changes(
        drive(TEXT, "top", "sum", "right ^ {4{before}}"),
        "wire [3:0] sum__right;",
        "assign sum__right[1:0] = y0[1:0] + a[1:0];",
        "assign { \\before , sum__right[3:2] } = y0[3:2];",
        "assign sum = sum__right ^ { 4 { \\before } } ;",
    )


def test_a_wire_that_an_instance_drives():
    changes(
        drive(TEXT, "top", "y0", "4'h0"),
        "wire [3:0] y0__right;",
        ".y(y0__right)",
        "assign y0 = 4'h0;",
    )


def test_a_register_by_its_next_value():
    changes(
        drive(TEXT, "top", "q", "rst ? q : right"),
        "wire [3:0] q__right;",
        "assign q__right = ((rst ) ? (4'h0 ) : ((\\before ) ? (sum ) : q ));",
        "always @(posedge clk ) q <= rst ? q : q__right;",
    )


def test_an_input_as_the_module_sees_it():
    changes(
        drive(TEXT, "top", "a", "right + 1"),
        "wire [3:0] a__wrong;",
        "assign sum[1:0] = y0[1:0] + a__wrong[1:0];",
        ".a(a__wrong),",
        "assign a__wrong = a + 1;",
    )


def test_pins():
    changes(
        drive(TEXT, "top", "two/a", "right | 1"),
        "wire [3:0] two__a__right;",
        "wire [3:0] two__a__wrong;",
        ".a(two__a__wrong),",
        "assign two__a__right = { sum[2:0], \\before };",
        "assign two__a__wrong = two__a__right | 1;",
    )
    changes(
        drive(TEXT, "top", "one/y", "right << 1"),
        "wire [3:0] one__y__right;",
        ".y(one__y__right)",
        "assign y0 = one__y__right << 1;",
    )


def test_patterns_drive_all_that_match():
    text = drive(TEXT, "top", "*/y", "4'h0")
    assert text.count("__y__right;") == 2
    text = drive(TEXT, "*", "a", "4'h0")
    assert text.count("wire [3:0] a__wrong;") == 2
    text = drive(TEXT, "top/two", "y", "4'h0")
    changes(text, "wire [3:0] y__right;", "assign y__right = ~ a;", "assign y = 4'h0;")


def test_what_is_not_there_is_an_error():
    for module, signal, expression, message in (
        ("tip", "q", "0", "module must be one of child, top, not 'tip'"),
        ("top/three", "y", "0", "instance must be in module top, not 'three'"),
        ("top", "p", "0", "module top: signal must be one of clk, .*not 'p'"),
        ("*", "sum", "0", "module child: signal must be one of a, y, not 'sum'"),
        ("top", "one/b", "0", "pin must be one of instances one, two, not 'one/b'"),
        ("top", "q", "p", "expression must use signals of the module, not 'p'"),
        ("top", "memory", "0", "signal must be a wire or register, not memory 'memory'"),
    ):
        with pytest.raises(VerilogError, match=message):
            drive(TEXT, module, signal, expression)
    once = drive(TEXT, "top", "q", "0")
    with pytest.raises(VerilogError, match="signal 'q' must be driven once"):
        drive(once, "top", "q", "0")
    with pytest.raises(VerilogError, match="signal 'sum' must have a driver"):
        drive(re.sub("assign.*sum.*", "", TEXT), "top", "sum", "0")
    with pytest.raises(VerilogError, match="register 'q' must be assigned"):
        drive(re.sub("always(.|\n)*?sum;", "", TEXT), "top", "q", "0")


def test_delay():
    changes(delay(TEXT, "ch*", "y", "0.001"), "assign #0.001 y = ~ a;")
    assert delay(TEXT, "none", "y", "0.001") == TEXT
    other = "module other; initial $finish; endmodule\n"
    assert delay(TEXT + other, "child", "a", "1") == TEXT + other


def test_rename_module():
    text = rename_module(TEXT, "top", "inside")
    changes(text, "module inside(clk, rst, a, q);")
    with pytest.raises(VerilogError, match="module must be one of child, top, not 'tops'"):
        rename_module(TEXT, "tops", "inside")


@pytest.mark.skipif("verilator" not in available(), reason="Verilator or its compiler is missing")
@pytest.mark.parametrize(
    "build",
    [
        ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2, stages=2, adders="cells"),
        HccsBuild(HCCS_PRESETS["clb"], lanes=2, heads=3, max_length=8),
    ],
    ids=["consmax", "hccs"],
)
def test_right_values_leave_a_unit_right(build, sim_folder):
    """Every signal that has a name, and every pin, is driven by what it was driven by."""
    text = verilog(build)
    for module in modules_of(text).values():
        named = [s for s in module.signals.values() if not s.memory and "$" not in s.name]
        if module.instances:
            text = drive(text, module.name, "*/[!cr]*", "right")
        for signal in named:
            if signal.name not in ("clk", "rst") and is_driven(module, signal):
                text = drive(text, module.name, signal.name.replace("[", "?"), "right")
    assert text.count("__right") > 300
    assert run_volume(build, 20_000, folder=sim_folder, workers=1, text=text, optimise=False).passed


def is_driven(module, signal):
    """Say whether something drives the signal: some wires are views of others that are unused."""
    lefts = [one.left for one in module.assigns]
    lefts += [update.left for one in module.always for update in one.updates()]
    lefts += [pin for instance in module.instances for pin in instance.pins.values()]
    used = {token.name for left in lefts for token in left}
    return "input" in signal.kinds or signal.name in used
