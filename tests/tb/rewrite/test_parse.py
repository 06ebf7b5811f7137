# SPDX-License-Identifier: Apache-2.0
import pytest
from surmax.golden import HCCS_PRESETS
from surmax.rtl import HccsBuild, verilog
from surmax.tb.rewrite.parse import Branch, Update, VerilogError, modules_of, tokens_of, written

TEXT = r"""// a comment: module not(this);
/* verilator lint_off UNUSEDSIGNAL */  // module neither(one);

module child(a, y);
  input [3:0] a;
  wire [3:0] a;
  output [3:0] y;
  wire [3:0] y;
  assign y = ~ a;
endmodule

module \top$1 (clk, rst, a, q);
  input clk, rst;
  input [3:0] a;
  output [3:0] q;
  reg [3:0] q;
  wire \before ;
  (* keep *) wire [3:0] \y$2 ;
  reg [7:0] memory [15:0];
  assign { \before , \y$2 [3] } = a[1:0] <= 2'h1;  // two at once
  always @(posedge clk)
    if (rst) q <= 4'h0;
    else if (\before ) begin q[3:0] <= { \y$2 [3:1], 1'hx }; end
  child \inner.one  (
    .a(a[3:0]),
    .y(\y$2 )
  );
endmodule
"""


def texts(tokens):
    return [token.text for token in tokens]


def test_modules_and_what_is_in_them():
    child, top = modules_of(TEXT).values()
    assert (child.name, top.name) == ("child", "top$1")
    assert {name: sorted(one.kinds) for name, one in top.signals.items()} == {
        "clk": ["input"],
        "rst": ["input"],
        "a": ["input"],
        "q": ["output", "reg"],
        "before": ["wire"],
        "y$2": ["wire"],
        "memory": ["reg"],
    }
    assert [one.range for one in child.signals.values()] == ["[3:0]", "[3:0]"]
    assert [name for name, one in top.signals.items() if one.memory] == ["memory"]
    assert top.signals["before"].written == "\\before "
    (assign,) = top.assigns
    assert texts(assign.left) == ["{", "\\before", ",", "\\y$2", "[", "3", "]", "}"]
    assert top.source(assign.right).strip() == "a[1:0] <= 2'h1"
    (process,) = top.always
    assert process.clock.strip() == "clk"
    assert isinstance(process.body, Branch)
    assert isinstance(process.body.other, Branch)
    assert process.body.other.other is None
    assert [top.source(one.right).strip() for one in process.updates()] == [
        "4'h0",
        "{ \\y$2 [3:1], 1'hx }",
    ]
    assert isinstance(process.body.then, Update)
    (instance,) = top.instances
    assert (instance.module, instance.name) == ("child", "inner.one")
    assert {port: texts(pin) for port, pin in instance.pins.items()} == {
        "a": ["a", "[", "3", ":", "0", "]"],
        "y": ["\\y$2"],
    }


def test_tokens():
    found = tokens_of("{2'b0, \\a.b [3:0]} >= (x$ << 12) /* no */ | ~y")
    assert " ".join(texts(found)) == "{ 2'b0 , \\a.b [ 3 : 0 ] } >= ( x$ << 12 ) | ~ y"
    assert [token.name for token in found if token.name] == ["a.b", "x$", "y"]
    with pytest.raises(VerilogError, match="must consist of tokens, not '`define"):
        tokens_of("a `define b")


def test_written_names():
    assert [written(name) for name in ("plain_1", "a.b", "code$31")] == [
        "plain_1",
        "\\a.b ",
        "\\code$31 ",
    ]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("always @(negedge clk) q <= 0;", "line 2: 'posedge' must come before 'negedge'"),
        ("always @(posedge clk) case (a) 0: q <= 1; endcase", "must come before"),
        ("wire 3;", "line 2: a name must come before '3'"),
        ("child inside (a, y);", "'.' must come before 'a'"),
        ("= 3;", "an item must come before '='"),
        ("assign a = (b;", "its end must come before 'endmodule'"),
    ],
)
def test_other_verilog_is_refused(item, message):
    (module,) = modules_of(f"module m(clk);\n  {item}\nendmodule\n").values()
    with pytest.raises(VerilogError, match=message):
        module.signals  # noqa: B018


def test_all_that_is_generated_is_read():
    build = HccsBuild(HCCS_PRESETS["div"], lanes=2, heads=2, max_length=8, top="axi")
    text = verilog(build)
    modules = modules_of(text)
    assert len(modules) == text.count("endmodule")
    ports = {name for name, _, _ in build.ports()}
    top = modules[build.top_module]
    assert ports == {n for n, one in top.signals.items() if one.kinds & {"input", "output"}}
    assert {one.module for module in modules.values() for one in module.instances} == (
        modules.keys() - {build.top_module}
    )
