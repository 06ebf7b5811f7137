# SPDX-License-Identifier: Apache-2.0
"""A small library whose delays and energies are constants, so that all can be worked out by hand.

ns, pF, pJ, nW; 2 V, so that a net's edge costs 0.5 * C * 4 = 2 C.
"""

import re
from pathlib import Path

import numpy as np
from surmax.synth.energy.circuit import TICKS_PER_NS, SimulatedNetlist, simulated_netlist
from surmax.synth.energy.event_arrays import FALLS, HIGH, RISES, Counts, Drive
from surmax.synth.energy.event_core import simulate
from surmax.synth.energy.simulation import Activity
from surmax.synth.liberty.cell_library import read_cell_library
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.timing.loads import Boundary, WireLoad
from surmax.synth.timing.netlist import ONE, read_netlist
from surmax.synth.timing.static import propagate

NO_WIRE, NO_WORLD = WireLoad(0.0), Boundary(0.0, 0.0, 0.0)


def arc(source: str, rise: float, fall: float, extra: str = "") -> str:
    """A timing group of constants."""
    tables = (
        ("cell_rise", rise),
        ("cell_fall", fall),
        ("rise_transition", 0),
        ("fall_transition", 0),
    )
    text = " ".join(f'{name} (scalar) {{ values ("{value}"); }}' for name, value in tables)
    return f'timing () {{ related_pin : "{source}"; {extra} {text} }}'


def power(rise: float, fall: float, extra: str = "") -> str:
    """An internal_power group of constants."""
    text = (
        f'rise_power (scalar) {{ values ("{rise}"); }} fall_power (scalar) {{ values ("{fall}"); }}'
    )
    return f"internal_power () {{ {extra} {text} }}"


def pin_in(name: str, rest: str = "") -> str:
    """An input pin of 2 fF."""
    return f"pin ({name}) {{ direction : input; capacitance : 0.002; {rest} }}"


def pin_out(name: str, function: str, *groups: str) -> str:
    """An output pin."""
    return f'pin ({name}) {{ direction : output; function : "{function}"; {" ".join(groups)} }}'


def when(source: str, condition: str = "") -> str:
    """Attributes of a power group."""
    return f'related_pin : "{source}";' + (f' when : "{condition}";' if condition else "")


NEGATIVE, POSITIVE = (f"timing_sense : {one}_unate;" for one in ("negative", "positive"))
PAID_BY = " related_pg_pin : {};"
EDGE = "timing_type : rising_edge;"
CLEAR = "timing_type : clear; timing_sense : positive_unate;"

LIBERTY = f"""
library (tiny) {{
  time_unit : "1ns"; voltage_unit : "1V"; leakage_power_unit : "1nW"; nom_voltage : 2;
  capacitive_load_unit (1, pf);
  cell (INV) {{ area : 1;
    leakage_power () {{ when : "A"; value : 3; }} leakage_power () {{ when : "!A"; value : 5; }}
    pin (A) {{ direction : input; capacitance : 0.002; rise_capacitance : 0.003;
      fall_capacitance : 0.001; }}
    {pin_out("Y", "!A", arc("A", 0.2, 0.1, NEGATIVE), power(0.010, 0.020, when("A")))} }}
  cell (NAND2) {{ area : 2; cell_leakage_power : 7; {pin_in("A")} {pin_in("B")}
    {
    pin_out(
        "Y",
        "!(A&B)",
        arc("A B", 0.1, 0.1, NEGATIVE),
        power(0.01, 0.02, when("A B") + PAID_BY.format("VDD")),
        power(0.03, 0.04, when("A B") + PAID_BY.format("VSS")),
    )
} }}
  cell (XOR2) {{ area : 4; {pin_in("A")} {pin_in("B")}
    {
    pin_out(
        "Y",
        "A^B",
        arc("A B", 0.3, 0.3),
        power(0.100, 0.200, when("A", "B")),
        power(0.300, 0.400, when("A", "!B")),
        power(0.500, 0.600, when("A")),
        power(0.700, 0.800, when("B")),
    )
} }}
  cell (DFF) {{ area : 8; ff (IQ, IQN) {{ clocked_on : "CK"; next_state : "D"; }}
    {pin_in("D", power(0.001, 0.002))} {pin_in("CK", "clock : true;" + power(0.030, 0.040))}
    {pin_out("Q", "IQ", arc("CK", 0.2, 0.2, EDGE), power(0.05, 0.06, when("CK")))}
    {pin_out("QN", "IQN", arc("CK", 0.2, 0.2, EDGE))} }}
  cell (DFFE) {{ area : 9; ff (IQ, IQN) {{ clocked_on : "CK"; next_state : "(E D) | (!E IQ)";
      clear : "!R"; }}
    {pin_in("D", power(0.1, 0.2, 'when : "E";') + power(0.3, 0.4, 'when : "!E";'))} {pin_in("E")}
    {pin_in("R")} {pin_in("CK", "clock : true;")}
    {pin_out("Q", "IQ", arc("CK", 0.2, 0.2, EDGE), arc("R", 0.5, 0.5, CLEAR))} }}
  cell (LATCH) {{ area : 6; latch (IQ, IQN) {{ enable : "G"; data_in : "D"; }}
    {pin_in("D")} {pin_in("G", "clock : true;")}
    {pin_out("Q", "IQ", arc("G", 0.1, 0.1, EDGE), arc("D", 0.1, 0.1, POSITIVE))} }}
  cell (GATE) {{ area : 7; clock_gating_integrated_cell : latch_posedge;
    pin (CK) {{ direction : input; capacitance : 0.002; clock : true; clock_gate_clock_pin : true;
      {power(0.003, 0.004)} }}
    pin (E) {{ direction : input; capacitance : 0.002; clock_gate_enable_pin : true; }}
    pin (GCK) {{ direction : output; clock_gate_out_pin : true; state_function : "CK E";
      {arc("CK", 0.1, 0.1, POSITIVE)} {power(0.005, 0.006, when("CK"))} }} }}
}}
"""


def build(folder: Path, ports: str, body: str) -> SimulatedNetlist:
    """The circuit of a netlist of the library above; `ports` are declarations."""
    path = folder / "tiny.lib"
    path.write_text(LIBERTY)
    library = read_timing_library(read_cell_library(path))
    names = ", ".join(one.split()[-1] for one in ports.split(";") if one.strip())
    body = re.sub(r", (?=[^;(]*;)", "; wire ", body)  # wires one by one, as yosys declares them
    text = f"module top({names});\n{ports}\n{body}\nendmodule\n"
    return simulated_netlist(read_netlist(text, library), library)


def run(
    simulated: SimulatedNetlist, period: float, steps: list[dict[str, int]]
) -> tuple[Counts, list[dict[str, int]]]:
    """Simulate one cycle a step; return the counts, and the outputs at the end of each cycle.

    The first cycle, in which all settles, is not counted.
    """
    netlist = simulated.netlist
    ports = [name for name in netlist.inputs if name != simulated.clocks.port]
    outputs = list(netlist.outputs)
    delays = propagate(netlist, simulated.library, wire=NO_WIRE, boundary=NO_WORLD)
    ticks = round(period * TICKS_PER_NS)
    drive = Drive(
        values=np.array([[step[name] for name in ports] for step in steps], np.uint8),
        waits=np.zeros(len(steps), np.uint8),
        nets=np.array([netlist.inputs[name][0] for name in ports]),
        ones=np.array([ONE]),
        watched=np.array([netlist.outputs[name][0] for name in outputs]),
        ready=0,
        cycles=len(steps),
        begin=1,
        end=len(steps),
        period=ticks,
        high=ticks // 2,
    )
    counts = simulate(simulated.with_delays(delays.slews, delays.loads), drive)
    seen = [dict(zip(outputs, row, strict=True)) for row in counts.watched.tolist()]
    return counts, seen


def activity_of(simulated: SimulatedNetlist, counts: Counts, period: float) -> Activity:
    """Counts of `run` as an activity."""
    cycles = len(counts.steps) - 1
    nets = counts.nets.copy()
    high = nets[:, HIGH] / (cycles * round(period * TICKS_PER_NS))
    for net, running in zip(simulated.clocks.nets, counts.clocks, strict=False):
        nets[net, RISES] = nets[net, FALLS] = running
        high[net] = running / cycles / 2
    return Activity(cycles, 1, period, counts.arcs, nets[:, RISES], nets[:, FALLS], high)
