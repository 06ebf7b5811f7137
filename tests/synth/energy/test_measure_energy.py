# SPDX-License-Identifier: Apache-2.0
"""Energy of whole units, and what is refused."""

import re

import numpy as np
import pytest
from surmax.golden import CONSMAX_PRESETS, HCCS_PRESETS, InputError
from surmax.rtl import ConsmaxBuild, HccsBuild, verilog
from surmax.synth import resolve_target, synthesise
from surmax.synth.energy import measure_energy as module
from surmax.synth.energy.circuit import simulated_netlist
from surmax.synth.energy.measure_energy import measure_energy
from surmax.synth.energy.parts import PARTS, ROW_STORAGE, TABLE_STORAGE, cell_parts
from surmax.synth.energy.result import Energy
from surmax.synth.energy.simulation import run_stimulus
from surmax.synth.energy.stimulus import make_stimulus
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.mapping.synthesise import kept_netlist
from surmax.synth.timing.netlist import read_netlist
from surmax.synth.timing.static import propagate

CONSMAX = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=1, adders="cells")
HCCS = HccsBuild(HCCS_PRESETS["clb"], lanes=2, max_length=8, adders="cells")


def mapped(build, target, cache):
    """The build as cells, as `surmax energy` makes them."""
    text, options = verilog(build), {"parts": build.parts, "transistors": False}
    return synthesise(text, build.top_module, target, cache=cache, **options)


@pytest.fixture(scope="module")
def consmax(sky130, cache):
    return mapped(CONSMAX, sky130, cache)


@pytest.fixture(scope="module")
def hccs(sky130, cache):
    return mapped(HCCS, sky130, cache)


def measure(result, target, stimulus, cache, **more):
    options = {"period_ns": 20.0, "engine": "own"} | more
    return measure_energy(result, target, stimulus, cache=cache, **options)


def test_a_unit_without_row_storage(consmax, sky130, cache):
    stimulus = make_stimulus(CONSMAX, "recorded", length=64, cycles=100)
    found = measure(consmax, sky130, stimulus, cache)
    assert (found.cycles, found.scores) == (128, 128)
    assert tuple(found.parts) == PARTS
    assert found.pj_per_score == pytest.approx(sum(found.by_part().values()))
    assert found.pj_per_score == pytest.approx(sum(found.by_kind().values()))
    assert found.parts["row storage"] == {"internal": 0.0, "switching": 0.0, "leakage": 0.0}
    # its clock rests, and so do its words
    table = found.parts["table storage"]
    assert table["internal"] == table["switching"] == 0.0
    assert 0 < table["leakage"] < 0.001
    assert 2 < found.pj_per_score < 10
    assert Energy.from_json(found.to_json()) == found


def test_a_unit_with_row_storage(hccs, sky130, cache):
    stimulus = make_stimulus(HCCS, "random", length=8, cycles=100)
    found = measure(hccs, sky130, stimulus, cache)
    assert found.scores == 2 * found.cycles
    assert found.parts["row storage"]["internal"] > 0
    assert found.clocks_pj["row storage"] > 0
    assert sum(found.clocks_pj.values()) == pytest.approx(found.by_part()["clock pins"])


def test_parts_have_the_flip_flops_that_they_have_alone(hccs, sky130, cache):
    library = read_timing_library(sky130.library, cache)
    simulated = simulated_netlist(read_netlist(kept_netlist(hccs, cache), library), library)
    parts = cell_parts(simulated, hccs.parts)
    for title, name in (("row storage", ROW_STORAGE), ("constant storage", TABLE_STORAGE)):
        mine = np.flatnonzero(parts == PARTS.index(name))
        count = sum(simulated.behaviours[cell].kind == "state" for cell in mine)
        cells = hccs.parts[title].cells
        alone = sum(n for kind, n in cells.items() if re.search("_e?dfxtp_", kind))
        # bits that nobody reads are left out of the whole
        assert 0.95 * alone <= count <= alone
        area = sum(simulated.behaviours[cell].cell.area for cell in mine)
        assert area == pytest.approx(hccs.parts[title].area_um2, rel=0.06)


def test_stored_words_rest(consmax, sky130, cache):
    library = read_timing_library(sky130.library, cache)
    netlist = read_netlist(kept_netlist(consmax, cache), library)
    simulated = simulated_netlist(netlist, library)
    delays = propagate(netlist, library)
    stimulus = make_stimulus(CONSMAX, "random", length=64, cycles=64)
    given = {"period_ns": 20.0, "slews": delays.slews, "loads": delays.loads}
    activity = run_stimulus(simulated, stimulus, **given)
    words = [n for n, name in enumerate(netlist.net_names) if name.startswith("unit.storage.head")]
    assert len(words) > 300
    assert not activity.rises[words].any()
    assert not activity.falls[words].any()
    assert 0.1 < activity.high[words].mean() < 0.9
    assert activity.rises[netlist.outputs["m_codes"]].any()


def test_it_is_kept(consmax, sky130, cache, monkeypatch):
    stimulus = make_stimulus(CONSMAX, "random", length=64, cycles=64)
    first = measure(consmax, sky130, stimulus, cache)
    monkeypatch.setattr(module, "run_stimulus", None)
    assert measure(consmax, sky130, stimulus, cache) == first
    with pytest.raises(TypeError):
        measure(consmax, sky130, stimulus, cache, period_ns=21.0)


def test_a_wrong_netlist_has_no_energy(consmax, sky130, cache, tmp_path, monkeypatch):
    text = kept_netlist(consmax, cache)
    text = text.replace("sky130_fd_sc_hd__xnor2_1 ", "sky130_fd_sc_hd__nand2_1 ", 1)
    module = "surmax.synth.energy.measure_energy"
    monkeypatch.setattr(f"{module}.kept_netlist", lambda result, cache: text)
    stimulus = make_stimulus(CONSMAX, "random", length=64, cycles=64)
    with pytest.raises(
        InputError, match=r"of 192 beats came, beat .* is wrong; the netlist is not the unit's"
    ):
        measure(consmax, sky130, stimulus, tmp_path)


def test_an_edited_figure_is_measured_again(consmax, sky130, cache, capsys):
    stimulus = make_stimulus(CONSMAX, "random", length=64, cycles=64)
    before = set(cache.glob("energy-*.json"))
    first = measure(consmax, sky130, stimulus, cache, period_ns=22.0)
    (path,) = set(cache.glob("energy-*.json")) - before
    path.write_text(path.read_text().replace(str(first.scores), str(first.scores + 1)))
    assert measure(consmax, sky130, stimulus, cache, period_ns=22.0) == first
    assert "was changed after it was written" in capsys.readouterr().err


def test_a_period_that_is_too_short(consmax, sky130, cache):
    stimulus = make_stimulus(CONSMAX, "random", length=64, cycles=64)
    with pytest.raises(InputError, match="the period is shorter than its delays"):
        measure(consmax, sky130, stimulus, cache, period_ns=1.0)


def test_another_unit_is_refused(hccs, sky130, cache):
    stimulus = make_stimulus(CONSMAX, "random", length=64, cycles=64)
    with pytest.raises(
        InputError, match="must have the ports of hccs_stream: load_B is in one only"
    ):
        measure(hccs, sky130, stimulus, cache)


def test_a_library_without_tables(cache):
    generic = resolve_target("generic")
    text = "module top (input a, output b); assign b = ~a; endmodule"
    result = synthesise(text, "top", generic, cache=cache)
    stimulus = make_stimulus(CONSMAX, "random", length=64, cycles=64)
    with pytest.raises(InputError, match="has no delay tables"):
        measure(result, generic, stimulus, cache)
    with pytest.raises(InputError, match=r"engine must be .*, not 'best'"):
        measure(result, generic, stimulus, cache, engine="best")


def test_what_a_stimulus_is():
    stimulus = make_stimulus(HCCS, "random", length=8, cycles=10)
    ports = stimulus.ports
    assert set(ports) == {name for name, way, _ in HCCS.ports() if way == "input"} - {"clk"}
    # reset, one write, rows of four beats, rest
    assert ports["rst"][:, 0].tolist() == [1, 1] + [0] * (len(stimulus.waits) - 2)
    assert ports["load_valid"].sum() == 1
    sent = np.flatnonzero(stimulus.waits)
    assert sent.tolist() == list(range(3, 3 + len(stimulus.expected)))
    assert stimulus.begin >= 3 + HCCS.latency(4)
    assert stimulus.end - stimulus.begin == 12
    scores = np.packbits(ports["s_scores"][sent], axis=1, bitorder="little").view(np.int8)
    rows = np.random.default_rng((1, 8)).integers(-128, 128, (64, 8))
    assert (scores.reshape(-1, 8) == rows[: len(sent) // 4]).all()
    assert ports["s_last"][sent, 0].tolist() == [0, 0, 0, 1] * (len(sent) // 4)
    assert (ports["s_scores"][-1] == ports["s_scores"][-2]).all()


def test_digests_of_stimuli():
    one, same, other = (
        make_stimulus(CONSMAX, "random", length=64, cycles=n).digest for n in (10, 10, 100)
    )
    assert one == same != other


REFUSED = [
    (CONSMAX, {"kind": "made up"}, "stimulus must be one of recorded, random"),
    (CONSMAX, {"length": 128, "kind": "recorded"}, "length must be one of 64, 256"),
    (CONSMAX, {"head": 99, "kind": "recorded"}, "not 99"),
    (CONSMAX, {"cycles": 0}, "not 0"),
    (HCCS, {"length": 9}, "length is 9"),
    (HCCS, {"length": 64}, "length is 64"),
    (ConsmaxBuild(CONSMAX_PRESETS["mixed"], lanes=2), {}, "16-bit scores: a stream top"),
    (
        ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2, top="axi"),
        {},
        "a stream top with 8-bit scores",
    ),
]


@pytest.mark.parametrize(("build", "options", "reason"), REFUSED)
def test_what_is_no_stimulus(build, options, reason):
    with pytest.raises(InputError, match=reason):
        make_stimulus(build, **({"kind": "random", "length": 64} | options))
