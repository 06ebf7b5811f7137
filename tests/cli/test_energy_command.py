# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import sys

import pytest
from surmax.golden import InputError
from surmax.synth import resolve_target


def surmax(*arguments, cwd):
    command = [sys.executable, "-m", "surmax", "energy", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=500
    )


def test_with_and_without_clock_gates(tmp_path):
    try:
        resolve_target("sky130")
    except InputError as error:
        pytest.skip(f"no sky130 library: {error}")
    options = ("consmax", "--lanes", 1, "--engine", "own", "--cycles", 64, "--stimulus", "random")
    done = surmax(*options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(surmax(*options, "--json", cwd=tmp_path).stdout)
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
        (("consmax", "--engine", "best"), "one of auto, own, opensta is allowed"),
        (("consmax", "--stimulus", "noise"), "one of recorded, random is allowed"),
        (("consmax", "--length", 32), "one of 64, 256 is allowed"),
        (("hccs", "--top", "axi"), "a stream top with 8-bit scores is needed"),
    ],
)
def test_bad_options(options, message, tmp_path):
    done = surmax(*options, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.strip().count("\n") <= 1
