# SPDX-License-Identifier: Apache-2.0
import json
import re
import shutil
from pathlib import Path

import pytest
from helpers.synth_samples import LANE, REGISTERS, STORAGE, UNIT
from surmax.golden import InputError
from surmax.rtl.tools.yosys import YosysError, run_yosys
from surmax.synth import SynthResult, resolve_target, results_json, synthesise
from surmax.synth.mapping.fpga import FPGA_FAMILIES
from surmax.synth.mapping.generic import GENERIC_LIBERTY
from surmax.synth.mapping.synthesise import kept_netlist

GENERIC = resolve_target("generic")
STORAGE_BITS = 96
STATE_BITS = STORAGE_BITS + 20 + 1


@pytest.mark.parametrize("name", ["generic", "sky130"])
def test_a_design_in_cells(name, cache, request):
    target = request.getfixturevalue("sky130") if name == "sky130" else GENERIC
    result = synthesise(UNIT, "unit", target, cache=cache)
    assert result.target == name
    assert result.clock_gating
    total, storage, logic = result.total, result.parts["storage"], result.logic
    assert sum(n for kind, n in total.cells.items() if "df" in kind.lower()) == STATE_BITS
    assert sum(n for kind, n in storage.cells.items() if "df" in kind.lower()) == STORAGE_BITS
    gates = {cell.name for cell in target.library.cells if cell.clock_gate}
    assert sum(total.cells[kind] for kind in gates & set(total.cells)) == 17  # words and products
    assert total.cells[target.library.full_adder.cell] >= 2 * 12
    assert total.ge > storage.ge > storage.sequential_ge > 0
    assert logic.ge == pytest.approx(total.ge - storage.ge)
    assert (total.area_um2 is None) == (name == "generic")
    assert total.transistors > storage.transistors > 16 * STORAGE_BITS
    assert total.lut is None
    assert SynthResult.from_json(result.to_json()) == result


def test_the_recipe_beats_the_stock_one(cache, tmp_path):
    (tmp_path / "unit.v").write_text(UNIT)
    (tmp_path / "cells.lib").write_text(GENERIC_LIBERTY.read_text())
    script = """read_verilog -sv unit.v
synth -flatten -top unit
clockgate -liberty cells.lib
dfflibmap -liberty cells.lib
abc -liberty cells.lib
opt_clean
tee -q -o stock.json stat -json -liberty cells.lib
"""
    run_yosys(script, tmp_path)
    stock = json.loads((tmp_path / "stock.json").read_text())["design"]["area"]
    result = synthesise(UNIT, "unit", GENERIC, cache=cache)
    rest = stock - result.parts["storage"].ge
    assert result.logic.ge < 0.85 * rest


READS = {
    "index": "assign word = words[6*index +: 6];",
    "case": "reg [5:0] w; assign word = w; always @* case (index)"
    + " ".join(f"4'd{i}: w = words[{6 * i} +: 6];" for i in range(16))
    + " endcase",
    "tree": """wire [47:0] of8 = index[3] ? words[95:48] : words[47:0];
  wire [23:0] of4 = index[2] ? of8[47:24] : of8[23:0];
  wire [11:0] of2 = index[1] ? of4[23:12] : of4[11:0];
  assign word = index[0] ? of2[11:6] : of2[5:0];""",
}


@pytest.mark.parametrize("style", READS)
def test_a_table_read_is_as_small_in_every_style(style, cache):
    ports = "input [3:0] index, input [95:0] words, output [5:0] word"
    text = f"module read ({ports});\n{READS[style]}\nendmodule\n"
    result = synthesise(text, "read", GENERIC, cache=cache)
    # A bit: eight AOI22, two NAND4 and an OR2; the decoder: 16 two-input gates and eight NAND2.
    assert result.total.ge < 6 * 18.2 + 26 + 8


def test_without_clock_gating(cache):
    gated = synthesise(UNIT, "unit", GENERIC, cache=cache)
    free = synthesise(UNIT, "unit", GENERIC, cache=cache, clock_gating=False)
    assert "CLKGATE" not in free.total.cells
    assert free.total.cells["DFFE"] == STATE_BITS - 1
    assert free.total.ge > gated.total.ge
    assert not free.clock_gating


def test_a_library_without_adder_and_clock_gate(tmp_path, cache):
    path = tmp_path / "plain.lib"
    text = GENERIC_LIBERTY.read_text()
    for name in ("FA", "CLKGATE"):
        text = text.replace(f"cell ({name}) {{", f"cell ({name}) {{ dont_use : true;")
    path.write_text(text)
    result = synthesise(UNIT, "unit", resolve_target(f"liberty:{path}"), cache=cache)
    assert not result.clock_gating
    assert result.recipe.startswith("gates")
    assert "FA" not in result.total.cells


def test_a_second_call_runs_nothing(cache, monkeypatch):
    first = synthesise(REGISTERS, "registers", GENERIC, cache=cache)
    monkeypatch.setattr("surmax.synth.mapping.synthesise.run_yosys", None)
    assert synthesise(REGISTERS, "registers", GENERIC, cache=cache) == first
    kept = list(cache.glob(f"generic-{first.digest[:24]}.*"))
    assert sorted(path.suffix for path in kept) == [".json", ".v"]
    assert first.parts == {}
    assert first.logic == first.total


@pytest.mark.parametrize("kind", ["figure", "netlist", "cut", "empty", "foreign", "no netlist"])
def test_a_kept_result_that_was_damaged_is_made_again(tmp_path, cache, kind, capsys):
    first = synthesise(REGISTERS, "registers", GENERIC, cache=cache)
    other = synthesise(UNIT, "unit", GENERIC, cache=cache)
    paths = {}
    for result in (first, other):
        for path in cache.glob(f"generic-{result.digest[:24]}.*"):
            paths[result.top, path.suffix] = Path(shutil.copy(path, tmp_path))
    capsys.readouterr()
    entry, netlist = paths["registers", ".json"], paths["registers", ".v"]
    text, cells = entry.read_text(), netlist.read_text()
    if kind == "figure":
        entry.write_text(re.sub(r'"ge": [\d.]+', '"ge": 1.0', text))
    elif kind == "netlist":
        netlist.write_text(cells.replace("endmodule", "// x\nendmodule", 1))
    elif kind == "no netlist":
        netlist.unlink()
    elif kind == "foreign":
        shutil.copy(paths["unit", ".json"], entry)
    else:
        entry.write_text(text[:-50] if kind == "cut" else "")
    if netlist.exists():
        with pytest.raises(InputError, match="must be as it was written: synthesise again"):
            kept_netlist(first, tmp_path)
        capsys.readouterr()
    assert synthesise(REGISTERS, "registers", GENERIC, cache=tmp_path) == first
    assert capsys.readouterr().err.count("it is made again\n") == 1
    assert (entry.read_text(), netlist.read_text()) == (text, cells)


def test_rtlil_counts_as_verilog_does(cache, tmp_path):
    (tmp_path / "registers.v").write_text(REGISTERS)
    run_yosys("read_verilog registers.v\nproc\nwrite_rtlil registers.il\n", tmp_path)
    rtlil = (tmp_path / "registers.il").read_text()
    one = synthesise(rtlil, "registers", GENERIC, cache=cache)
    other = synthesise(REGISTERS, "registers", GENERIC, cache=cache)
    assert one.total == other.total
    assert one.digest != other.digest


def test_storage_by_instance_name_and_constant_storage(cache):
    text = """
module rom (output [7:0] words); assign words = 8'h5a; endmodule
module top (input clk, input [7:0] d, output reg [7:0] q);
  wire [7:0] words;
  rom my_storage (.words(words));
  always @(posedge clk) q <= d ^ words;
endmodule
"""
    result = synthesise(text, "top", GENERIC, cache=cache)
    assert result.parts["storage"].ge == 0
    assert result.parts["storage"].cells == {}
    assert result.logic.ge == result.total.ge


def test_storage_used_twice_counts_twice(cache):
    text = (
        STORAGE
        + """
module top (input clk, input [1:0] write, input [3:0] a, input [5:0] d, output [191:0] words);
  table_storage one (.clk(clk), .write(write[0]), .address(a), .data(d), .words(words[95:0]));
  table_storage two (.clk(clk), .write(write[1]), .address(a), .data(d), .words(words[191:96]));
endmodule
"""
    )
    result = synthesise(text, "top", GENERIC, cache=cache)
    assert result.parts["storage"].cells["DFF"] == 2 * STORAGE_BITS


def test_a_period_sizes_cells(cache, sky130):
    small = synthesise(LANE, "lane", sky130, cache=cache)
    fast = synthesise(LANE, "lane", sky130, cache=cache, period_ns=0.5)
    assert fast.total.area_um2 > small.total.area_um2
    assert fast.period_ns == 0.5


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"top": "nothing"}, "top must be a module of the design, not 'nothing'"),
        ({"parts": {"storage": "a*"}}, "storage must be a part of a module name, not 'a\\*'"),
        ({"parts": {"storage": ""}}, "storage must be a part of a module name, not ''"),
        ({"period_ns": 1.0}, "target must have delays for a period of 1.0 ns, not generic"),
        ({"period_ns": -1.0}, "period must be 0.01 to 1000000, not -1.0 ns"),
        ({"period_ns": float("nan")}, "period must be 0.01 to 1000000, not nan ns"),
    ],
)
def test_bad_arguments(arguments, reason, tmp_path):
    given = {"verilog": UNIT, "top": "unit", "target": GENERIC, "cache": tmp_path / "c"} | arguments
    with pytest.raises(InputError, match=reason):
        synthesise(**given)
    assert not (tmp_path / "c").exists()


def test_broken_verilog_leaves_nothing(tmp_path):
    with pytest.raises(YosysError, match="syntax error"):
        synthesise("module top (input a; endmodule\n", "top", GENERIC, cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", FPGA_FAMILIES)
def test_a_design_in_an_fpga(name, cache):
    result = synthesise(UNIT, "unit", resolve_target(name), cache=cache)
    assert result.total.ff == STATE_BITS
    assert result.parts["storage"].ff == STORAGE_BITS
    assert 100 < result.total.lut < 400
    assert 0 < result.parts["storage"].lut < 60
    assert result.total.area_um2 is None
    assert result.total.ge is None
    assert result.logic.lut == result.total.lut - result.parts["storage"].lut
    assert not result.clock_gating


def test_results_as_json(cache):
    results = [
        synthesise(UNIT, "unit", GENERIC, cache=cache),
        synthesise(REGISTERS, "registers", GENERIC, cache=cache),
    ]
    unit, registers = json.loads(json.dumps(results_json(results)))
    assert unit["parts"]["storage"]["ge"] + unit["logic"]["ge"] == unit["total"]["ge"]
    assert registers["parts"] == {}
