# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from helpers.timing_samples import netlist_of, small_library
from surmax.golden import HCCS_PRESETS, InputError
from surmax.rtl import HccsBuild, verilog
from surmax.synth import synthesise
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.mapping.synthesise import kept_netlist
from surmax.synth.timing.netlist import ONE, ZERO, read_netlist

PORTS = "input clk; input [1:0] a; output [2:0] y;"
BODY = r"""
  // what yosys writes
  wire clk;
  wire _1_;
  wire [1:0] _2_;
  wire [5:4] \unit.lane0.x ;
  wire \unit.$7 ;
  INV _10_ (.A(a[0]), .Y(_1_));
  NAND2 \unit.g1  (
    .A(_1_),
    .B(\unit.lane0.x [5]),
    .Y(_2_[1])
  );
  DFF _12_ (.CK(clk), .D(_2_[1]), .Q(\unit.$7 ));
  NAND2 _13_ (.A(1'h1), .B(1'hx), .Y());
  assign \unit.lane0.x = { a[1], _1_ };
  assign y = { 1'h0, \unit.$7 , _2_[0] };
  assign _2_[0] = \unit.lane0.x [4];
"""


def test_cells_pins_and_nets(tmp_path):
    netlist, library = netlist_of(tmp_path, PORTS, BODY)
    assert netlist.top == "top"
    assert netlist.cell_names == ("_10_", "unit.g1", "_12_", "_13_")
    kinds = [library.cells[k].name for k in netlist.cell_kinds]
    assert kinds == ["INV", "NAND2", "DFF", "NAND2"]
    assert netlist.first_pin.tolist() == [0, 2, 5, 8, 11]
    assert netlist.pin_number.tolist() == [0, 1, 0, 1, 2, 0, 1, 2, 0, 1, 2]
    inverted = netlist.pin_net[1]
    # _1_, bit 4 of x, _2_[0] and y[0] are one net; the shortest name without a $ is the port's
    assert netlist.net_names[inverted] == "y[0]"
    assert netlist.outputs["y"].tolist() == [inverted, netlist.pin_net[7], ZERO]
    assert netlist.pin_net[2] == inverted
    assert netlist.pin_net[3] == netlist.inputs["a"][1]
    assert netlist.pin_net[8:].tolist() == [ONE, ZERO, -1]
    assert netlist.drivers[inverted] == 1
    assert netlist.drivers[netlist.inputs["a"][0]] == -1
    first, last = netlist.first_sink[inverted : inverted + 2]
    assert netlist.sinks[first:last].tolist() == [2]
    for net in range(len(netlist.net_names)):
        sinks = netlist.sinks[netlist.first_sink[net] : netlist.first_sink[net + 1]]
        assert (netlist.pin_net[sinks] == net).all()


def test_names_and_origins(tmp_path):
    body = BODY.replace("assign y = { 1'h0, \\unit.$7 , _2_[0] };", "assign y = 3'h5;")
    netlist, _ = netlist_of(tmp_path, PORTS, body)
    one, two, flop = (int(netlist.pin_net[k]) for k in (1, 4, 7))
    assert netlist.net_names[one] == "unit.lane0.x[4]"
    assert netlist.origin(one) == "unit.lane0"
    assert not netlist.has_name(two)
    assert netlist.origin(two) == ""
    assert (netlist.net_names[flop], netlist.origin(flop)) == ("unit.$7", "unit")
    assert netlist.outputs["y"].tolist() == [ONE, ZERO, ONE]


def test_bus_pins(tmp_path):
    ports = "input [3:0] d; output [1:0] q;"
    body = "WIDE w (.D({ d[0], d[2] }), .Q(q), .P0(d[1]), .P1(d[3]));"
    netlist, _ = netlist_of(tmp_path, ports, body)
    d, q = netlist.inputs["d"], netlist.outputs["q"]
    assert netlist.pin_net.tolist() == [d[2], d[0], q[0], q[1], d[1], d[3]]


BROKEN = {
    "a cell": ("INV _10_", "AND9 _10_", "cell _10_ must be of library small: AND9"),
    "a pin": (".A(a[0])", ".Z(a[0])", "cell _10_ has no pin Z of 1 bits"),
    "a wire": (".A(a[0])", ".A(b)", "wire b must be declared"),
    "a bit": (".A(a[0])", ".A(a[2])", "a\\[2\\] must be within wire a"),
    "a width": ("{ a[1], _1_ }", "a[1]", "bits on the right, not 1"),
    "two drivers": ("assign _2_[0]", "assign a[0]", "must have one driver"),
    "an assigned output": ("assign _2_[0]", "assign _2_[1]", "must have one driver"),
    "nothing drives": (".Y(_1_)", ".Y()", "is read: it must have a driver"),
    "behaviour": ("INV _10_ (", "always @* _1_ = a[0]; INV _10_ (", "must be a declaration"),
    "an expression": ("{ a[1], _1_ }", "~a", "'~a' must be names and constants"),
    "constants": ("assign _2_[0] =", "assign { _2_[0], _1_ } = 2'h2; assign _2_[0] =", "0 and 1"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_netlists(case, tmp_path):
    good, bad, reason = BROKEN[case]
    assert good in BODY
    with pytest.raises(InputError, match=reason):
        netlist_of(tmp_path, PORTS, BODY.replace(good, bad, 1))


def test_no_netlist_at_all(tmp_path):
    _, library = small_library(tmp_path)
    with pytest.raises(InputError, match="netlist must be a Verilog module"):
        read_netlist("wire a;", library)


def test_a_whole_unit(sky130, cache):
    build = HccsBuild(HCCS_PRESETS["clb"], lanes=2, max_length=8, adders="cells")
    options = {"parts": build.parts, "transistors": False}
    result = synthesise(verilog(build), build.top_module, sky130, cache=cache, **options)
    library = read_timing_library(sky130.library, cache)
    netlist = read_netlist(kept_netlist(result, cache), library)
    counts = np.bincount(netlist.cell_kinds, minlength=len(library.cells))
    found = {library.cells[k].name: int(n) for k, n in enumerate(counts) if n}
    assert found == result.total.cells
    origins = {netlist.origin(net) for net in range(len(netlist.net_names))}
    assert {"unit.scores.storage", "unit.sum_stage.lane0", "unit.sum_stage.lane1"} <= origins
    assert sum(len(port) for port in netlist.inputs.values()) > 40
