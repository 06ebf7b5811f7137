# SPDX-License-Identifier: Apache-2.0
"""Delays that OpenSTA finds on sky130, against ours: real runs where it is installed.

Without the program there is a recorded path: OpenSTA's own regression
(network/test/network_gcd_traversal.ok) prints the worst path of its gcd example, without wires and
with an ideal clock: cells, edges and delays to 0.01 ns. PATH has that path's cells, and the pins
that each of its nets reaches in the example's netlist. All other pins of the path's cells are tied,
so that nothing else can be the cause.
"""

import pytest
from surmax.golden import CONSMAX_PRESETS, HCCS_PRESETS, SOFTERMAX_PRESETS
from surmax.rtl import ConsmaxBuild, HccsBuild, SoftermaxBuild, verilog
from surmax.synth import synthesise
from surmax.synth.liberty.cell_library import read_cell_library
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.timing.loads import Boundary, WireLoad
from surmax.synth.timing.netlist import read_netlist
from surmax.synth.timing.opensta import find_opensta
from surmax.synth.timing.static import static_timing
from surmax.synth.timing.time_design import time_design

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


# Small units with table storage, row buffers, a divider, and clock gates.
UNITS = {
    "consmax small": lambda: ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=1, adders="cells"),
    "hccs clb": lambda: HccsBuild(HCCS_PRESETS["clb"], lanes=4, max_length=8, adders="cells"),
    "softermax": lambda: SoftermaxBuild(
        SOFTERMAX_PRESETS["paper"], lanes=4, max_length=8, adders="cells"
    ),
}


@pytest.mark.skipif(find_opensta() is None, reason="no program sta (OpenSTA) is on the PATH")
@pytest.mark.parametrize("name", UNITS)
def test_both_engines_agree(name, sky130, cache):
    unit = UNITS[name]()
    options = {"parts": unit.parts, "transistors": False}
    result = synthesise(verilog(unit), unit.top_module, sky130, cache=cache, **options)
    own = time_design(result, sky130, cache=cache, engine="own")
    other = time_design(result, sky130, cache=cache, engine="opensta")
    assert other.engine == str(find_opensta())
    assert own.period_ns == pytest.approx(other.period_ns, abs=1e-4)
    assert set(own.paths) == set(other.paths)
    assert len(own.paths) == 4
    followed = []
    for kind, ours in own.paths.items():
        theirs = other.paths[kind]
        assert ours.ns == pytest.approx(theirs.ns, abs=1e-4), kind
        # Of paths that are equally slow the engines may report different ones.
        if [point.net for point in ours.points] != [point.net for point in theirs.points]:
            continue
        followed.append(kind)
        assert (ours.start, ours.end) == (theirs.start, theirs.end), kind
        assert ours.setup_ns == pytest.approx(theirs.setup_ns, abs=1e-4), kind
        for mine, its in zip(ours.points, theirs.points, strict=True):
            assert (its.cell, its.instance, its.pins) == (mine.cell, mine.instance, mine.pins)
            assert its.edge in ("", mine.edge)
            assert its.arrival_ns == pytest.approx(mine.arrival_ns, abs=1e-4)
            assert its.slew_ns == pytest.approx(mine.slew_ns, abs=1e-4)
            assert its.load_pf == pytest.approx(mine.load_pf, abs=1e-5)
    assert followed
