# SPDX-License-Identifier: Apache-2.0
"""The wheel, installed in a fresh environment, does its work far from the tree."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from helpers.distribution import (
    clean_environment,
    lend_packages,
    make_environment,
    pip_install,
    wheel_of,
)
from helpers.repository import ROOT
from surmax.tb.run.simulators import available

import surmax


@pytest.fixture(scope="module")
def command(distribution, tmp_path_factory):
    """Run the installed `surmax` outside the tree; the third-party packages are lent."""
    folder = tmp_path_factory.mktemp("installed")
    python = make_environment(folder / "environment")
    done = pip_install(python, "--no-deps", "--no-index", wheel_of(distribution))
    assert done.returncode == 0, done.stderr
    lend_packages(python)
    (folder / "work").mkdir()

    def run(*arguments):
        done = subprocess.run(
            [python.with_name("surmax"), *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder / "work",
            env=clean_environment(),
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    run.python, run.folder = python, folder / "work"
    return run


def test_nothing_comes_from_the_tree(command):
    ask = (
        "import surmax.aie, surmax.calibrate, surmax.golden, surmax.rtl, surmax.synth, surmax.tb, "
        "surmax.train, sys; print(*(m.__file__ for n, m in sys.modules.items() if "
        "n.split('.')[0] == 'surmax'), sep='\\n')"
    )
    done = subprocess.run(
        [command.python, "-c", ask],
        capture_output=True,
        text=True,
        check=True,
        cwd=command.folder,
        env=clean_environment(),
    )
    places = done.stdout.split()
    assert len(places) > 20
    assert not [place for place in places if place.startswith(f"{ROOT}/")]


def test_elaborate_and_simulate(command):
    command("elaborate", "consmax", "--lanes", 2, "-o", "verilog")
    sidecar = json.loads((command.folder / "verilog" / "consmax_stream.json").read_text())
    assert "module consmax_stream" in (command.folder / "verilog" / "consmax_stream.v").read_text()
    assert sidecar["versions"]["surmax"] == surmax.__version__
    simulators = available()
    if not simulators:
        pytest.skip("no simulator is installed")
    command("sim", "consmax", "--lanes", 1, "--simulator", simulators[0], "--beats", 400)
    # The compiled volume run reads C++ from the wheel.
    command("sim", "hccs", "--lanes", 1, "--scores", "1e4")


def test_synthesise(command):
    text = command("synth", "consmax", "--lanes", 1, "--target", "generic")
    assert "generic" in text


def test_calibrate_from_scores(command):
    rng = np.random.default_rng(1)
    scores = rng.integers(-128, 128, (2, 40, 16)).astype(np.int8)
    np.savez(command.folder / "scores.npz", scores=scores, scale=np.array([0.05, 0.1]))
    command("calibrate", "--scores", "scores.npz", "--unit", "hccs", "-o", "heads.json")
    assert len(json.loads((command.folder / "heads.json").read_text())["heads"]) == 2


@pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="no C++ compiler")
def test_aie_check(command):
    text = command("aie", "check", "--rows", 100, "--arch", "aie-ml", "--form", "u8-div-floor-15")
    assert "100" in text
