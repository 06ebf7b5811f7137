# SPDX-License-Identifier: Apache-2.0
"""Static timing of small netlists, each worked out by hand.

The library is that of timing_samples.py: ps and fF, every delay base + slew part + load part, every
output slew 10 + 4 a fF of load. Figures below are in ps and fF.
"""

import numpy as np
import pytest
from helpers.timing_samples import netlist_of
from surmax.golden import InputError
from surmax.synth.timing.loads import Boundary, WireLoad, net_loads
from surmax.synth.timing.result import Timing
from surmax.synth.timing.static import propagate, static_timing

NO_WIRE = WireLoad(0.0)
QUIET = Boundary(input_slew_ns=0.020, output_load_pf=0.005, clock_slew_ns=0.0)
REGISTERS, TO_REGISTER = "register to register", "input to register"
TO_OUTPUT, THROUGH = "register to output", "input to output"

PIPE = """
  wire q; wire n; wire m;
  DFF a (.CK(clk), .D(d), .Q(q));
  INV i (.A(q), .Y(n));
  NAND2 g (.A(n), .B(q), .Y(m));
  DFF b (.CK(clk), .D(m), .Q(y));
"""
PORTS = "input clk; input d; output y;"


def times(folder, ports=PORTS, body=PIPE, wire=NO_WIRE, boundary=QUIET) -> Timing:
    netlist, library = netlist_of(folder, ports, body)
    return static_timing(netlist, library, wire=wire, boundary=boundary)


def ps(timing: Timing) -> dict[str, float]:
    return {kind: round(1000 * path.ns, 6) for kind, path in timing.paths.items()}


def test_a_pipeline(tmp_path):
    """Two flip-flops with an inverter and a NAND between.

    q reaches INV (2.5 rising, 1.5 falling) and NAND (2): 4.5 and 3.5.
      q rises at 100 + 2 * 4.5 = 109, slew 10 + 4 * 4.5 = 28; falls at 90 + 2 * 3.5 = 97, slew 24.
    n reaches NAND: 2. It is inverted:
      n falls at 109 + 10 + 28 / 4 + 2 * 2 = 130; rises at 97 + 20 + 24 / 2 + 3 * 2 = 135; slew 18.
    m reaches D: 2. Worst slew at a NAND input is that of q, 28 rising and 24 falling:
      m falls, from n: 135 + 15 + 18 / 4 + 2 * 2 = 158.5; from q: 109 + 15 + 28 / 4 + 4 = 135.
      m rises, from n: 130 + 25 + 18 / 2 + 3 * 2 = 170; slew 18 both.
    Setup: 30 rising, 40 falling, and a tenth of the slew: 170 + 31.8 = 201.8; 158.5 + 41.8 = 200.3.
    From d: 0 + 40 + 20 / 10 = 42. To y, which has 5: 100 + 2 * 5 = 110.
    """
    timing = times(tmp_path)
    assert ps(timing) == {REGISTERS: 201.8, TO_OUTPUT: 110.0, TO_REGISTER: 42.0}
    assert timing.period_ns == pytest.approx(0.2018)
    assert timing.mhz == pytest.approx(1000 / 0.2018)
    path = timing.paths[REGISTERS]
    assert (path.start, path.end) == ("q", "y")
    assert path.setup_ns == pytest.approx(0.0318)
    assert [(p.net, p.edge, p.cell, p.instance, p.pins) for p in path.points] == [
        ("q", "rise", "DFF", "a", "CK to Q"),
        ("n", "fall", "INV", "i", "A to Y"),
        ("m", "rise", "NAND2", "g", "A to Y"),
    ]
    assert [p.arrival_ns for p in path.points] == pytest.approx([0.109, 0.130, 0.170])
    assert [p.slew_ns for p in path.points] == pytest.approx([0.028, 0.018, 0.018])
    assert [p.load_pf for p in path.points] == pytest.approx([0.0045, 0.002, 0.002])
    assert Timing.from_json(timing.to_json()) == timing


def test_a_slower_cell_is_seen(tmp_path):
    """The planted fault: one more inverter pair in the path has to cost its delay."""
    pair = "wire o; wire p; INV j (.A(n), .Y(o)); INV k (.A(o), .Y(p)); NAND2 g (.A(p)"
    slow = PIPE.replace("NAND2 g (.A(n)", pair)
    assert times(tmp_path, body=slow).period_ns > times(tmp_path).period_ns + 0.05


def test_wires_load_nets(tmp_path):
    """Areas 8, 1, 2, 8: a mean of 4.75, a pitch of 2.179 um; 3 pitches of 0.1 fF/um: 0.654 fF."""
    netlist, library = netlist_of(tmp_path, PORTS, PIPE)
    wire = WireLoad(pitches_per_sink=3.0, ff_per_um=0.1)
    assert wire.pf_per_sink(netlist, library) == pytest.approx(3e-4 * 4.75**0.5)
    bare = net_loads(netlist, library, NO_WIRE, QUIET)
    loaded = net_loads(netlist, library, wire, QUIET)
    q, y, clk = (netlist.net_names.index(name) for name in ("q", "y", "clk"))
    assert bare[q] == pytest.approx([0.0045, 0.0035])
    assert bare[y] == pytest.approx([0.005, 0.005])
    assert bare[clk] == pytest.approx([0.004, 0.004])
    each = wire.pf_per_sink(netlist, library)
    assert (loaded - bare)[[q, y, clk], 0] == pytest.approx([2 * each, each, 2 * each])
    assert times(tmp_path, wire=wire).period_ns > times(tmp_path).period_ns


def test_without_sense_both_edges_cause_both(tmp_path):
    """An XOR falls 60 + 2 a fF after either edge, and rises 40 + 3 a fF after either.

    q has 2: rises at 104, falls at 94. x has 5: it falls at 104 + 60 + 10 = 174, rises at 159.
    """
    body = "wire q; DFF a (.CK(clk), .D(d), .Q(q)); XOR2 x (.A(q), .B(1'h0), .Y(y));"
    timing = times(tmp_path, body=body)
    assert ps(timing)[TO_OUTPUT] == 174.0
    netlist, library = netlist_of(tmp_path, PORTS, body)
    found = propagate(netlist, library, wire=NO_WIRE, boundary=QUIET)
    y = netlist.net_names.index("y")
    assert found.arrivals[0, 2 * y : 2 * y + 2] == pytest.approx([0.159, 0.174])


def test_unate_cells_keep_the_edges_apart(tmp_path):
    """From d alone, an edge at 0 with slew 20: the inverter's output has 5.

    It falls at 10 + 20 / 4 + 2 * 5 = 25 and rises at 20 + 20 / 2 + 3 * 5 = 45.
    """
    netlist, library = netlist_of(tmp_path, PORTS, "INV i (.A(d), .Y(y));")
    found = propagate(netlist, library, wire=NO_WIRE, boundary=QUIET)
    y = netlist.net_names.index("y")
    assert found.arrivals[1, 2 * y : 2 * y + 2] == pytest.approx([0.045, 0.025])
    assert np.isinf(found.arrivals[0]).all()
    timing = static_timing(netlist, library, wire=NO_WIRE, boundary=QUIET)
    assert ps(timing) == {THROUGH: 45.0}
    assert timing.period_ns is None
    assert timing.mhz is None
    assert Timing.from_json(timing.to_json()) == timing


def test_a_clock_gate_ends_a_path_and_passes_the_clock(tmp_path):
    """e comes from a flip-flop, 2 fF: 104 rising, slew 18; E needs 35 + 1.8 before the clock.

    The gated flip-flop still launches at 0: y rises at 100 + 2 * 5 = 110.
    """
    body = """
      wire e; wire g;
      DFF a (.CK(clk), .D(d), .Q(e));
      GATE c (.CK(clk), .E(e), .GCK(g));
      DFF b (.CK(g), .D(d), .Q(y));
    """
    timing = times(tmp_path, body=body)
    assert ps(timing)[REGISTERS] == pytest.approx(104 + 36.8)
    assert ps(timing)[TO_OUTPUT] == 110.0
    assert timing.paths[REGISTERS].end == "clock gate of y"


def test_a_latch_counts_as_a_flip_flop(tmp_path):
    body = """
      wire q;
      DFF a (.CK(clk), .D(d), .Q(q));
      LATCH l (.CK(clk), .D(q), .Q(y));
    """
    timing = times(tmp_path, body=body)
    # q has 2: falls at 94, slew 18, and setup is 40 + 1.8 when it falls
    assert ps(timing)[REGISTERS] == pytest.approx(max(94 + 41.8, 104 + 31.8))
    assert ps(timing)[TO_OUTPUT] == 110.0


def test_slews_beyond_the_tables_go_on_in_a_line(tmp_path):
    """An input slew of 300 ps is beyond 110: 20 + 300 / 2 + 3 * 5 = 185."""
    slow = Boundary(input_slew_ns=0.3, output_load_pf=0.005)
    assert ps(times(tmp_path, body="INV i (.A(d), .Y(y));", boundary=slow)) == {THROUGH: 185.0}


LOOP = "wire a; wire b; NAND2 g (.A(d), .B(b), .Y(a)); INV i (.A(a), .Y(b)); assign y = a;"
REFUSED = {
    "a loop": (LOOP, "must not be part of a combinational loop"),
    "a clock through logic": (
        "wire c; NAND2 g (.A(clk), .B(d), .Y(c)); DFF a (.CK(c), .D(d), .Q(y));",
        "clock c must come from a clock gate or a buffer, not a NAND2",
    ),
    "an inverted clock": (
        "wire c; INV i (.A(clk), .Y(c)); DFF a (.CK(c), .D(d), .Q(y));",
        "clock c must come from a clock gate or a buffer, not a INV",
    ),
    "no path": ("assign y = 1'h0;", "top must have a path"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case, tmp_path):
    body, reason = REFUSED[case]
    with pytest.raises(InputError, match=reason):
        times(tmp_path, body=body)


@pytest.mark.parametrize(
    "make", [lambda: WireLoad(-1.0), lambda: WireLoad(2.0, float("nan")), lambda: Boundary(1e9)]
)
def test_loads_out_of_range(make):
    with pytest.raises(InputError, match="must be 0 to 1000"):
        make()
