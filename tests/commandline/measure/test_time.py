# SPDX-License-Identifier: Apache-2.0
import json

import pytest
from surmax.synth.timing.opensta import find_opensta


def test_period_and_path(surmax, sky130, workplace):
    options = ("time", "consmax", "--lanes", 1, "--engine", "own")
    done = surmax(*options)
    told = json.loads(surmax(*options, "--json").stdout)
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
        (("--engine", "best"), "'--engine': 'best' is not one of 'auto', 'own', 'opensta'"),
    ],
)
def test_bad_options(options, message, surmax):
    done = surmax("time", "consmax", "--lanes", 1, *options, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.strip().count("\n") <= 1


@pytest.mark.skipif(find_opensta() is None, reason="no program sta (OpenSTA) is on the PATH")
def test_opensta_is_taken_where_it_is_installed(surmax, sky130, workplace):
    options = ("time", "consmax", "--lanes", 1, "--json")
    told = json.loads(surmax(*options).stdout)
    own = json.loads(surmax(*options, "--engine", "own").stdout)
    assert told["engine"] == str(find_opensta())
    assert told["period_ns"] == pytest.approx(own["period_ns"], abs=1e-4)
