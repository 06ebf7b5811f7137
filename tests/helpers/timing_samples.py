# SPDX-License-Identifier: Apache-2.0
"""A small Liberty library with figures that can be worked out by hand, and its netlists.

Units on purpose not ours: ps, fF, mV, pW. Every delay is linear in slew and load: a table of two by
two points says all, and what lies outside of it follows.
"""

from pathlib import Path

from surmax.synth.liberty.cell_library import CellLibrary, read_cell_library
from surmax.synth.liberty.timing_library import TimingLibrary
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.timing.netlist import CellNetlist, read_netlist

_SLEWS, _LOADS = (10.0, 110.0), (1.0, 11.0)


def table(kind: str, base: float, slew: float, load: float) -> str:
    """The table base + slew * (input slew in ps) + load * (load in fF)."""
    rows = (
        '"' + ", ".join(f"{base + slew * s + load * c:.6f}" for c in _LOADS) + '"' for s in _SLEWS
    )
    return f"{kind} (delays) {{ values ({', '.join(rows)}); }}"


def arc(source: str, rise: tuple, fall: tuple, extra: str = "") -> str:
    """A timing group; `rise` and `fall` are (delay, per slew, per load); slews are 10 + 4 a fF."""
    tables = " ".join(
        (
            table("cell_rise", *rise),
            table("cell_fall", *fall),
            table("rise_transition", 10.0, 0.0, 4.0),
            table("fall_transition", 10.0, 0.0, 4.0),
        )
    )
    return f'timing () {{ related_pin : "{source}"; {extra} {tables} }}'


def check(kind: str, rise: float, fall: float) -> str:
    """A constraint against CK: constants, plus 0.1 of the pin's slew."""
    tables = " ".join(
        f'{edge}_constraint (checks) {{ values ("{v + 1:.3f}, {v + 11:.3f}", '
        f'"{v + 1:.3f}, {v + 11:.3f}"); }}'
        for edge, v in (("rise", rise), ("fall", fall))
    )
    return f'timing () {{ related_pin : "CK"; timing_type : {kind}; {tables} }}'


def pin_in(name: str, load: str = "capacitance : 2;", rest: str = "") -> str:
    """An input pin."""
    return f"pin ({name}) {{ direction : input; {load} {rest} }}"


def pin_out(name: str, function: str, *arcs: str) -> str:
    """An output pin."""
    text = f'function : "{function}";' if function else ""
    return f"pin ({name}) {{ direction : output; {text} {' '.join(arcs)} }}"


NEGATIVE = "timing_sense : negative_unate;"
EDGE = "timing_type : rising_edge; timing_sense : non_unate;"
LAUNCH = arc("CK", (100.0, 0.0, 2.0), (90.0, 0.0, 2.0), EDGE)
GATE_ARC = arc("CK", (50.0, 0.0, 1.0), (50.0, 0.0, 1.0), "timing_sense : positive_unate;")

LIBERTY = f"""
library (small) {{
  /* a comment {{ with a brace */
  delay_model : table_lookup; time_unit : "1ps"; voltage_unit : "1mV"; current_unit : "1uA";
  leakage_power_unit : 1pW
  capacitive_load_unit (1, ff); nom_voltage : 900; slew_lower_threshold_pct_rise : 30;
  slew_upper_threshold_pct_rise : 70; default_operating_conditions : typical;
  operating_conditions (typical) {{ voltage : 1.1; }}
  lu_table_template (delays) {{ variable_1 : input_net_transition;
    variable_2 : total_output_net_capacitance; index_1 ("10, 110"); index_2 ("1, 11"); }}
  lu_table_template (turned) {{ variable_1 : total_output_net_capacitance;
    variable_2 : input_net_transition; index_1 ("1, 11"); index_2 ("10, 60, 110"); }}
  lu_table_template (by_load) {{ variable_1 : total_output_net_capacitance; index_1 ("1 11"); }}
  lu_table_template (checks) {{ variable_1 : related_pin_transition;
    variable_2 : constrained_pin_transition; index_1 ("10, 110"); index_2 ("10, 110"); }}
  power_lut_template (energy) {{ variable_1 : input_transition_time; index_1 ("10, 110"); }}
  type (pair) {{ base_type : array; data_type : bit; bit_width : 2; bit_from : 1; bit_to : 0; }}
  cell (INV) {{ area : 1; cell_leakage_power : 5;
    leakage_power () {{ when : "A"; value : 3; related_pg_pin : VDD; }}
    {pin_in("A", "capacitance : 2; rise_capacitance : 2.5; fall_capacitance : 1.5;")}
    {pin_out("Y", "!A", arc("A", (20.0, 0.5, 3.0), (10.0, 0.25, 2.0), NEGATIVE))} }}
  cell (NAND2) {{ area : 2;
    {pin_in("A")} {pin_in("B")}
    {pin_out("Y", "!(A&B)", arc("A B", (25.0, 0.5, 3.0), (15.0, 0.25, 2.0), NEGATIVE))} }}
  cell (XOR2) {{ area : 4;
    {pin_in("A")} {pin_in("B")}
    {pin_out("Y", "A^B", arc("A B", (40.0, 0.0, 3.0), (60.0, 0.0, 2.0)))} }}
  cell (DFF) {{ area : 8; ff (IQ, IQN) {{ clocked_on : "CK"; next_state : "D"; }}
    {pin_in("D", rest=check("setup_rising", 30.0, 40.0) + check("hold_rising", 1.0, 1.0))}
    {pin_in("CK", rest="clock : true;")}
    {pin_out("Q", "IQ", LAUNCH)} }}
  cell (LATCH) {{ area : 6; latch (IQ, IQN) {{ enable : "CK"; data_in : "D"; }}
    {pin_in("D", rest=check("setup_falling", 30.0, 40.0))} {pin_in("CK", rest="clock : true;")}
    {pin_out("Q", "IQ", LAUNCH, arc("D", (70.0, 0.0, 2.0), (70.0, 0.0, 2.0)))} }}
  cell (GATE) {{ area : 7; clock_gating_integrated_cell : latch_posedge;
    pin (CK) {{ direction : input; capacitance : 2; clock : true; clock_gate_clock_pin : true; }}
    pin (E) {{ direction : input; capacitance : 2; clock_gate_enable_pin : true;
      {check("setup_rising", 35.0, 35.0)} }}
    pin (GCK) {{ direction : output; clock_gate_out_pin : true; state_function : "CK E";
      {GATE_ARC} }} }}
  cell (ODD) {{ area : 3;
    {pin_in("A", rest='internal_power () { when : "B"; power (energy) { values ("4, 8"); } }')}
    {pin_in("B")}
    pin (Y) {{ direction : output; function : "A B";
      timing () {{ related_pin : "A"; cell_rise (turned) {{
          values ("1, 2, 3", \\
                  "11, 12, 13"); }}
        cell_fall (by_load) {{ values ("5, 15"); }} rise_transition (scalar) {{ values ("7"); }} }}
      internal_power () {{ related_pin : "A"; related_pg_pin : VDD;
        rise_power (energy) {{ index_1 ("10, 210"); values ("1, 3"); }} }} }} }}
  cell (WIDE) {{ area : 9;
    bus (D) {{ bus_type : pair; direction : input; capacitance : 2;
      pin (D[1]) {{ capacitance : 3; }} }}
    bus (Q) {{ bus_type : pair; direction : output;
      timing () {{ related_pin : "D"; cell_rise (scalar) {{ values ("9"); }} }} }}
    bundle (P) {{ members (P0, P1); direction : input; capacitance : 4; }} }}
}}
"""


def small_library(folder: Path) -> tuple[CellLibrary, TimingLibrary]:
    """The library above, as synthesis and as timing reads it."""
    path = folder / "small.lib"
    path.write_text(LIBERTY)
    library = read_cell_library(path)
    return library, read_timing_library(library)


def netlist_of(folder: Path, ports: str, body: str) -> tuple[CellNetlist, TimingLibrary]:
    """A netlist of the small library; `ports` are declarations."""
    names = ", ".join(one.split()[-1] for one in ports.split(";") if one.strip())
    _, library = small_library(folder)
    return read_netlist(f"module top({names});\n{ports}\n{body}\nendmodule\n", library), library
