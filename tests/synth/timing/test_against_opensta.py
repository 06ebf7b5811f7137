# SPDX-License-Identifier: Apache-2.0
"""Delays that OpenSTA found on sky130, against ours.

OpenSTA's own regression (network/test/network_gcd_traversal.ok) prints the worst path of its gcd
example, without wires and with an ideal clock: cells, edges and delays to 0.01 ns. PATH has that
path's cells, and the pins that each of its nets reaches in the example's netlist. All other pins of
the path's cells are tied, so that nothing else can be the cause.
"""

import pytest
from surmax.synth.liberty.cell_library import read_cell_library
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.timing.loads import Boundary, WireLoad
from surmax.synth.timing.netlist import read_netlist
from surmax.synth.timing.static import static_timing

# Cell, input and output pin, edge of the output, OpenSTA's delay; what else its net reaches.
PATH = (
    ("dfxtp_4", "D", "Q", "fall", 0.31, ("dlygate4sd1_1 A", "dlygate4sd1_1 A")),
    ("nor2b_4", "B_N", "Y", "fall", 0.12, ("dlygate4sd1_1 A",)),
    ("maj3_2", "C", "X", "fall", 0.31, ("dlygate4sd1_1 A",)),
    ("maj3_2", "C", "X", "fall", 0.31, ("dlygate4sd1_1 A",)),
    ("maj3_2", "C", "X", "fall", 0.34, ("xnor2_2 B",)),
    ("maj3_2", "C", "X", "fall", 0.32, ("dlygate4sd1_1 A",)),
    ("maj3_2", "C", "X", "fall", 0.36, ("xnor2_2 B", "o21a_1 A2")),
    ("o211ai_4", "A2", "Y", "rise", 0.21, ("nand2_1 B", "a31o_2 A3")),
    ("a311oi_4", "A3", "Y", "fall", 0.14, ("nor3_1 C", "o21ai_0 A2", "dlygate4sd1_1 A")),
    ("o311ai_4", "A3", "Y", "rise", 0.29, ("nand2_1 B", "dlygate4sd1_1 A")),
    ("a311oi_4", "A3", "Y", "fall", 0.13, ("o311a_2 A3",)),
    ("nor2_2", "B", "Y", "rise", 0.17, ("xnor2_2 B",)),
    ("a21boi_2", "A2", "Y", "fall", 0.10, ("or4_1 C",)),
    ("xnor2_2", "A", "Y", "fall", 0.12, ()),
)
TOTAL = 3.25


def write(library) -> str:
    """The path as a netlist, from the flip-flop to output y."""
    lines = [f"wire w{number};" for number in range(len(PATH))]
    for number, (cell, into, out, *_, others) in enumerate(PATH):
        before = "d" if number == 0 else f"w{number - 1}"
        lines.append(instance(library, cell, {into: before, out: f"w{number}"}, f"u{number}"))
        for k, (other, pin) in enumerate(one.split() for one in others):
            lines.append(instance(library, other, {pin: f"w{number}"}, f"x{number}_{k}"))
    body = "\n".join(lines)
    last = len(PATH) - 1
    return (
        "module gcd(clk, d, y);\ninput clk;\ninput d;\noutput y;\n"
        f"{body}\nassign y = w{last};\nendmodule\n"
    )


def instance(library, cell: str, pins: dict[str, str], name: str) -> str:
    kind = library.cell(f"sky130_fd_sc_hd__{cell}")
    tied = {pin.name: "1'h0" for pin in kind.pins if pin.direction == "input"}
    tied |= {"CLK": "clk"} if "CLK" in tied else {}
    ports = ", ".join(f".{pin}({net})" for pin, net in (tied | pins).items())
    return f"{kind.name} {name} ({ports});"


@pytest.fixture(scope="module")
def path(sky130, cache):
    # the example has delay cells, which our target bars
    library = read_timing_library(read_cell_library(sky130.liberty), cache)
    netlist = read_netlist(write(library), library)
    timing = static_timing(
        netlist, library, wire=WireLoad(0.0), boundary=Boundary(0.1, output_load_pf=0.0)
    )
    return timing.paths["register to output"]


def test_the_whole_path(path):
    assert path.ns == pytest.approx(TOTAL, rel=0.03)


def test_each_step(path):
    assert [point.edge for point in path.points] == [one[3] for one in PATH]
    before = 0.0
    for point, (cell, *_, delay, _) in zip(path.points, PATH, strict=True):
        assert point.cell.endswith(cell)
        assert point.arrival_ns - before == pytest.approx(delay, abs=0.012), cell
        before = point.arrival_ns
