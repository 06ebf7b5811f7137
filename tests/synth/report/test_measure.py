# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import replace

import pytest
from surmax.golden import InputError
from surmax.synth.mapping.generic import GENERIC_LIBERTY
from surmax.synth.pnr.route import PnrResult
from surmax.synth.report import measure as module
from surmax.synth.report.designs import Design
from surmax.synth.report.matrix import derive, energy_parts
from surmax.synth.report.measure import CLOCK_NS, file_sha256, measure, measure_error

ONE = Design("ConSmax", "consmax", "small", 1, 64)


@pytest.fixture(scope="module")
def on_sky130(sky130, cache):
    return measure(ONE.to_json(), "sky130", cache=str(cache))


def test_every_stage_is_in_the_measurement(on_sky130):
    assert json.loads(json.dumps(on_sky130)) == on_sky130
    area = on_sky130["area"]
    assert area["total"]["ge"] == pytest.approx(
        area["logic"]["ge"] + area["parts"]["table storage"]["ge"]
    )
    assert on_sky130["design"]["scores_per_cycle"] == 1.0
    assert on_sky130["design"]["config"]["mantissa_bits"] == 10
    assert 2 < on_sky130["timing"]["period_ns"] < CLOCK_NS
    assert on_sky130["error"]["all"]["rows"] == 896
    assert on_sky130["fpga"] is None
    assert set(on_sky130["versions"]) == {"surmax", "yosys", "timing"}


def test_energy_is_the_mean_over_heads(on_sky130):
    recorded, random = (on_sky130["energy"][kind] for kind in ("recorded", "random"))
    assert len(set(recorded["by_head"])) == 3
    assert recorded["pj_per_score"] == pytest.approx(sum(recorded["by_head"]) / 3)
    assert random["by_head"] == [random["pj_per_score"]]
    assert recorded["period_ns"] == CLOCK_NS
    assert sum(energy_parts(on_sky130).values()) == pytest.approx(recorded["pj_per_score"])
    clock_pins = sum(recorded["parts"]["clock pins"].values())
    assert sum(recorded["clocks_pj"].values()) == pytest.approx(clock_pins)
    found = derive(on_sky130)
    assert 0 < found["storage_pj"] < found["pj"] / 2


def test_a_clock_that_is_too_fast_gives_way_to_the_longest_path(on_sky130, cache):
    fast = measure(ONE.to_json(), "sky130", cache=str(cache), clock_ns=0.5)
    longest = max(path["ns"] for path in fast["timing"]["paths"].values())
    assert fast["energy"]["random"]["period_ns"] == longest


def test_the_commands_name_everything(on_sky130):
    synth, time, *energy = on_sky130["commands"]
    options = "consmax --preset small --lanes 1 --target sky130"
    assert synth == f"surmax synth {options}"
    assert time == f"surmax time {options}"
    assert energy[0] == f"surmax energy {options} --length 64 --period 40 --head 0"
    sized = module.commands(replace(ONE, sized_for=3.0), "sky130", 40.0)
    assert sized[0] == f"surmax time {options} --sized-for 3"
    clb = Design("HCCS", "hccs", "clb", 4, 64, {"min_sum": 64}, {"heads": 2})
    assert module.commands(clb, "generic") == [
        "surmax synth hccs --preset clb --lanes 4 --max-length 64 --min-sum 64 --heads 2 "
        "--target generic"
    ]


def test_an_fpga_is_routed_with_the_seeds_that_are_asked_for(cache, monkeypatch):
    def place_and_route(text, top, family, *, cache, seeds):
        rates = tuple(50.0 + seed for seed in seeds)
        return PnrResult(top, family, "", ("y", "n 1"), "", tuple(seeds), rates, {}, {}, {}, 0)

    monkeypatch.setattr(module, "place_and_route", place_and_route)
    found = measure(ONE.to_json(), "ecp5", cache=str(cache), seeds=(1, 5, 2))
    assert found["fpga"]["fmax_mhz"] == [51.0, 55.0, 52.0]
    assert found["fpga"]["fmax_median"] == 52.0
    assert found["energy"] is None
    assert found["timing"] is None
    assert found["area"]["total"]["lut"] > 50
    assert found["versions"]["place and route"] == "n 1"


def test_the_error_needs_recorded_rows():
    assert measure_error(ONE.to_json())["all"]["rows"] == 896
    assert measure_error(replace(ONE, length=128).to_json()) is None


def test_a_library_is_known_by_its_content(tmp_path, cache):
    path = tmp_path / "my.lib"
    path.write_text(GENERIC_LIBERTY.read_text())
    target = f"liberty:{path}"
    digest = file_sha256(target)
    assert len(digest) == 64
    path.write_text(path.read_text() + "\n")
    with pytest.raises(InputError, match="must be the same file as when the run began"):
        measure(ONE.to_json(), target, cache=str(cache), library_sha256=digest)
    with pytest.raises(InputError, match=r"Liberty file .*none\.lib: No such file"):
        file_sha256(f"liberty:{tmp_path / 'none.lib'}")
    assert file_sha256("generic") is None
