# SPDX-License-Identifier: Apache-2.0
"""The cocotb benches pass on good units, in every simulator, with the coverage full."""

import json

import pytest
from helpers.simulators import check_simulators_agree, needs
from surmax.golden import CONSMAX_PRESETS, InputError, solve_tables
from surmax.rtl import ConsmaxBuild
from surmax.tb.core.plan import make_plan
from surmax.tb.run.regression import run_benches
from surmax.tb.run.simulators import SIMULATORS

HEADS = ({"scale": 0.05, "beta": 2.0, "gamma": 3.0}, {"scale": 0.03, "beta": 1.0, "gamma": 90.0})


def fixed(preset):
    config = CONSMAX_PRESETS[preset]
    return tuple(solve_tables(config.narrow, **head) for head in HEADS)


BUILDS = {
    "small": ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=4, heads=3),
    "constant": ConsmaxBuild(
        CONSMAX_PRESETS["paper"],
        lanes=3,
        heads=2,
        storage="constant",
        stages=2,
        tables=fixed("paper"),
    ),
    "precise": ConsmaxBuild(CONSMAX_PRESETS["precise"], lanes=2, heads=1, stages=3),
    "mixed": ConsmaxBuild(CONSMAX_PRESETS["mixed"], lanes=2, heads=2, stages=2),
    "axi": ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=4, heads=2, stages=2, top="axi"),
    "axi-mixed": ConsmaxBuild(CONSMAX_PRESETS["mixed"], lanes=4, heads=3, top="axi"),
}


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("name", BUILDS)
def test_benches_pass(name, simulator, sim_folder):
    needs(simulator)
    build = BUILDS[name]
    lines = []
    result = run_benches(
        build, simulator, folder=sim_folder, beats=1500, exhaustive=False, progress=lines.append
    )
    assert result.message is None
    assert result.passed
    assert {test.name for test in result.tests} >= {
        "random_streams/seed=1" if build.top == "stream" else "random_frames/seed=2",
        "all_codes_in_every_lane",
        "reset_in_mid_row",
    }
    assert all(test.passed for test in result.tests)
    assert result.scores > 2000
    assert result.coverage["full"]
    assert result.coverage["met"] == result.coverage["bins"]
    assert result.coverage["bins"] > (1024 if build.top == "stream" else 256)
    assert lines[0] == f"{simulator}: compiling"
    assert len(lines) == 1 + len(result.tests)
    again = json.loads(json.dumps(result.to_json()))
    assert again["passed"] is True
    assert again["scores_per_second"] == pytest.approx(result.rate)


def test_all_wide_scores_through_every_pair(sim_folder):
    needs("verilator")
    result = run_benches(BUILDS["mixed"], "verilator", folder=sim_folder, tests="all_wide_scores")
    assert result.passed, result.message
    assert [test.scores for test in result.tests] == [65536]


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_second_run_does_not_compile(simulator, sim_folder):
    needs(simulator)
    results = [
        run_benches(BUILDS["small"], simulator, folder=sim_folder, beats=60, tests="latency")
        for _ in range(2)
    ]
    assert all(result.passed for result in results)
    assert results[1].cached
    assert results[1].compile_seconds == 0.0


@pytest.mark.parametrize(("simulator", "ending"), [("icarus", ".fst"), ("verilator", ".vcd")])
def test_waves_on_request(simulator, ending, sim_folder):
    needs(simulator)
    result = run_benches(BUILDS["small"], simulator, folder=sim_folder, tests="latency", wave=True)
    assert result.passed
    assert result.wave.endswith(ending)
    with open(result.wave, "rb") as file:
        assert len(file.read()) > 1000


def test_simulators_see_the_same_streams(sim_folder):
    check_simulators_agree(BUILDS["small"], sim_folder)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": ()}, "seeds must be at least one seed, not empty"),
        ({"seeds": (-1,)}, "seed must be 0 to 4294967295"),
        ({"seeds": (1, 1)}, "only once"),
        ({"beats": 0}, "beats must be 1 to"),
        ({"beats": 1.5}, "beats must be an integer"),
    ],
)
def test_bad_plans_are_refused(options, message):
    good = {"seeds": (1,), "beats": 10, "exhaustive": False}
    with pytest.raises(InputError, match=message):
        make_plan(BUILDS["small"], **(good | options))
