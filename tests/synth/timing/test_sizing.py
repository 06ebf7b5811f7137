# SPDX-License-Identifier: Apache-2.0
import re

import pytest
from helpers.synth_samples import UNIT
from helpers.timing_samples import LIBERTY, NEGATIVE, arc, pin_in, pin_out
from surmax.synth import synthesise
from surmax.synth.liberty.cell_library import read_cell_library
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.mapping.synthesise import kept_netlist
from surmax.synth.timing.loads import Boundary, WireLoad
from surmax.synth.timing.netlist import read_netlist
from surmax.synth.timing.sizing import rename_cells, resize
from surmax.synth.timing.static import static_timing
from surmax.synth.timing.time_design import time_design

# An inverter of twice the size: half the delay for each fF, twice the input; and one that is larger
# than the first and no better, which must not be in the way.
LARGE = f"""
  cell (INVX) {{ area : 1.2;
    {pin_in("A", "capacitance : 3;")}
    {pin_out("Y", "!A", arc("A", (20.0, 0.5, 3.0), (10.0, 0.25, 2.0), NEGATIVE))} }}
  cell (INV2) {{ area : 1.5;
    {pin_in("A", "capacitance : 4; rise_capacitance : 5; fall_capacitance : 3;")}
    {pin_out("Y", "!A", arc("A", (20.0, 0.5, 1.5), (10.0, 0.25, 1.0), NEGATIVE))} }}
"""
TEXT = """module top(d, y);
input d;
output y;
wire a;
  INV i (.A(d), .Y(a));
  INV \\j.k  (
    .A(a), .Y(y));
endmodule
"""
QUIET = Boundary(input_slew_ns=0.020, output_load_pf=0.020)


@pytest.fixture
def library(tmp_path):
    path = tmp_path / "sized.lib"
    path.write_text(LIBERTY[: LIBERTY.rindex("}")] + LARGE + "}")
    return read_timing_library(read_cell_library(path))


def test_the_cell_that_pays_is_exchanged(library):
    """y has 20 fF: the second inverter saves 30 ps rising; at its input 2 to 2.5 fF cost 2 * 1.5.

    The first would save 3 ps at most, and costs nothing, being behind an input: it comes next.
      d falls with slew 20: a rises at 20 + 10 + 1.5 * 5 = 37.5, slew 10 + 4 * 5 = 30 by rise;
      y falls at 37.5 + 10 + 30 / 4 + 1.0 * 20 = 75.
      d rises: a falls at 10 + 5 + 1.0 * 3 = 18, slew 22; y rises at 18 + 20 + 11 + 1.5 * 20 = 79.
    """
    netlist = read_netlist(TEXT, library)
    before = static_timing(netlist, library, wire=WireLoad(0.0), boundary=QUIET)
    # a falls at 10 + 5 + 2 * 1.5 = 18 with slew 16; y rises at 18 + 20 + 8 + 3 * 20 = 106
    assert before.paths["input to output"].ns == pytest.approx(0.106)
    sized, longest = resize(netlist, library, 0.001, wire=WireLoad(0.0), boundary=QUIET)
    assert [library.cells[kind].name for kind in sized.cell_kinds] == ["INV2", "INV2"]
    assert longest == pytest.approx(0.079)
    after = static_timing(sized, library, wire=WireLoad(0.0), boundary=QUIET)
    assert after.paths["input to output"].ns == pytest.approx(0.079)
    text = rename_cells(TEXT, sized, library)
    assert text == TEXT.replace("INV ", "INV2 ")
    assert (read_netlist(text, library).cell_kinds == sized.cell_kinds).all()


def test_what_is_fast_enough_stays(library):
    netlist = read_netlist(TEXT, library)
    sized, longest = resize(netlist, library, 0.107, wire=WireLoad(0.0), boundary=QUIET)
    assert sized is netlist
    assert longest == pytest.approx(0.106)


def test_a_unit_for_a_period(sky130, cache):
    library = read_timing_library(sky130.library, cache)
    worst, areas = [], []
    for wanted in (None, 2.9):
        result = synthesise(UNIT, "unit", sky130, cache=cache, period_ns=wanted)
        timing = time_design(result, sky130, cache=cache, engine="own")
        worst.append(max(path.ns for path in timing.paths.values()))
        areas.append(result.total.area_um2)
        netlist = read_netlist(kept_netlist(result, cache), library)
        cells = (library.cells[kind] for kind in netlist.cell_kinds)
        assert sum(cell.area for cell in cells) == pytest.approx(areas[-1])
    assert worst[1] <= 2.9 < worst[0]
    assert areas[0] < areas[1]
    assert re.fullmatch(r"gates, .*, sized", result.recipe)
