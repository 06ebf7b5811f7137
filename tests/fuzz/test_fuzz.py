# SPDX-License-Identifier: Apache-2.0
"""Hostile cases by the thousand, and faults that the rules must see.

$SURMAX_FUZZ_SEED is the seed of the cases; without it the short run has one of its own, so that it
is the same everywhere, and the soak a new one each time.
"""

import json
import os
import secrets
import subprocess
import sys

import pytest
from helpers.repository import ROOT

SEED = 20261128
SEES = {
    "key error": "traceback",
    "warning": "progress only",
    "two lines": "one line",
    "odd exit code": "exit code",
    "killed": "exit code",
    "hang": "must end",
    "busy hang": "must end",
    "other file": "only outputs",
    "file of its parent folder": "only outputs",
    "input written": "only outputs",
    "input removed": "only outputs",
    "partial file": "left behind",
    "work folder": "left behind",
    "long progress": "at most 300",
    "terminal codes": "control characters",
    "process left": "no process",
}

# Once the inputs are made, which are read as well.
BROKEN_READER = """
from surmax.common import reading
import fuzz.run as run
def broken(*_, **__):
    raise KeyError("layer")
def stop(stop=run.stop_before_work):
    stop()
    reading.parse_json = broken
run.stop_before_work = stop
run.fuzz(1, range(60), print)
"""
SOME_CASES = """
import tempfile
from pathlib import Path
from fuzz.run import Fuzz
with tempfile.TemporaryDirectory() as base:
    one = Fuzz(3, Path(base))
    for number in range(12):
        print(one.case(number).line.replace(base, ""))
"""


def run_python(*words):
    """Run another interpreter: it forks, which a process with threads, as pytest's, must not."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests")}
    command = [sys.executable, *words]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)


def fuzz(cases, default_seed):
    """Run that many cases; print what they found."""
    seed = os.environ.get("SURMAX_FUZZ_SEED", str(default_seed))
    done = run_python("-m", "fuzz.run", "--seed", seed, "--cases", str(cases))
    print(done.stdout[-20_000:], done.stderr[-5_000:])
    assert done.returncode == 0, f"seed {seed} breaks rules (see the output)"


@pytest.fixture(scope="module")
def planted():
    """The rules that each planted fault breaks."""
    done = run_python("-m", "fuzz.planted")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_sound_command_breaks_no_rule(planted):
    assert planted.pop("none") == []
    assert planted.keys() == SEES.keys()


@pytest.mark.parametrize("fault", SEES)
def test_a_planted_fault_is_seen(planted, fault):
    assert any(SEES[fault] in trouble for trouble in planted[fault]), planted[fault]


def test_a_reader_that_breaks_is_found():
    found = run_python("-c", BROKEN_READER)
    assert "KeyError" in found.stdout, found.stdout + found.stderr


def test_a_case_is_the_same_again():
    first, second = (run_python("-c", SOME_CASES) for _ in range(2))
    assert first.stdout.count("surmax") > 8
    assert first.stdout == second.stdout


@pytest.mark.timeout(1200)
def test_a_thousand_cases():
    fuzz(1_000, SEED)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_ten_thousand_new_cases():
    fuzz(10_000, secrets.randbelow(1 << 32))
