# SPDX-License-Identifier: Apache-2.0
"""Everything in the README is run."""

import re
import shlex
import subprocess
import sys

import pytest
from helpers.repository import ROOT
from surmax.golden import CONSMAX_PRESETS
from surmax.rtl import ConsmaxBuild, verilog

README = (ROOT / "README.md").read_text()


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL)


COMMANDS = blocks("sh")[0].splitlines()


def run(line, folder):
    name, *arguments = shlex.split(line)
    assert name == "surmax"
    done = subprocess.run(
        [sys.executable, "-m", "surmax", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("number", range(len(COMMANDS)))
def test_command_runs(number, workplace):
    for before in COMMANDS[:number]:
        output = re.search(r" -o (\S+\.json)$", before)
        if output and output[1] in COMMANDS[number]:  # which reads it
            run(before, workplace)
    run(COMMANDS[number], workplace)


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_python_runs(number):
    code = blocks("python")[number]
    if "Attention" in code:
        code += "\nfrom amaranth.back import rtlil\nassert rtlil.convert(Attention())\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_verilog_names_every_port():
    text = verilog(ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=1))
    ports = re.search(r"module consmax_stream\((.*?)\);", text, re.DOTALL).group(1)
    named = re.findall(r"\.(\w+)\(", blocks("verilog")[0])
    assert sorted(named) == sorted(name.strip() for name in ports.split(","))


def test_make_knows_every_target():
    targets = set(re.findall(r"^    make ?([a-z-]*)", README, re.MULTILINE)) - {""}
    for target in (*targets, "help", "flow", "elaborate", "sim", "synth", "lint", "clean"):
        done = subprocess.run(
            ["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_pages_exist():
    for page in re.findall(r"\]\((docs/[^)]+)\)", README):
        assert (ROOT / page.partition("#")[0]).is_file()
