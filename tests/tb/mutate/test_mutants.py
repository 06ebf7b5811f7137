# SPDX-License-Identifier: Apache-2.0
"""Drawing mutants and proving them equivalent, on a small text of which all is known."""

from types import SimpleNamespace

import pytest
from surmax.common.errors import InputError
from surmax.rtl.tools.yosys import run_yosys
from surmax.tb.mutate.equivalence import prove_equivalent
from surmax.tb.mutate.mutants import PLUSARG, Design
from surmax.tb.mutate.reviewed import read_reviewed

PART = """module part(a, b, c, y);
  input [1:0] a, b, c;
  output [1:0] y;
  wire [1:0] both;
  assign both = a & b;
  assign y = both | (both & c);
endmodule
"""
TOP = """module top(clk, a, b, c, y, held);
  input clk;
  input [1:0] a, b, c;
  output [1:0] y;
  output held;
  reg seen, unused;
  part inside (.a(a), .b(b), .c(c), .y(y));
  always @(posedge clk) seen <= y[0];
  always @(posedge clk) unused <= c[1];
  assign held = seen | (seen & unused);
endmodule
"""
PORTS = [("clk", "input", 1), *((name, "input", 2) for name in "abc")]
PORTS += [("y", "output", 2), ("held", "output", 1)]


def design(folder, text=PART + TOP):
    return Design(SimpleNamespace(top_module="top", ports=lambda: PORTS), text, folder)


@pytest.fixture
def small(tmp_path):
    return design(tmp_path)


def combinational_equal(small, mutant):
    """Whether yosys' miter of the two parts, and no register of ours, proves them equal."""
    folder = small.folder / f"miter-{mutant.number}"
    folder.mkdir()
    (folder / "gold.v").write_text(small.modules["part"].replace("module part", "module gold", 1))
    gate = small.alone(mutant).replace("module part(", "module gate(", 1)
    (folder / "gate.v").write_text(gate.split("module top")[0])
    script = (
        "read_verilog gold.v gate.v\nproc\nmiter -equiv -flatten gold gate both\n"
        "hierarchy -top both\nsat -prove trigger 0 both\n"
    )
    return "SUCCESS!" in run_yosys(script, folder).read_text()


def test_the_same_seed_draws_the_same_mutants(small, tmp_path):
    drawn = small.draw(20, 5)
    assert drawn == design(tmp_path / "again").draw(20, 5) != small.draw(20, 6)
    assert [one.number for one in drawn] == list(range(1, 21))
    assert {one.module for one in drawn} == {"part", "top"}
    one = drawn[0]
    assert one.place
    assert one.change
    assert one.sources[-1].startswith(f"{one.module}.v:")
    beside = design(tmp_path / "beside", PART + "module other; endmodule\n")
    assert {one.module for one in small.draw(20, 5, beside=beside)} == {"top"}


def test_the_proof_agrees_with_a_miter(small):
    mutants = [one for one in small.draw(60, 1) if one.module == "part"][:12]
    proven = [prove_equivalent(small, one).proven for one in mutants]
    assert proven == [combinational_equal(small, one) for one in mutants]
    assert {True, False} == set(proven)


def test_a_register_that_no_output_needs_may_differ(small):
    drawn = [one for one in small.draw(200, 1) if one.module == "top"]
    unneeded = [one for one in drawn if one.wire == "unused" and one.port == "Q"]
    needed = [one for one in drawn if one.wire == "seen" and one.port == "Q" and one.mode == "inv"]
    assert prove_equivalent(small, unneeded[0]).proven
    result = prove_equivalent(small, needed[0])
    assert not result.proven
    assert "held" in result.reason


@pytest.mark.parametrize("mode", ["inv", "const0"])
def test_another_clock_edge_is_not_equivalent(small, mode):
    drawn = [one for one in small.draw(400, 1) if one.port == "CLK" and one.mode == mode]
    clocked = [one for one in drawn if "seen" in small.modules["top"].splitlines()[_line(one) - 1]]
    assert not prove_equivalent(small, clocked[0]).proven


def _line(mutant):
    return int(mutant.sources[0].split(":")[1].split(".")[0])


def test_a_key_holds_while_its_module_is_the_same(small, tmp_path):
    part, top = (
        next(one for one in small.draw(40, 1) if one.module == name) for name in ("part", "top")
    )
    changed = design(tmp_path / "changed", PART + TOP.replace("seen <= y[0]", "seen <= y[1]"))
    assert changed.key(part) == small.key(part)
    assert changed.key(top) != small.key(top)
    moved = design(tmp_path / "moved", f"// a line\n{TOP}\n{PART}")
    assert moved.key(top) == small.key(top)


def test_all_mutants_are_in_one_text(small):
    mutants = small.draw(9, 1)
    text = small.together(mutants)
    assert text.count(f"{PLUSARG} == ") >= 7  # one that changes nothing may be dropped
    assert "module top(clk, a, b, c, y, held);" in text


@pytest.mark.parametrize(("count", "seed"), [(0, 1), (10_001, 1), (5, -1), (5, 1 << 31)])
def test_numbers_are_checked(small, count, seed):
    with pytest.raises(InputError, match=r"(mutants|seed) must be"):
        small.draw(count, seed)


ENTRY = '{"key": "k", "module": "m", "place": "p", "change": "c", "reason": "r"}'


def test_reviewed_mutants(tmp_path):
    path = tmp_path / "equivalents.json"
    path.write_text(f"[{ENTRY}]")
    assert read_reviewed(path) == {"k": "r"}
    assert read_reviewed(None) == {}
    for text, message in (
        ("{}", "must be a list"),
        ("[3]", "entry 1: its fields must be key, module"),
        ('[{"key": "k"}]', "entry 1: its fields must be"),
        (f"[{ENTRY.replace(chr(34) + 'r' + chr(34), '3')}]", "entry 1: reason must be text, not 3"),
        (f"[{ENTRY}, {ENTRY}]", "entry 2: key k must not be twice"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            read_reviewed(path)
