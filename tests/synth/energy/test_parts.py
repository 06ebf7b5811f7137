# SPDX-License-Identifier: Apache-2.0
"""Which part of a unit a cell is counted with."""

import pytest
from helpers.energy_samples import build
from surmax.synth.energy.parts import PARTS, cell_parts

PORTS = "input clk; input w; input a; input r; input s; input load_t; output y; output z;"
# Two words behind clock gates, decoded by w and a; a selection by r into a read register that has
# the name of the net outside; a loaded bit, used in the datapath; a register of the datapath.
BODY = r"""
  wire \unit.scores.storage.word0 ; wire \unit.scores.storage.word1 ; wire t;
  wire \unit.kept ; wire n1; wire n2; wire n3; wire n4; wire n5; wire n6; wire n7; wire g0; wire g1;
  NAND2 decode (.A(w), .B(a), .Y(n1));
  INV enable (.A(n1), .Y(n2));
  GATE gate0 (.CK(clk), .E(n2), .GCK(g0));
  GATE gate1 (.CK(clk), .E(w), .GCK(g1));
  XOR2 data (.A(s), .B(a), .Y(n3));
  DFF word0 (.CK(g0), .D(n3), .Q(\unit.scores.storage.word0 ));
  DFF word1 (.CK(g1), .D(n3), .Q(\unit.scores.storage.word1 ));
  NAND2 select0 (.A(\unit.scores.storage.word0 ), .B(r), .Y(n4));
  NAND2 select1 (.A(\unit.scores.storage.word1 ), .B(n4), .Y(n5));
  DFF read (.CK(clk), .D(n5), .Q(\unit.kept ));
  INV take (.A(load_t), .Y(n7));
  DFF table (.CK(clk), .D(n7), .Q(t));
  XOR2 use (.A(\unit.kept ), .B(t), .Y(n6));
  DFF result (.CK(clk), .D(n6), .Q(y));
  INV out (.A(\unit.scores.storage.word0 ), .Y(z));
"""
ROW = {"enable", "decode", "gate0", "gate1", "word0", "word1", "select0", "select1", "read"}


def parts_of(folder, titles, body=BODY):
    simulated = build(folder, PORTS, body)
    parts = cell_parts(simulated, titles)
    return {
        name: PARTS[part] for name, part in zip(simulated.netlist.cell_names, parts, strict=True)
    }


def test_row_storage_and_tables(tmp_path):
    found = parts_of(tmp_path, ("row storage", "table storage"))
    # z makes word0 visible outside: out is no part of the storage
    assert {name for name, part in found.items() if part == "row storage"} == ROW
    assert {name for name, part in found.items() if part == "table storage"} == {"table"}
    assert {name for name, part in found.items() if part == "datapath"} == {
        "data",
        "take",
        "use",
        "result",
        "out",
    }


def test_a_unit_without_rows(tmp_path):
    found = parts_of(tmp_path, ("table storage",))
    assert set(found.values()) == {"datapath", "table storage"}
    # nothing says that what reads a table is a part of it, and what writes it others may use
    assert found["table"] == "table storage"
    assert found["use"] == found["word0"] == found["gate0"] == "datapath"


def test_a_clock_gate_of_two_storages_is_of_none(tmp_path):
    body = BODY.replace("DFF word1 (.CK(g1)", "DFF word1 (.CK(g0)").replace(
        "DFF result (.CK(clk)", "DFF result (.CK(g0)"
    )
    found = parts_of(tmp_path, ("row storage",), body)
    assert found["gate0"] == found["enable"] == "datapath"
    assert found["word1"] == "row storage"


@pytest.mark.parametrize("pin", [".A(n1)", ".A(n4)"])
def test_what_is_used_outside_as_well_is_of_the_datapath(pin, tmp_path):
    body = BODY.replace("INV out (.A(\\unit.scores.storage.word0 )", f"INV out ({pin}")
    found = parts_of(tmp_path, ("row storage",), body)
    assert found["decode" if pin == ".A(n1)" else "select0"] == "datapath"
