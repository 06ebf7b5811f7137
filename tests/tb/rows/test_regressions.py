# SPDX-License-Identifier: Apache-2.0
"""The cocotb benches of row units pass on good ones, in every simulator, with full coverage."""

import json
import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from helpers.simulators import check_simulators_agree, needs
from surmax.golden import (
    HCCS_PRESETS,
    SOFTERMAX_PRESETS,
    SOFTMAX_PRESETS,
    HccsConfig,
    SoftmaxConstants,
)
from surmax.golden.formats import FULL_SCALE
from surmax.golden.hccs.config import MANTISSA_BITS
from surmax.golden.sampling import random_constants
from surmax.rtl import HccsBuild, SoftermaxBuild, SoftmaxBuild
from surmax.tb.run.regression import run_benches

DIV, CLB = HCCS_PRESETS["div"], HCCS_PRESETS["clb"]
U8, PAPER = SOFTMAX_PRESETS["u8"], SOFTERMAX_PRESETS["paper"]
SMALL_SUM = HccsConfig(min_sum=1, rounding="nearest")


def fixed(config, heads, length):
    return tuple(random_constants(heads, config, length, np.random.default_rng(1)))


# Full regressions. Between them every number of heads, lanes and beats that is special.
BUILDS = {
    "div": HccsBuild(DIV, lanes=4, heads=3, max_length=16),
    "pipelined": HccsBuild(SMALL_SUM, lanes=2, heads=2, max_length=16, divider="pipelined"),
    "clb": HccsBuild(CLB, lanes=3, heads=1, max_length=15, adders="cells"),
    "one beat": HccsBuild(HCCS_PRESETS["clb16"], lanes=4, heads=2, max_length=4),
    "two beats": HccsBuild(HCCS_PRESETS["div16"], lanes=1, heads=4, max_length=2, dividers=2),
    "constant": HccsBuild(
        HCCS_PRESETS["fine16"],
        lanes=2,
        heads=2,
        max_length=20,
        storage="constant",
        dividers=3,
        divider_bits=2,
        constants=fixed(HCCS_PRESETS["fine16"], 2, 20),
    ),
    "axi": HccsBuild(DIV, lanes=4, heads=2, max_length=16, top="axi"),
    "axi, one head": HccsBuild(HCCS_PRESETS["clb16"], lanes=2, heads=1, max_length=4, top="axi"),
    "axi, constant": HccsBuild(
        HCCS_PRESETS["long"],
        lanes=1,
        heads=3,
        max_length=3,
        storage="constant",
        top="axi",
        constants=fixed(HCCS_PRESETS["long"], 3, 3),
    ),
    "softmax": SoftmaxBuild(U8, lanes=4, heads=3, max_length=16),
    "softmax flowing": SoftmaxBuild(SOFTMAX_PRESETS["i16"], lanes=2, max_length=6, divider_bits=16),
    "softmax constant": SoftmaxBuild(
        SOFTMAX_PRESETS["i16"],
        lanes=3,
        heads=2,
        max_length=3,
        storage="constant",
        constants=(SoftmaxConstants(9000), SoftmaxConstants(131071)),
    ),
    "softmax one": SoftmaxBuild(U8, lanes=1, max_length=1),
    "softmax axi": SoftmaxBuild(U8, lanes=4, heads=2, max_length=16, top="axi"),
    "softmax axi, constant": SoftmaxBuild(
        U8,
        lanes=1,
        max_length=3,
        storage="constant",
        top="axi",
        constants=(SoftmaxConstants(1000),),
    ),
    "softermax": SoftermaxBuild(PAPER, lanes=4, heads=3, max_length=16),
    "softermax u8": SoftermaxBuild(
        SOFTERMAX_PRESETS["u8"], lanes=3, heads=2, max_length=15, adders="cells"
    ),
    "softermax two": SoftermaxBuild(SOFTERMAX_PRESETS["i16"], lanes=1, heads=4, max_length=2),
    "softermax one": SoftermaxBuild(PAPER, lanes=2, max_length=2),
    "softermax axi": SoftermaxBuild(PAPER, lanes=4, heads=2, max_length=16, top="axi"),
}
IN_VERILATOR = ("div", "axi", "softmax", "softermax")
IN_THE_LONG_RUN = ("softmax axi", "softermax axi")
CASES = [("icarus", name) for name in BUILDS] + [("verilator", name) for name in IN_VERILATOR]
CASES += [pytest.param("verilator", name, marks=pytest.mark.soak) for name in IN_THE_LONG_RUN]


@pytest.mark.parametrize(("simulator", "name"), CASES)
def test_benches_pass(simulator, name, sim_folder):
    needs(simulator)
    build = BUILDS[name]
    result = run_benches(build, simulator, folder=sim_folder, beats=500)
    assert result.message is None
    assert all(test.passed for test in result.tests)
    names = {test.name for test in result.tests}
    assert {"reset_in_mid_row", "coverage"} < names
    loadable = getattr(build, "storage", "constant") == "loadable"
    assert ("load_in_mid_stream" in names) == (build.top == "stream" and loadable)
    assert result.coverage["full"]
    assert result.coverage["met"] == result.coverage["bins"]
    assert result.scores > 300


# HCCS: every other output, reciprocal and rounding in the short form; other parameters in turns.
HCCS = [build.config for build in BUILDS.values() if build.unit_name == "hccs"]
FULL = {(config.output, config.reciprocal, config.rounding) for config in HCCS}
FORMS = sorted(set(product(FULL_SCALE, MANTISSA_BITS, ("floor", "nearest"))) - FULL)
OTHERS = (
    {"lanes": 2, "max_length": 8},
    {"lanes": 1, "max_length": 5, "adders": "cells", "heads": 2},
    {"lanes": 3, "max_length": 6, "heads": 3},
    {"lanes": 2, "max_length": 2, "adders": "cells"},
)


@pytest.mark.parametrize(
    ("number", "form"), list(enumerate(FORMS)), ids=["-".join(f) for f in FORMS]
)
def test_every_form(number, form, sim_folder):
    needs("icarus")
    config = HccsConfig(*form, min_sum=1 if number % 3 == 0 else 256)
    result = run_benches(
        HccsBuild(config, **OTHERS[number % len(OTHERS)]),
        "icarus",
        folder=sim_folder,
        seeds=(number,),
        beats=250,
        tests="random_streams|adversarial|extreme|latency",
    )
    assert result.message is None
    assert len(result.tests) == 4


@pytest.mark.parametrize(
    ("simulator", "dividers", "bits"),
    [("icarus", 1, 1), ("icarus", 2, 2), ("icarus", 10, 1), ("verilator", 1, 1)],
)
def test_throughput_is_measured(simulator, dividers, bits, sim_folder):
    needs(simulator)
    build = HccsBuild(DIV, lanes=2, max_length=16, dividers=dividers, divider_bits=bits)
    result = run_benches(build, simulator, folder=sim_folder, tests="throughput")
    assert result.message is None
    assert [row["beats"] for row in result.throughput] == list(range(1, 9))
    for row in result.throughput:
        assert row["positions"] == 2 * row["beats"]
        assert row["cycles_per_row"] == row["stated"] == build.interval(row["beats"])
        assert row["latency"] == build.latency(row["beats"])
    # The divider is the limit of short rows only.
    assert result.throughput[0]["cycles_per_row"] > 1
    assert json.loads(json.dumps(result.to_json()))["throughput"] == list(result.throughput)


def test_simulators_see_the_same_rows(sim_folder):
    check_simulators_agree(BUILDS["div"], sim_folder)


def test_command_shows_latency_and_cycles(tmp_path):
    needs("icarus")
    options = [
        "--simulator",
        "icarus",
        "--lanes",
        "2",
        "--max-length",
        "4",
        "--tests",
        "throughput",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "surmax", "sim", "hccs", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["latency_and_throughput", "pass"] in [line[:2] for line in lines]
    assert ["beats", "a", "row", "latency", "cycles", "stated", "scores", "a", "cycle"] in lines
    build = HccsBuild(DIV, lanes=2, max_length=4)
    for beats in (1, 2):
        cycles = f"{build.interval(beats):.4g}"
        rate = f"{2 * beats / build.interval(beats):.3g}"
        assert [str(beats), str(build.latency(beats)), cycles, cycles, rate] in lines
