# SPDX-License-Identifier: Apache-2.0
"""Energies worked out by hand, and two cells whose power OpenSTA's own regression prints."""

import numpy as np
import pytest
from helpers.energy_samples import NO_WIRE, NO_WORLD, activity_of, build, run
from surmax.synth.energy.circuit import simulated_netlist
from surmax.synth.energy.power import cell_energy
from surmax.synth.energy.simulation import Activity
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.timing.loads import Boundary
from surmax.synth.timing.netlist import read_netlist
from surmax.synth.timing.static import propagate


def measure(simulated, period, steps):
    """Energy of a run, and the number of each net."""
    counts, _ = run(simulated, period, steps)
    delays = propagate(simulated.netlist, simulated.library, wire=NO_WIRE, boundary=NO_WORLD)
    activity = activity_of(simulated, counts, period)
    energy = cell_energy(simulated, activity, delays.slews, delays.loads)
    return energy, simulated.netlist.net_names.index


def test_an_inverter(tmp_path):
    body = "wire n; INV u (.A(a), .Y(n)); INV v (.A(n), .Y(y));"
    simulated = build(tmp_path, "input a; output y;", body)
    energy, net = measure(simulated, 2.0, [{"a": a} for a in (0, 1, 0, 1, 1, 0)])
    # a rises twice and falls twice, so do n and y
    assert energy.internal == pytest.approx([2 * 0.010 + 2 * 0.020] * 2)
    # 2 V: 2 C an edge, C 3 fF for a rise and 1 fF for a fall
    assert energy.switching[net("a")] == pytest.approx(2 * (2 * 0.003 + 2 * 0.001))
    assert energy.switching[net("n")] == pytest.approx(2 * (2 * 0.003 + 2 * 0.001))
    assert energy.switching[net("y")] == 0.0
    # 3 nW while a is 1, three of five cycles, else 5 nW: over 10 ns, in 1e-6 pJ
    assert energy.leakage[0] == pytest.approx((0.6 * 3 + 0.4 * 5) * 10 * 1e-6, rel=1e-3)
    assert energy.clock_internal.tolist() == [0.0, 0.0]


def test_conditions_of_an_arc(tmp_path):
    """Where a condition holds its group counts, where none does the other one, never both."""
    simulated = build(tmp_path, "input a; input b; output y;", "XOR2 x (.A(a), .B(b), .Y(y));")
    steps = [{"a": a, "b": b} for a, b in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
    energy, _ = measure(simulated, 2.0, steps)
    # a rises, b 0: y rises 0.3; b rises: y falls 0.8; a falls, b 1: y rises 0.1; b falls: 0.8
    assert energy.internal == pytest.approx([0.3 + 0.8 + 0.1 + 0.8])


def test_glitches_cost(tmp_path):
    body = "".join(
        f"wire {y}; INV u{k} (.A({a}), .Y({y}));"
        for k, (a, y) in enumerate(("ap", "pq", "qr", "rs"))
    )
    simulated = build(tmp_path, "input a; output y;", f"{body} XOR2 x (.A(a), .B(s), .Y(y));")
    energy, _ = measure(simulated, 4.0, [{"a": a} for a in (0, 1)])
    # a rises with s 0: y rises 0.3; s rises: y falls 0.8
    assert energy.internal[-1] == pytest.approx(0.3 + 0.8)


def test_a_flip_flop(tmp_path):
    simulated = build(tmp_path, "input clk; input d; output q;", "DFF f (.CK(clk), .D(d), .Q(q));")
    energy, net = measure(simulated, 2.0, [{"d": d} for d in (0, 1, 0, 0, 0)])
    # d rises and falls once, q as well; the clock four times
    assert energy.internal == pytest.approx([0.001 + 0.002 + 0.05 + 0.06])
    assert energy.clock_internal == pytest.approx([4 * (0.030 + 0.040)])
    assert energy.switching[net("clk")] == pytest.approx(4 * 2 * 2 * 0.002)
    assert energy.switching[net("d")] == pytest.approx(2 * 2 * 0.002)


def test_conditions_of_a_pin(tmp_path):
    """Where pins have conditions, each counts for the share of the time in which it holds."""
    simulated = build(
        tmp_path,
        "input clk; input d; input e; output q;",
        "DFFE f (.CK(clk), .D(d), .E(e), .R(1'h1), .Q(q));",
    )
    steps = [{"d": d, "e": e} for d, e in ((0, 0), (1, 0), (0, 1), (0, 0), (0, 0))]
    energy, _ = measure(simulated, 2.0, steps)
    # d rises and falls once; e is 1 in one cycle of four
    assert energy.internal == pytest.approx([0.25 * (0.1 + 0.2) + 0.75 * (0.3 + 0.4)], rel=1e-3)


def test_what_one_supply_says_is_counted_once(tmp_path):
    simulated = build(tmp_path, "input a; output y;", "NAND2 u (.A(a), .B(1'h1), .Y(y));")
    energy, _ = measure(simulated, 2.0, [{"a": a} for a in (0, 1, 0, 0)])
    assert energy.internal == pytest.approx([0.02 + 0.01])
    # three cycles of 2 ns at the 7 nW that the cell as a whole has
    assert energy.leakage == pytest.approx([3 * 2 * 7 * 1e-6])


GATED = "wire g; GATE a (.CK(clk), .E(e), .GCK(g)); DFF x (.CK(g), .D(1'h0), .Q(q));"


def test_a_clock_gate(tmp_path):
    simulated = build(tmp_path, "input clk; input e; output q;", GATED)
    energy, net = measure(simulated, 2.0, [{"e": e} for e in (1, 0, 0, 0, 0)])
    # four clocks in, one out
    assert energy.clock_internal == pytest.approx([4 * 0.007 + 0.011, 0.030 + 0.040])
    assert energy.switching[net("g")] == pytest.approx(2 * 2 * 0.002)
    assert energy.internal.tolist() == [0.0, 0.0]


def test_a_clock_that_rests_costs_nothing(tmp_path):
    simulated = build(tmp_path, "input clk; input e; output q;", GATED)
    energy, net = measure(simulated, 2.0, [{"e": 0}] * 5)
    assert energy.clock_internal == pytest.approx([4 * 0.007, 0.0])
    assert energy.switching[net("g")] == 0.0


# OpenSTA, power/test/power_report_options.ok: a buffer and a flip-flop of sky130 at 10 ns, input
# slew 0.1 ns, nothing at the output; changes a cycle and duty -> W of reg1 and buf1.
OPENSTA = {
    (0.5, 0.5): (5.1057e-06, 3.8750e-07, 1.3616e-07, 8.4386e-12, 1.1810e-12),
    (0.1, 0.3): (4.28e-06, 7.75e-08, 2.72e-08, 8.37e-12, 1.18e-12),
    (0.8, 0.7): (5.73e-06, 6.20e-07, 2.18e-07, 8.39e-12, 1.18e-12),
}
POWER_TEST = """module power_test1(clk, in1, out1);
  input clk; input in1; output out1; wire n1;
  sky130_fd_sc_hd__buf_1 buf1 (.A(in1), .X(n1));
  sky130_fd_sc_hd__dfxtp_1 reg1 (.D(n1), .CLK(clk), .Q(out1));
endmodule
"""


@pytest.mark.parametrize(("rate", "duty"), OPENSTA)
def test_against_opensta(rate, duty, sky130, cache):
    library = read_timing_library(sky130.library, cache)
    simulated = simulated_netlist(read_netlist(POWER_TEST, library), library)
    netlist = simulated.netlist
    delays = propagate(netlist, library, wire=NO_WIRE, boundary=Boundary(0.1, output_load_pf=0.0))
    cycles, nets = 1000, len(netlist.net_names)
    edges = np.full(nets, round(rate * cycles / 2))
    clock = netlist.inputs["clk"][0]
    edges[clock] = cycles
    high = np.full(nets, duty)
    high[clock] = 0.5
    # buf1 has arcs for a falling and a rising edge; of reg1 those by its clock come first
    arcs = np.zeros(len(simulated.arc_edge), dtype=np.int64)
    for k, edge in enumerate(simulated.arc_edge):
        pins = simulated.behaviours[simulated.arc_cell[k]].cell.pins
        arcs[k] = edges[0] * (pins[edge.source].name in ("A", "CLK"))
    arcs[2 + 2 :] = 0
    activity = Activity(cycles, 1, 10.0, arcs, edges, edges, high)
    energy = cell_energy(simulated, activity, delays.slews, delays.loads)
    watts = 1e-12 / (cycles * 10.0 * 1e-9)
    reg, buf, charge, reg_leak, buf_leak = OPENSTA[rate, duty]
    found = (energy.internal + energy.clock_internal) * watts
    assert found[1] == pytest.approx(reg, rel=0.02)
    assert found[0] == pytest.approx(buf, rel=0.02)
    n1 = netlist.net_names.index("n1")
    assert energy.switching[n1] * watts == pytest.approx(charge, rel=0.01)
    assert energy.leakage * watts == pytest.approx([buf_leak, reg_leak], rel=0.02)
