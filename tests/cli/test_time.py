# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import sys

import pytest
from surmax.golden import InputError
from surmax.synth import resolve_target


def surmax(*arguments, cwd):
    command = [sys.executable, "-m", "surmax", "time", "consmax", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=500
    )


def test_period_and_path(tmp_path):
    try:
        resolve_target("sky130")
    except InputError as error:
        pytest.skip(f"no sky130 library: {error}")
    options = ("--lanes", 1, "--stages", 2, "--engine", "own")
    done = surmax(*options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(surmax(*options, "--json", cwd=tmp_path).stdout)
    assert f"period {told['period_ns']:.3f} ns, {told['mhz']:.0f} MHz" in done.stdout
    path = told["paths"]["register to register"]
    assert path["ns"] == told["period_ns"] == pytest.approx(1000 / told["mhz"])
    assert path["start"].startswith("unit.")
    assert path["start"] in done.stdout
    arrivals = [point["arrival_ns"] for point in path["points"]]
    assert arrivals == sorted(arrivals)
    assert arrivals[-1] + path["setup_ns"] == pytest.approx(path["ns"])
    assert told["area_um2"] > 10000
    assert told["engine"] == "own"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--target", "ice40"), "a netlist needs a cell library"),
        (("--target", "generic"), "has no delay tables"),
        (("--engine", "best"), "one of auto, own, opensta is allowed"),
    ],
)
def test_bad_options(options, message, tmp_path):
    done = surmax("--lanes", 1, *options, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.strip().count("\n") <= 1
