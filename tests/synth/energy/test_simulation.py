# SPDX-License-Identifier: Apache-2.0
"""The event-driven simulation, on netlists small enough to follow."""

import numpy as np
import pytest
from helpers.energy_samples import NO_WIRE, NO_WORLD, build, run
from surmax.golden import InputError
from surmax.synth.energy.circuit import TICKS_PER_NS, simulated_netlist
from surmax.synth.energy.event_arrays import FALLS, HIGH, RISES
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.timing.netlist import read_netlist
from surmax.synth.timing.static import propagate


def nets(simulated, counts, name):
    """Rises, falls and high time of a net."""
    row = counts.nets[simulated.netlist.net_names.index(name)]
    return row[RISES], row[FALLS], row[HIGH]


def test_an_inverter(tmp_path):
    simulated = build(tmp_path, "input a; output y;", "INV u (.A(a), .Y(y));")
    counts, seen = run(simulated, 1.0, [{"a": a} for a in (0, 1, 1, 0, 1)])
    assert [one["y"] for one in seen] == [1, 0, 0, 1, 0]
    assert nets(simulated, counts, "a")[:2] == (2, 1)
    rises, falls, high = nets(simulated, counts, "y")
    # from cycle 1 to 0.1 ns into it, and from 0.2 ns after cycle 3 begins to 0.1 ns into cycle 4;
    # a changes a tick after the edge
    assert (rises, falls) == (1, 2)
    assert high == 2000 * (0.1 + 0.9) + 1
    assert counts.arcs.sum() == 3


def test_delays_are_those_of_the_library(tmp_path):
    body = "wire p; INV u (.A(a), .Y(p)); INV v (.A(p), .Y(q)); XOR2 x (.A(a), .B(1'h1), .Y(y));"
    simulated = build(tmp_path, "input a; output q; output y;", body)
    nodes = np.zeros(2 * len(simulated.netlist.net_names))
    delays = simulated.with_delays(nodes, nodes).delays.tolist()
    # Inverters rise in 0.2 ns and fall in 0.1 ns; the XOR takes 0.3 ns.
    expected = {"p": {200, 400}, "q": {200, 400}, "y": {600}}
    for name, ticks in expected.items():
        net = simulated.netlist.net_names.index(name)
        assert {delays[k] for k in np.flatnonzero(simulated.arc_output == net)} == ticks
    counts, _ = run(simulated, 4.0, [{"a": a} for a in (0, 1)])
    # p falls after 0.1 ns, q rises 0.2 ns later, y falls after 0.3 ns; a comes after a tick.
    assert nets(simulated, counts, "p") == (0, 1, 200 + 1)
    assert nets(simulated, counts, "q") == (1, 0, 8000 - 600 - 1)
    assert nets(simulated, counts, "y") == (0, 1, 600 + 1)


CHAIN = """module chain(a, y);
  input a; output y; wire p; wire q; wire r;
  sky130_fd_sc_hd__inv_1 u (.A(a), .Y(p));
  sky130_fd_sc_hd__nand2_1 v (.A(p), .B(1'h1), .Y(q));
  sky130_fd_sc_hd__nor2_1 w (.A(q), .B(1'h0), .Y(r));
  sky130_fd_sc_hd__buf_1 x (.A(r), .X(y));
endmodule
"""


@pytest.mark.parametrize("steps", [(0, 1), (1, 0)])
def test_edges_come_when_static_timing_says(steps, sky130, cache):
    """Along one path both engines add the same delays up; static timing is held to OpenSTA's."""
    library = read_timing_library(sky130.library, cache)
    simulated = simulated_netlist(read_netlist(CHAIN, library), library)
    netlist = simulated.netlist
    timing = propagate(netlist, library, wire=NO_WIRE, boundary=NO_WORLD)
    counts, _ = run(simulated, 4.0, [{"a": a} for a in steps])
    for stage, name in enumerate("pqry", 1):
        net = netlist.net_names.index(name)
        rises, falls, high = nets(simulated, counts, name)
        assert rises + falls == 1
        # Ticks after the change of a, which comes a tick after the clock's edge.
        edge = (high if falls else 4 * TICKS_PER_NS - high) - 1
        arrival = timing.arrivals[:, 2 * net + (falls == 1)].max()
        assert edge == pytest.approx(arrival * TICKS_PER_NS, abs=stage), name
        assert edge > 10 * stage  # so that one per cent shows at the end of the path


def test_a_glitch_counts(tmp_path):
    """Through four inverters b is 0.6 ns late, so that the 0.3 ns XOR gives a pulse."""
    body = "wire p, q, r, s;" + "".join(
        f"INV u{k} (.A({a}), .Y({y}));" for k, (a, y) in enumerate(("ap", "pq", "qr", "rs"))
    )
    simulated = build(tmp_path, "input a; output y;", f"{body} XOR2 x (.A(a), .B(s), .Y(y));")
    counts, seen = run(simulated, 4.0, [{"a": a} for a in (0, 1, 0)])
    assert [one["y"] for one in seen] == [0, 0, 0]
    assert nets(simulated, counts, "y")[:2] == (2, 2)


def test_a_pulse_shorter_than_the_delay_is_swallowed(tmp_path):
    """p follows a after 0.1 ns, which the 0.3 ns XOR does not pass on."""
    body = "wire p; NAND2 u (.A(a), .B(1'h1), .Y(p)); XOR2 x (.A(a), .B(p), .Y(y));"
    simulated = build(tmp_path, "input a; output y;", body)
    counts, seen = run(simulated, 4.0, [{"a": a} for a in (0, 1, 0)])
    assert nets(simulated, counts, "p")[:2] == (1, 1)
    assert nets(simulated, counts, "y")[:2] == (0, 0)
    assert [one["y"] for one in seen] == [1, 1, 1]


def test_a_flip_flop_and_its_complement(tmp_path):
    simulated = build(
        tmp_path,
        "input clk; input d; output q; output n;",
        "DFF f (.CK(clk), .D(d), .Q(q), .QN(n));",
    )
    counts, seen = run(simulated, 2.0, [{"d": d} for d in (1, 0, 0, 1, 1)])
    # what d is at an edge shows in the cycle after it
    assert [one["q"] for one in seen] == [0, 1, 0, 0, 1]
    assert [one["n"] for one in seen] == [1, 0, 1, 1, 0]
    assert counts.clocks.tolist() == [4]


def test_data_that_come_with_the_edge_are_too_late(tmp_path):
    body = "wire p; DFF f (.CK(clk), .D(d), .Q(p)); DFF g (.CK(clk), .D(p), .Q(q));"
    simulated = build(tmp_path, "input clk; input d; output q;", body)
    _, seen = run(simulated, 2.0, [{"d": d} for d in (1, 0, 0, 0)])
    assert [one["q"] for one in seen] == [0, 0, 1, 0]


def test_a_period_below_the_delays_shows(tmp_path):
    body = "wire p, r; DFF f (.CK(clk), .D(d), .Q(p)); XOR2 x (.A(p), .B(d), .Y(r));"
    body += "DFF g (.CK(clk), .D(r), .Q(q));"
    simulated = build(tmp_path, "input clk; input d; output q;", body)
    steps = [{"d": d} for d in (1, 0, 1, 1, 0, 0, 1, 0)]
    _, right = run(simulated, 2.0, steps)
    _, wrong = run(simulated, 0.4, steps)
    assert right != wrong


def test_enable_and_clear(tmp_path):
    simulated = build(
        tmp_path,
        "input clk; input d; input e; input r; output q;",
        "DFFE f (.CK(clk), .D(d), .E(e), .R(r), .Q(q));",
    )
    steps = [(1, 1, 1), (0, 0, 1), (0, 0, 1), (0, 0, 0), (1, 1, 0), (1, 1, 1), (0, 1, 1), (0, 1, 1)]
    _, seen = run(simulated, 2.0, [dict(zip("der", one, strict=True)) for one in steps])
    # loaded, held, held, cleared at once, cleared against the load, released, loaded, 0 loaded
    assert [one["q"] for one in seen] == [0, 1, 1, 0, 0, 0, 1, 0]


def test_a_latch_on_data_and_on_the_clock(tmp_path):
    ports = "input clk; input d; input g; output q; output p; output f;"
    body = "LATCH a (.G(g), .D(d), .Q(q)); LATCH b (.G(clk), .D(d), .Q(p));"
    simulated = build(tmp_path, ports, body + "DFF c (.CK(clk), .D(d), .Q(f));")
    steps = [{"d": d, "g": g} for d, g in ((1, 0), (1, 1), (0, 1), (1, 0), (0, 0))]
    _, seen = run(simulated, 2.0, steps)
    assert [one["q"] for one in seen] == [0, 1, 0, 0, 0]
    # open in the first half, in which d comes
    assert [one["p"] for one in seen] == [1, 1, 0, 1, 0]


def test_clock_gates(tmp_path):
    ports = "input clk; input d; input e; input f; output q; output p;"
    body = """wire g, h; GATE a (.CK(clk), .E(e), .GCK(g)); GATE b (.CK(g), .E(f), .GCK(h));
      DFF x (.CK(g), .D(d), .Q(q)); DFF y (.CK(h), .D(d), .Q(p));"""
    simulated = build(tmp_path, ports, body)
    steps = [(1, 1, 0), (0, 0, 1), (0, 1, 1), (1, 0, 0), (1, 0, 0)]
    counts, seen = run(simulated, 2.0, [dict(zip("def", one, strict=True)) for one in steps])
    # enables in force at the edges of cycles 1 to 4: e 1 0 1 0, f 0 1 1 0
    assert [one["q"] for one in seen] == [0, 1, 1, 0, 0]
    assert [one["p"] for one in seen] == [0, 0, 0, 0, 0]
    assert counts.clocks.tolist() == [4, 2, 1]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "wire g; NAND2 n (.A(clk), .B(d), .Y(g)); DFF f (.CK(g), .D(d), .Q(q));",
            "must be clocked by one input port, not by g",
        ),
        (
            "DFF f (.CK(clk), .D(d), .Q(q)); DFF g (.CK(d), .D(q));",
            "must be clocked by one input port, not by clk, d",
        ),
    ],
)
def test_what_is_no_clock_is_refused(tmp_path, body, reason):
    with pytest.raises(InputError, match=reason):
        build(tmp_path, "input clk; input d; output q;", body)
