# SPDX-License-Identifier: Apache-2.0
"""The event-driven simulation, on netlists small enough to follow."""

import pytest
from helpers.energy_samples import build, run
from surmax.golden import InputError
from surmax.synth.energy.event_arrays import FALLS, HIGH, RISES


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
