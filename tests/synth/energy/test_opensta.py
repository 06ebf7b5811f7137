# SPDX-License-Identifier: Apache-2.0
"""Power by the OpenSTA engine, against a program of that name that checks what it is given.

The report has the form of OpenSTA 3.1 (`report_power -format json`, watts).
"""

import json

import pytest
from helpers.energy_samples import LIBERTY, NO_WIRE, NO_WORLD, activity_of, build, run
from helpers.opensta_stub import stub_maker
from surmax.common.errors import InputError, MissingToolError, ToolError
from surmax.golden import CONSMAX_PRESETS
from surmax.rtl import ConsmaxBuild, verilog
from surmax.synth import synthesise
from surmax.synth.energy.measure_energy import measure_energy
from surmax.synth.energy.opensta import choose_opensta, opensta_power
from surmax.synth.energy.power import cell_energy
from surmax.synth.energy.stimulus import make_stimulus
from surmax.synth.timing.static import propagate

PORTS = "input clk; input e; output q;"
BODY = "wire g; GATE a (.CK(clk), .E(e), .GCK(g)); DFF x (.CK(g), .D(e), .Q(q));"
STEPS = [{"e": e} for e in (1, 0, 1, 0, 0)]
STUB = """#!{python}
import json, pathlib, re, sys
if sys.argv[1:] == ["-version"]:
    print("{version}")
    raise SystemExit
script = pathlib.Path("run.tcl").read_text()
verilog = pathlib.Path("netlist.v").read_text()
activity = pathlib.Path("activity.saif").read_text()
places = [script.index(one) for one in ("create_clock", "read_saif -scope", "report_power")]
assert places == sorted(places)
assert activity.count("(") == activity.count(")")
duration = int(re.search("DURATION ([0-9]+)", activity)[1])
period = float(re.search("create_clock -name clk -period ([0-9.]+) .get_ports", script)[1])
assert period < 100 and duration % round(1000 * period) == 0
{body}
"""


@pytest.fixture
def stub(tmp_path, monkeypatch):
    """Make a program `sta` of a body, the only one on the PATH."""
    return stub_maker(STUB, tmp_path, monkeypatch)


def measure(folder):
    simulated = build(folder, PORTS, BODY)
    counts, _ = run(simulated, 2.0, STEPS)
    delays = propagate(simulated.netlist, simulated.library, wire=NO_WIRE, boundary=NO_WORLD)
    activity = activity_of(simulated, counts, 2.0)
    own = cell_energy(simulated, activity, delays.slews, delays.loads)
    found = opensta_power(simulated, activity, own, LIBERTY, wire=NO_WIRE, boundary=NO_WORLD)
    return simulated, own, *found


def test_a_report_as_it_is_read(stub, tmp_path):
    rows = [
        {"name": "c1", "internal": 2e-6, "switching": 0.0, "leakage": 3e-9, "total": 0.0},
        {"name": "c0", "internal": 4e-6, "switching": 1e-6, "leakage": 0.0, "total": 0.0},
    ]
    # net 2 is clk, 3 e: 8 ns counted, e is 1 for 2 ns less the tick that inputs come later
    stub(
        f"""
assert "read_saif -scope top activity.saif" in script
assert period == 2.0
assert "(DURATION 8000)" in activity and "(TIMESCALE 1 ps)" in activity
assert re.search(r"^.n3 .T0 (5999|6000). .T1 200[01]. .TX 0. .TC 3. .IG 0..$", activity, re.M)
assert re.search(r"INSTANCE c1 .NET\\n.D .*\\n.CK .T0 6000. .*TC 4.", activity)
print("Annotated 7 pin activities.")
print(json.dumps({rows!r}))
"""
    )
    simulated, own, name, energy = measure(tmp_path)
    assert name == "OpenSTA 3.1.0"
    # W over 8 ns in pJ; the gate's all is its clock's, the flip-flop's in our proportions
    assert energy.clock_internal[0] == pytest.approx(4e-6 * 8e3)
    assert energy.internal[0] == 0.0
    both = own.internal[1] + own.clock_internal[1]
    assert energy.internal[1] == pytest.approx(2e-6 * 8e3 * own.internal[1] / both)
    assert energy.internal[1] + energy.clock_internal[1] == pytest.approx(2e-6 * 8e3)
    assert energy.leakage == pytest.approx([0.0, 3e-9 * 8e3])
    nets = simulated.netlist.net_names
    assert energy.switching[nets.index("g")] == pytest.approx(1e-6 * 8e3)
    # what comes in by ports is not among its cells
    assert energy.switching[nets.index("e")] == own.switching[nets.index("e")] > 0


FAILURES = {
    "an error": ("print('Error: run.tcl line 3, no such file')", "sta failed: Error: run.tcl"),
    "no JSON": ("print('nothing')", "OpenSTA printed no power of all 2 cells"),
    "a cell is missing": (
        f"print('''{json.dumps([{'name': 'c0', 'internal': 1, 'switching': 1, 'leakage': 1}])}''')",
        "OpenSTA printed no power of all 2 cells: 1",
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_what_goes_wrong(case, stub, tmp_path):
    body, reason = FAILURES[case]
    stub(body)
    with pytest.raises(ToolError, match=reason):
        measure(tmp_path)


def test_without_the_program(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="no program sta is on the PATH"):
        measure(tmp_path)
    assert choose_opensta("auto") == choose_opensta("own") == (None, "")


@pytest.mark.parametrize("version", ["2.0.17", "2.6.0"])
def test_a_program_that_is_too_old(version, stub, tmp_path):
    stub("raise SystemExit('it was run')", version)
    message = f"OpenSTA must be 3.0 or newer for power, not {version}"
    with pytest.raises(MissingToolError, match=message):
        measure(tmp_path)
    with pytest.raises(MissingToolError, match=message):
        choose_opensta("opensta")
    assert choose_opensta("auto") == (None, message)
    assert choose_opensta("own") == (None, "")


def test_which_program_is_taken(stub):
    stub("")
    assert str(choose_opensta("auto")[0]) == str(choose_opensta("opensta")[0]) == "OpenSTA 3.1.0"
    assert choose_opensta("own") == (None, "")
    with pytest.raises(InputError, match="one of auto, own, opensta"):
        choose_opensta("best")


def test_a_unit_by_the_program_on_the_path(stub, sky130, cache):
    unit = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=1, adders="cells")
    options = {"parts": unit.parts, "transistors": False}
    result = synthesise(verilog(unit), unit.top_module, sky130, cache=cache, **options)
    stimulus = make_stimulus(unit, "random", length=64, cycles=64)
    stub(
        """
cells = re.findall(r" (c\\d+) \\(", verilog)
row = {"internal": 1e-9, "switching": 1e-9, "leakage": 1e-9}
print(json.dumps([{"name": name} | row for name in cells]))
"""
    )
    found = measure_energy(result, sky130, stimulus, period_ns=20.0, cache=cache)
    assert found.engine == "OpenSTA 3.1.0"
    cells = sum(result.total.cells.values())
    assert found.by_kind()["leakage"] == pytest.approx(cells * 1e-9 * 20 * 1e3)
    own = measure_energy(result, sky130, stimulus, period_ns=20.0, cache=cache, engine="own")
    assert own.engine == "own"
    assert own.inputs_pj == found.inputs_pj


# pJ a score of consmax small, 1 lane, rows of 64 recorded scores, 300 cycles, with and without
# clock gates: from OpenSTA 3.1.0 with the clock's real period, and from our engine. With a clock of
# 1000 ns in its script OpenSTA leaves most of the clock pins' power out: 5.26 and 7.95 pJ.
RECORDED = {True: (6.21, 6.186), False: (24.56, 24.543)}


@pytest.mark.parametrize("clock_gating", [True, False])
def test_our_energy_against_the_recorded_one_of_opensta(clock_gating, sky130, cache):
    unit = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=1, adders="cells")
    options = {"parts": unit.parts, "transistors": False, "clock_gating": clock_gating}
    result = synthesise(verilog(unit), unit.top_module, sky130, cache=cache, **options)
    stimulus = make_stimulus(unit, "recorded", length=64, cycles=300)
    period_ns = 7.48 if clock_gating else 7.68
    own = measure_energy(
        result, sky130, stimulus, period_ns=period_ns, cache=cache, engine="own"
    ).pj_per_score
    opensta, expected = RECORDED[clock_gating]
    assert own == pytest.approx(expected, abs=0.0005)
    assert own == pytest.approx(opensta, rel=0.004)
