# SPDX-License-Identifier: Apache-2.0
import json
import os

import pytest


def test_with_and_without_clock_gates(surmax, sky130, workplace):
    options = ("energy", "consmax", "--lanes", 1, "--engine", "own", "--cycles", 64)
    options += ("--stimulus", "random")
    done = surmax(*options)
    told = json.loads(surmax(*options, "--json").stdout)
    gated, free = told
    assert (gated["clock_gating"], free["clock_gating"]) == (True, False)
    clocks = [sum(one["parts"]["clock pins"].values()) for one in told]
    assert clocks[1] > 3 * clocks[0] > 0
    for one in told:
        gates = "clock gates" if one["clock_gating"] else "no clock gates"
        title = f"pJ a score, random scores, {gates}, clock {one['period_ns']:g} ns"
        part = done.stdout[done.stdout.index(title) :]
        row = next(line for line in part.splitlines() if line.strip().startswith("all"))
        assert float(row.split()[-1]) == pytest.approx(one["pj_per_score"], abs=0.001)
    assert "outputs equal the golden model's" in done.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("consmax", "--target", "ecp5"), "a netlist needs a cell library"),
        (("hccs", "--target", "generic"), "has no delay tables"),
        (
            ("consmax", "--engine", "best"),
            "'--engine': 'best' is not one of 'auto', 'own', 'opensta'",
        ),
        (
            ("consmax", "--stimulus", "noise"),
            "'--stimulus': 'noise' is not one of 'recorded', 'random'",
        ),
        (("consmax", "--length", 32), "length must be one of 64, 256, not 32"),
        (("hccs", "--top", "axi"), "a stream top with 8-bit scores is needed"),
    ],
)
def test_bad_options(options, message, surmax):
    done = surmax("energy", *options, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.strip().count("\n") <= 1


def test_an_opensta_that_is_too_old_for_power(surmax, sky130, workplace, monkeypatch):
    folder = workplace / "bin"
    folder.mkdir()
    program = folder / "sta"
    program.write_text("#!/bin/sh\necho 2.0.17\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    reason = "OpenSTA must be 3.0 or newer for power, not 2.0.17"
    options = ("energy", "consmax", "--lanes", 1, "--cycles", 64, "--stimulus", "random")
    done = surmax(*options, "--json")
    assert done.stderr.count(f"energy by our own engine: {reason}") == 1
    assert {one["engine"] for one in json.loads(done.stdout)} == {"own"}
    done = surmax(*options, "--engine", "opensta", check=False)
    assert done.returncode == 2
    assert done.stderr == f"surmax: {reason}\n"
