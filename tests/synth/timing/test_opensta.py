# SPDX-License-Identifier: Apache-2.0
"""The OpenSTA engine, against a program of that name that checks its input and prints a report.

The reports have the forms of OpenSTA 3.1 (`report_checks -format json`, seconds and farads) and of
2.0.17 (`-format full`, text). test_against_opensta.py runs the real program.
"""

import json
import re
from dataclasses import replace

import pytest
from helpers.opensta_stub import stub_maker
from helpers.synth_samples import REGISTERS
from helpers.timing_samples import LIBERTY, netlist_of
from surmax.common.errors import InputError, MissingToolError, ToolError
from surmax.rtl.tools.yosys import run_yosys
from surmax.synth import synthesise
from surmax.synth.timing import opensta
from surmax.synth.timing.loads import Boundary, WireLoad
from surmax.synth.timing.opensta import (
    find_opensta,
    opensta_timing,
    plain_verilog,
    timing_script,
)
from surmax.synth.timing.static import static_timing
from surmax.synth.timing.time_design import time_design

PORTS = "input clk; input [1:0] d; output [1:0] y;"
BODY = r"""
  wire \unit.q ;
  wire _1_;
  DFF _2_ (.CK(clk), .D(d[0]), .Q(\unit.q ));
  NAND2 _3_ (.A(\unit.q ), .B(1'h1), .Y(_1_));
  DFF _4_ (.CK(clk), .D(_1_), .Q(y[0]));
  INV _5_ (.A(d[1]), .Y(y[1]));
"""
# Nets: 2 clk, 3 and 4 d, 5 and 6 y, 7 unit.q, 8 _1_. Cells: 0 a flip-flop, 1 NAND, 2, 3 inverter.
STEPS = (("c0/CK", 0.0), ("c0/Q", 0.110), ("c1/A", 0.110), ("c1/Y", 0.150), ("c2/D", 0.150))
REGISTER = {
    "startpoint": "c0/Q",
    "endpoint": "c2/D",
    "source_path": [
        {"pin": pin, "arrival": 1e-9 * at, "capacitance": 2e-15, "slew": 2e-11} for pin, at in STEPS
    ],
    "data_arrival_time": 0.150e-9,
    "margin": 0.032e-9,
}
THROUGH = {
    "startpoint": "n4",
    "endpoint": "o1",
    "source_path": [
        {"pin": pin, "arrival": 1e-9 * at, "slew": 2e-11}
        for pin, at in (("n4", 0.0), ("c3/A", 0.0), ("c3/Y", 0.045), ("o1", 0.045))
    ],
    "data_arrival_time": 0.045e-9,
}
STUB = """#!{python}
import json, pathlib, sys
if sys.argv[1:] == ["-version"]:
    print("{version}")
    raise SystemExit
assert sys.argv[1:] == ["-no_init", "-no_splash", "-exit", "run.tcl"]
script = pathlib.Path("run.tcl").read_text()
verilog = pathlib.Path("netlist.v").read_text()
assert pathlib.Path("cells.lib").read_text().lstrip().startswith("library")
assert "NAND2 c1 (.A(n7), .B(1'b1), .Y(n8));" in verilog and "assign o1 = n6;" in verilog
assert "create_clock -name clk -period 1000.0 [get_ports {{n2}}]" in script
assert "set data_inputs [get_ports {{n3 n4}}]" in script and "all_inputs" not in script
assert "set_load 0.000200000 [get_nets n8]" in script
assert script.count("-format json") == (4 if "{version}" >= "3" else 0)
assert script.count("-format full ") == (0 if "{version}" >= "3" else 4)
assert script.index("input to register") < script.index("set_output_delay")
{body}
"""
REPORT = """
print("Warning: something")
for title, checks in json.loads({reports!r}).items():
    print("==", title)
    print("Warning: something else")
    print(json.dumps({{"checks": checks}}))
"""
# What 2.0.17 prints, but for the figures and the dashes.
TEXT = """
== register to register
Startpoint: c0 (rising edge-triggered flip-flop clocked by clk)
Endpoint: c2 (rising edge-triggered flip-flop clocked by clk)
Path Group: clk
Path Type: max

        Cap        Slew       Delay        Time   Description
---------------------------------------------------------------------------------------
               0.000000    0.000000    0.000000   clock clk (rise edge)
                           0.000000    0.000000   clock network delay (ideal)
               0.000000    0.000000    0.000000 ^ c0/CK (DFF)
   0.002000    0.020000    0.110000    0.110000 ^ c0/Q (DFF)
               0.020000    0.000000    0.110000 ^ c1/A (NAND2)
   0.002000    0.020000    0.040000    0.150000 v c1/Y (NAND2)
               0.020000    0.000000    0.150000 v c2/D (DFF)
                                       0.150000   data arrival time

               0.000000 1000.000000 1000.000000   clock clk (rise edge)
                           0.000000 1000.000000   clock network delay (ideal)
                           0.000000 1000.000000   clock reconvergence pessimism
                                    1000.000000 ^ c2/CK (DFF)
                          -0.032000  999.968018   library setup time
                                     999.968018   data required time
---------------------------------------------------------------------------------------
                                     999.968018   data required time
                                      -0.150000   data arrival time
---------------------------------------------------------------------------------------
                                     999.817993   slack (MET)


== input to register
No paths found.

== input to output
Startpoint: n4 (input port clocked by clk)
Endpoint: o1 (output port clocked by clk)
Path Group: clk
Path Type: max

        Cap        Slew       Delay        Time   Description
---------------------------------------------------------------------------------------
               0.000000    0.000000    0.000000   clock clk (rise edge)
                           0.000000    0.000000   clock network delay (ideal)
                           0.000000    0.000000 v input external delay
   0.001600    0.020000    0.000000    0.000000 v n4 (in)
               0.020000    0.000000    0.000000 v c3/A (INV)
   0.005100    0.030400    0.045000    0.045000 ^ c3/Y (INV)
               0.030400    0.000000    0.045000 ^ o1 (out)
                                       0.045000   data arrival time

               0.000000 1000.000000 1000.000000   clock clk (rise edge)
                           0.000000 1000.000000   clock network delay (ideal)
                           0.000000 1000.000000   clock reconvergence pessimism
                           0.000000 1000.000000   output external delay
                                    1000.000000   data required time
---------------------------------------------------------------------------------------
                                    1000.000000   data required time
                                      -0.045000   data arrival time
---------------------------------------------------------------------------------------
                                     999.955017   slack (MET)
"""
NO_WIRE_AREA = (8 + 2 + 8 + 1) / 4  # um2 a cell: 0.1 fF/um and as many pitches as make 0.2 fF
WIRE = WireLoad(2.0 / NO_WIRE_AREA**0.5, 0.1)


@pytest.fixture
def stub(tmp_path, monkeypatch):
    """Make a program `sta` of a body, the only one on the PATH."""
    return stub_maker(STUB, tmp_path, monkeypatch)


def run(folder):
    netlist, library = netlist_of(folder, PORTS, BODY)
    return opensta_timing(netlist, library, LIBERTY, wire=WIRE, boundary=Boundary(0.02, 0.005))


def print_json() -> str:
    reports = {
        "register to register": [REGISTER],
        "input to register": [],
        "input to output": [THROUGH],
    }
    return REPORT.format(reports=json.dumps(reports))


# version -> (body of the stub, edges that its report has)
VERSIONS = {
    "3.1.0": (print_json(), False),
    "2.0.17": (f"print({TEXT!r})", True),
    "2.6.0": (f"print({TEXT!r})", True),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_report_as_it_is_read(version, stub, tmp_path):
    body, has_edges = VERSIONS[version]
    stub(body, version)
    timing = run(tmp_path)
    assert timing.engine == f"OpenSTA {version}"
    assert set(timing.paths) == {"register to register", "input to output"}
    assert timing.period_ns == pytest.approx(0.182)
    path = timing.paths["register to register"]
    assert (path.start, path.end) == ("unit.q", "y[0]")
    assert path.setup_ns == pytest.approx(0.032)
    assert [(p.net, p.cell, p.instance, p.pins) for p in path.points] == [
        ("unit.q", "DFF", "_2_", "CK to Q"),
        ("_1_", "NAND2", "_3_", "A to Y"),
    ]
    assert [p.edge for p in path.points] == (["rise", "fall"] if has_edges else ["", ""])
    assert [p.arrival_ns for p in path.points] == pytest.approx([0.110, 0.150])
    assert [p.slew_ns for p in path.points] == pytest.approx([0.020, 0.020])
    assert [p.load_pf for p in path.points] == pytest.approx([0.002, 0.002])
    through = timing.paths["input to output"]
    assert (through.start, through.end, through.setup_ns) == ("d[1]", "y[1]", 0.0)
    assert through.ns == pytest.approx(0.045)
    assert [p.cell for p in through.points] == ["input port", "INV"]
    # the same paths, named the same way, as our own engine finds
    netlist, library = netlist_of(tmp_path, PORTS, BODY)
    own = static_timing(netlist, library, wire=WIRE)
    for kind, other in timing.paths.items():
        ours = own.paths[kind]
        assert (ours.start, ours.end) == (other.start, other.end)
        stripped = [replace(p, edge="", arrival_ns=0, slew_ns=0, load_pf=0) for p in ours.points]
        theirs = [replace(p, edge="", arrival_ns=0, slew_ns=0, load_pf=0) for p in other.points]
        assert stripped == theirs


# What the stub does, its version, the error.
FAILURES = {
    "an error": (
        "print('Error: run.tcl line 3, no such file')",
        "3.1.0",
        ToolError,
        "sta failed: Error: run.tcl",
    ),
    "an exit code": ("raise SystemExit('gone')", "2.0.17", ToolError, "sta failed: gone"),
    "nothing": (
        "print('== register to register')",
        "3.1.0",
        InputError,
        "OpenSTA found no path in top",
    ),
    "no path in text": (
        "print('== input to register\\nNo paths found.')",
        "2.0.17",
        InputError,
        "OpenSTA found no path in top",
    ),
    "no JSON": (
        "print('== input to register\\n{ checks }')",
        "3.1.0",
        ToolError,
        "OpenSTA printed no JSON for input to register",
    ),
    "no steps": (
        "print('== input to register\\nStartpoint: n3 (input port)')",
        "2.0.17",
        ToolError,
        "OpenSTA printed no steps for input to register",
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_what_goes_wrong(case, stub, tmp_path):
    body, version, kind, reason = FAILURES[case]
    stub(body, version)
    with pytest.raises(kind, match=reason):
        run(tmp_path)


def test_a_program_of_that_name_that_is_something_else(stub, tmp_path):
    stub("", version="usage: sta FILE")
    assert find_opensta() is None
    with pytest.raises(MissingToolError, match="engine opensta: no program sta is on the PATH"):
        run(tmp_path)


@pytest.mark.parametrize(
    ("ports", "body", "kinds"),
    [
        ("input a; output y;", "INV u (.A(a), .Y(y));", ["input to register", "input to output"]),
        (
            "input clk; output y;",
            "wire d; INV u (.A(y), .Y(d)); DFF r (.CK(clk), .D(d), .Q(y));",
            ["register to register", "register to output"],
        ),
    ],
)
def test_no_report_from_a_start_that_is_not_there(ports, body, kinds, tmp_path):
    netlist, library = netlist_of(tmp_path, ports, body)
    script = timing_script(netlist, library, 0.0, Boundary(), as_json=False)
    assert re.findall('puts "== (.*)"', script) == kinds
    assert ("set data_inputs" in script) == (kinds[0] == "input to register")


def test_without_the_program(tmp_path, monkeypatch, sky130, cache):
    result = synthesise(REGISTERS, "registers", sky130, cache=cache)
    monkeypatch.setattr(opensta, "PROGRAM", "no-such-sta")
    assert time_design(result, sky130, cache=cache).engine == "own"
    with pytest.raises(MissingToolError, match="no program no-such-sta is on the PATH"):
        time_design(result, sky130, cache=cache, engine="opensta")
    with pytest.raises(InputError, match="one of auto, own, opensta"):
        time_design(result, sky130, cache=cache, engine="best")


def test_the_program_is_taken_when_it_is_there(stub, tmp_path, sky130, cache):
    result = synthesise(REGISTERS, "registers", sky130, cache=cache)
    stub("raise SystemExit(1)")
    with pytest.raises(ToolError, match="sta failed"):
        time_design(result, sky130, cache=cache)
    assert time_design(result, sky130, cache=cache, engine="own").period_ns > 0


def test_its_verilog_is_read_by_yosys(tmp_path):
    netlist, library = netlist_of(tmp_path, PORTS, BODY)
    (tmp_path / "netlist.v").write_text(plain_verilog(netlist, library))
    run_yosys("read_verilog netlist.v\nhierarchy -top top", tmp_path)
