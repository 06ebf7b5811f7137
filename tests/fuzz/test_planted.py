# SPDX-License-Identifier: Apache-2.0
"""Faults that the rules of the fuzz must see."""

import json
import os
import subprocess
import sys

import pytest
from helpers.repository import ROOT

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
