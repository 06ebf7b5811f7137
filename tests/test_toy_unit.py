# SPDX-License-Identifier: Apache-2.0
"""A unit of another distribution gets the whole flow from the files of its own folder alone.

tests/toy holds the distribution `identity-unit` as pip would install it: a package with a module
for each layer, and an entry point in the group `surmax.units`.
"""

import json
import os
import subprocess
import sys

import pytest
from helpers.repository import ROOT

TOY = ROOT / "tests" / "toy"


@pytest.fixture
def surmax(workplace):
    """Run the command in a process of its own that sees the toy distribution; its output."""
    places = [str(TOY), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(places)}

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "surmax", *map(str, arguments)],
            cwd=workplace,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_elaborate(surmax, workplace):
    text = surmax("elaborate", "identity", "--lanes", 4, "-o", "verilog")
    assert "identity: 4 lanes" in text
    assert "module identity_stream(" in (workplace / "verilog" / "identity_stream.v").read_text()


@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
def test_sim(surmax, simulator):
    options = ("--simulator", simulator, "--lanes", 2, "--beats", 300, "--json")
    result = json.loads(surmax("sim", "identity", *options))
    assert result["passed"]
    assert result["coverage"]["full"]
    assert result["scores"] > 1000


def test_volume(surmax):
    result = json.loads(surmax("sim", "identity", "--lanes", 2, "--scores", "1e5", "--json"))
    assert (result["mismatches"], result["fault"], result["exhaustive"]) == (0, None, True)


def test_synth(surmax):
    result = json.loads(surmax("synth", "identity", "--lanes", 4, "--target", "generic", "--json"))
    assert result["cells"][0]["total"]["ge"] > 100


def test_report(surmax, workplace):
    options = ("--design", "identity", "--lanes", 4, "--length", 64, "--target", "generic")
    surmax("report", *options, "-o", "report")
    report = json.loads((workplace / "report" / "report.json").read_text())
    (row,) = report["measurements"]
    assert row["design"]["unit"] == "identity"
    assert row["area"]["total"]["ge"] > 100
    assert row["error"]["all"]["max_error"] > 0.1  # it is no softmax
    assert "identity" in (workplace / "report" / "report.md").read_text()
