# SPDX-License-Identifier: Apache-2.0
"""What must hold for the options of all commands, found by walking the tree of commands."""

import math
import os
from pathlib import Path

import click
import pytest
from helpers.repository import ROOT

from surmax.app import app
from surmax.commands.measure.report import FILES as REPORT_FILES
from surmax.commands.measure.sweep import FILES as SWEEP_FILES
from surmax.options import OUTPUT_FOLDER, OutputPath, output_file, output_folder
from surmax.value_types import Count, IntChoice, RealRange

# Their functions say in one line what must hold, NaN and infinity included (test_commands.py).
CHECKED_BY_THE_LAW = {"solve consmax --scale", "solve consmax --beta", "solve consmax --gamma"}


def commands(group, name=""):
    """Yield each command of the tree with its name."""
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        full = f"{name} {word}".strip()
        if isinstance(command, click.Group):
            yield from commands(command, full)
        else:
            yield full, command


ALL = dict(commands(app))


def options(kinds):
    return {
        f"{name} {option.opts[0]}": option
        for name, command in ALL.items()
        for option in command.params
        if isinstance(option.type, kinds)
    }


def test_every_number_has_a_range():
    numbers = (click.types.IntParamType, click.types.FloatParamType)
    found = options(numbers)
    assert len(found) > 80
    for name, option in found.items():
        if name in CHECKED_BY_THE_LAW:
            continue
        kind = option.type
        assert isinstance(kind, click.IntRange | RealRange), name
        assert kind.min is not None, name
        assert kind.max is not None, name


@pytest.mark.parametrize(
    "kind", [RealRange(0, 1e6, open=True), RealRange(-1, 1), Count(), IntChoice(1, 2)]
)
@pytest.mark.parametrize(
    "text",
    ["nan", "-nan", "inf", "-inf", "1e400", "0x10", "", "1e12345", "9" * 5000, "-7"],
)
def test_what_is_no_number_is_refused(kind, text):
    with pytest.raises(click.BadParameter):
        kind.convert(text, None, None)


def test_numbers_are_taken():
    assert RealRange(0, 5).convert("5e-1", None, None) == 0.5
    assert Count().convert("1e8", None, None) == 10**8
    assert math.isclose(RealRange(0, 5, open=True).convert("1e-300", None, None), 1e-300)


def test_every_output_is_marked_as_one():
    named = [
        f"{name} {option.opts[0]}"
        for name, command in ALL.items()
        for option in command.params
        if option.name in ("output_file", "folder") and isinstance(option, click.Option)
    ]
    assert len(named) > 15
    assert set(named) <= set(options(OutputPath))


def command_with(option, *more):
    """Return a command that says that it began, with an output and inputs."""

    @click.command()
    @click.argument("given", type=click.Path(path_type=Path), required=False)
    @click.option("--many", type=click.Path(path_type=Path), multiple=True)
    @option
    def begin(**values):
        raise AssertionError("it began")

    return begin


def refuse(command, *arguments):
    with pytest.raises(ValueError, match="output") as caught:
        command.main(list(map(str, arguments)), standalone_mode=False)
    return str(caught.value)


@pytest.mark.parametrize("name", ["link", "dangling", "pipe", "folder", "none/a", "n" * 300])
def test_outputs_are_checked_before_the_command_begins(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("link").symlink_to("file")
    Path("dangling").symlink_to("nowhere")
    os.mkfifo("pipe")
    Path("folder").mkdir()
    refuse(command_with(output_file("")), "-o", name)
    if len(name) < 300 and name != "none/a":
        assert name in refuse(command_with(output_folder("", names=[name])), "-o", ".")
    for path in ("file/x", "/dev/null/x", "n" * 300):
        refuse(command_with(output_folder("")), "-o", path)


def test_outputs_are_no_inputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in").write_text("mine", encoding="utf-8")
    os.link("in", "hard")
    for arguments in (("in",), ("--many", "other", "--many", "in")):
        for output in ("in", "./in", "hard"):
            reason = refuse(command_with(output_file("")), *arguments, "-o", output)
            assert reason.endswith("must not be the input in")
        refuse(command_with(output_folder("", names=["hard"])), *arguments, "-o", ".")
    refuse(command_with(output_folder("")), tmp_path, "-o", ".")
    assert Path("in").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("report", "--design", "ConSmax"), REPORT_FILES),
        (("sweep", "s.toml"), SWEEP_FILES),
        (("calibrate", "--scores", "s.npz", "--plots"), ()),
        (("aie", "vectors", "c.json"), ()),
        (("aie", "plio", "folder"), ()),
        (("figures",), ("flow.svg",)),
        (("elaborate", "consmax"), ()),
        (("flow", "--verilog"), ()),
        (("cells", "fetch"), ()),
    ],
)
def test_folders_are_checked_before_the_work(surmax, tmp_path, arguments, names):
    (tmp_path / "file").touch()
    option = [] if arguments[-1].startswith("--") else ["-o"]
    done = surmax(*arguments, *option, "file/out", check=False)
    assert done.returncode == 2
    assert done.stderr.endswith("output folder file/out: file is a file\n")
    for name in names:
        (tmp_path / "out").mkdir(exist_ok=True)
        (tmp_path / "out" / name).symlink_to(tmp_path / "file")
        done = surmax(*arguments, *option, "out", check=False)
        assert done.returncode == 2
        assert f"output file out/{name} must be a regular file or a new one" in done.stderr
        (tmp_path / "out" / name).unlink()
    assert OUTPUT_FOLDER.writable is False


def test_commands_write_files_whole():
    # surmax.common.writing.write_whole refuses links and devices, and leaves nothing half-written.
    found = [
        f"{path.relative_to(ROOT)}: {call}"
        for folder in ("surmax", "aiengine/device")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for call in (".write_text(", ".write_bytes(", '.open("w', ".savefig(path")
        if call in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_scores_are_not_overwritten(surmax, tmp_path):
    (tmp_path / "s.npz").write_bytes(b"scores")
    done = surmax("calibrate", "--scores", "s.npz", "-o", "s.npz", check=False)
    assert done.stderr == "surmax: output file s.npz must not be the input s.npz\n"
    assert (tmp_path / "s.npz").read_bytes() == b"scores"
