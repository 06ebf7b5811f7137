# SPDX-License-Identifier: Apache-2.0
"""A few mutants of a unit on their way through the checks; in the long run, some of every unit."""

import os
import signal
import time
from dataclasses import replace

import pytest
from surmax.golden import unit_entry, unit_names
from surmax.rtl import verilog
from surmax.tb.mutate import run
from surmax.tb.mutate.equivalence import prove_equivalent
from surmax.tb.mutate.isolated import Ended, run_each
from surmax.tb.mutate.mutants import Design
from surmax.tb.mutate.result import EQUIVALENT, KILLED, SURVIVED
from surmax.tb.mutate.run import Effort, MutantError, run_mutants
from surmax.tb.run.simulators import available

needs_verilator = pytest.mark.skipif(
    "verilator" not in available(), reason="Verilator or its C++ compiler is missing"
)


def build_of(unit, preset=None, **parameters):
    law = unit_entry("golden", unit)
    hardware = unit_entry("rtl", unit).build
    return hardware(law.presets[preset or law.default_preset], **parameters)


def small():
    return build_of("hccs", "clb", lanes=2, heads=2, max_length=8)


SEED = 20261128
# Stimuli that see little: no volume run, one cocotb test of each top.
WEAK = Effort(scores=0, beats=1, tests="valid_does_not_wait_for_ready|illegal_constants")


@needs_verilator
def test_a_few_mutants(sim_folder, monkeypatch):
    build = small()
    lines = []

    def interrupted(line):
        lines.append(line)
        if "hccs_axi: cocotb benches" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_mutants(build, 5, 3, folder=sim_folder, say=interrupted)
    # It goes on where it was: nothing of the stream top is run again.
    monkeypatch.setattr(run, "VolumeCheck", None)
    result = run_mutants(build, 5, 3, folder=sim_folder, say=lines.append)
    assert len(result.verdicts) == 10
    assert {one.status for one in result.verdicts} <= {KILLED, EQUIVALENT}
    assert result.percent == 100
    document = result.to_json()
    assert document["mutants"] == sum(one["mutants"] for one in document["counts"]) == 10
    assert [one["top"] for one in document["verdicts"]] == ["hccs_stream"] * 5 + ["hccs_axi"] * 5


@needs_verilator
def test_weak_benches_leave_survivors(sim_folder):
    result = run_mutants(small(), 5, 3, folder=sim_folder, effort=WEAK)
    assert result.having(SURVIVED)
    assert result.percent < 99
    survivor = result.having(SURVIVED)[0].to_json()
    assert survivor["module"]
    assert survivor["place"]
    assert survivor["change"]
    assert survivor["key"]


@needs_verilator
def test_a_check_that_fails_on_the_design_is_an_error(sim_folder):
    # Coverage cannot be full after so few beats.
    with pytest.raises(MutantError, match="hccs_stream fails the cocotb benches unmutated: "):
        run_mutants(small(), 5, 3, folder=sim_folder, effort=Effort(scores=0, beats=1))


@pytest.mark.parametrize("unit", unit_names())
def test_a_unit_is_proven_equal_to_itself(unit, tmp_path):
    """Else no mutant of it could be: registers and memories find their counterparts."""
    build = build_of(unit, lanes=1, heads=2)
    design = Design(build, verilog(build), tmp_path)
    unchanged = replace(design.draw(1, 1)[0], mode="none", ctrlbit=None)
    assert prove_equivalent(design, unchanged).proven


@needs_verilator
@pytest.mark.soak
@pytest.mark.parametrize("unit", unit_names())
def test_a_sample_of_each_unit_is_killed(unit, sim_folder):
    result = run_mutants(build_of(unit, lanes=4, heads=2), 40, SEED, folder=sim_folder)
    print(f"{unit}: seed {SEED}, {result.percent:.1f} % killed")
    survivors = [one.to_json() for one in result.having(SURVIVED)]
    assert result.percent >= 99, f"seed {SEED}: {survivors}"


def _work(number):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 2:
        time.sleep(60)
    if number == 3:
        raise ValueError
    return number * 10


def test_calls_that_crash_or_hang_end():
    begin = time.monotonic()
    found = dict(run_each(_work, [0, 1, 2, 3, 4], workers=2, timeout=1.5))
    assert time.monotonic() - begin < 30
    assert found[0] == 0
    assert found[4] == 40
    assert all(isinstance(found[number], Ended) for number in (1, 2, 3))
    assert "no end after" in found[2].why
    assert "ended with -9" in found[1].why
