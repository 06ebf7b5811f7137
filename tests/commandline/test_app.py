# SPDX-License-Identifier: Apache-2.0
"""The command tree: help, versions, and what is imported when."""

import subprocess
import sys

import click
import pytest
from surmax.golden import unit_entry, unit_names

from surmax import versions
from surmax.app import TOPICS, app
from surmax.commands.aie.group import TOPICS as AIE_TOPICS
from surmax.lazy_group import LazyGroup

OF_UNITS = {name: unit_entry("command", name).commands for name in unit_names()}
LISTED = [
    pytest.param(one, id=name)
    for topics in (TOPICS, AIE_TOPICS, OF_UNITS)
    for below in topics.values()
    for name, one in below.items()
]
# Packages of which one is too slow to import for the help.
SLOW = ("numpy", "rich", "amaranth", "matplotlib", "torch", "numba", "cocotb")


def commands_of(command, name):
    """Yield every command below `command` with its full name."""
    context = click.Context(command)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield from commands_of(command.get_command(context, below), f"{name} {below}")
    else:
        yield name, command


def test_help_lists_every_command_below_its_topic(surmax):
    done = surmax("--help")
    lines = done.stdout.splitlines()
    places = [lines.index(f"{topic}:") for topic in TOPICS]
    assert places == sorted(places)
    for below in TOPICS.values():
        for name, one in below.items():
            assert f"  {name:10} {one.summary}" in lines
    assert list(TOPICS) == ["Build", "Verify", "Measure", "Models", "AI Engine"]


def test_the_help_of_aie_has_topics_too(surmax):
    done = surmax("aie", "--help")
    assert "On this machine:" in done.stdout
    assert "On a device:" in done.stdout


@pytest.mark.parametrize("listed", LISTED)
def test_a_summary_is_the_first_sentence_of_the_help(listed):
    command = listed.load()
    assert (command.help or "").partition("\n")[0] == listed.summary


def test_every_command_has_an_example_that_names_it():
    for name, command in commands_of(app, "surmax"):
        assert (command.epilog or "").startswith(f"Example: {name} "), name


def test_every_choice_and_every_path_can_be_completed():
    """No option or argument whose values are known takes any text."""
    plain = {
        (name, parameter.name)
        for name, command in commands_of(app, "surmax")
        for parameter in command.params
        if isinstance(parameter.type, click.types.StringParamType)
    }
    names = {parameter for _, parameter in plain}
    # A regular expression, names with commas between, and what only the machine at hand knows.
    assert names == {"tests", "arms", "scheduler", "compiler", "platform"}


def test_help_imports_no_package_but_click():
    code = (
        "import sys, surmax.app\n"
        "try: surmax.app.app.main(['--help'], prog_name='surmax')\n"
        f"finally: print([one for one in {SLOW} if one in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_an_unknown_command_is_one_line(surmax):
    done = surmax("frobnicate", check=False)
    assert (done.returncode, done.stderr) == (2, "surmax: No such command 'frobnicate'.\n")


def test_without_a_command_it_shows_the_help_with_exit_code_2(surmax):
    done = surmax(check=False)
    assert done.returncode == 2
    assert "Measure:\n" in done.stderr


def test_version_names_every_tool_and_which_are_missing(surmax, monkeypatch):
    monkeypatch.setattr(versions, "_DISTRIBUTIONS", {"numpy": "numpy", "yosys": "no-such-yosys"})
    monkeypatch.setattr(versions, "_PROGRAMS", {"icarus": ("no-such-iverilog", "-V")})
    lines = [line.split(None, 1) for line in surmax("--version").stdout.splitlines()]
    found = dict(lines)
    assert list(found) == ["surmax", "python", "numpy", "yosys", "icarus"]
    assert found["yosys"] == found["icarus"] == "not installed"
    assert found["python"].startswith("3.")


def test_the_version_of_a_program_is_its_first_line_and_its_place(tmp_path, monkeypatch):
    program = tmp_path / "iverilog"
    program.write_text("#!/bin/sh\necho 'Icarus Verilog version 11.0 (stable) ()'\necho more\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert versions.tool_versions()["icarus"] == f"11.0 ({program})"


def test_commands_are_completed_from_the_list():
    context = click.Context(app)
    assert isinstance(app, LazyGroup)
    names = [item.value for item in app.shell_complete(context, "e")]
    assert names == ["elaborate", "energy", "explore", "errors"]
