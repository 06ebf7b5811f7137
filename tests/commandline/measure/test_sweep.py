# SPDX-License-Identifier: Apache-2.0
import json
import sys

import pytest
from click.testing import CliRunner
from surmax.synth.tasks.run import Outcome
from surmax.synth.tasks.task import Task

from surmax.app import app
from surmax.commands.measure import sweep as command
from surmax.pages.sweep_plot import sweep_plot
from surmax.pages.sweep_tables import markdown_sweep


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command in a folder with a sweep in it."""
    monkeypatch.chdir(tmp_path)

    def invoke(text, *options):
        (tmp_path / "s.toml").write_text(text)
        return CliRunner().invoke(app, ["sweep", "s.toml", *options], catch_exceptions=False)

    return invoke


def test_a_sweep_ends_in_table_plot_and_json(run, tmp_path):
    pytest.importorskip("matplotlib")
    text = '[[grid]]\nunit = "consmax"\npreset = "small"\nstorage = "constant"\nlanes = [1, 2]\n'
    done = run(text, "--workers", "2")
    assert done.exit_code == 0
    assert "│ consmax small" in done.stdout
    folder = tmp_path / "build" / "sweep"
    assert sorted(one.name for one in folder.iterdir()) == ["pareto.svg", "sweep.json", "sweep.md"]
    found = json.loads((folder / "sweep.json").read_text())
    assert found["command"] == "surmax sweep s.toml"
    areas = [one["area"]["total"]["ge"] for one in found["measurements"]]
    assert 1.5 * areas[0] < areas[1] < 2.5 * areas[0]
    assert [one["front"] for one in found["measurements"]] == [True, True]
    assert "| * | consmax small, storage constant | 2 | 64 |" in (folder / "sweep.md").read_text()
    again = run(text)
    assert again.stderr.count(": kept") == 2
    assert json.loads((folder / "sweep.json").read_text()) == found


def outcomes_of(tasks, failing):
    """Outcomes of a run in which task number `failing` failed."""
    for number, task in enumerate(tasks):
        design = task.arguments["design"]
        area = {
            "ge": 100.0 * design["lanes"],
            "area_um2": 1.0,
            "lut": None,
            "ff": None,
            "dsp": None,
        }
        result = {
            "design": design | {"scores_per_cycle": float(design["lanes"])},
            "target": task.arguments["target"],
            "library": "cells",
            "corner": "slow",
            "versions": {"yosys": "1"},
            "area": {"total": area, "parts": {}, "logic": area},
            "timing": {"period_ns": 4.0},
            "energy": None,
            "fpga": None,
            "error": {"all": {"mean_error": 0.0123, "kl_mean": 0.5}},
        }
        failed = number == failing
        line = "YosysError: yosys failed" if failed else ""
        yield Outcome(task, None if failed else result, line, kept=False)


@pytest.fixture
def pretend(monkeypatch):
    """Have nothing measured; task number `failing` fails."""

    def prepare(failing=None):
        def run_shown(tasks: list[Task], *, workers, scheduler):
            return list(outcomes_of(tasks, failing))

        monkeypatch.setattr(command, "run_shown", run_shown)

    return prepare


def test_a_failure_is_a_line_and_exit_code_1(run, pretend, tmp_path):
    pretend(failing=1)
    done = run('[[grid]]\nunit = "hccs"\npreset = "div"\nlanes = [4, 8, 16]\nlength = [8, 64]')
    assert done.exit_code == 1
    assert "failed: hccs div, 4 lanes, rows of 64, generic: YosysError" in done.stderr
    assert "skipped: hccs div, 16 lanes, length 8, generic: max_length" in done.stderr
    text = (tmp_path / "build" / "sweep" / "sweep.md").read_text()
    assert "| hccs div, 4 lanes, rows of 64, generic | YosysError: yosys failed |" in text
    assert "| hccs div, 16 lanes, length 8, generic | max_length must be" in text
    assert "| * | hccs div | 16 | 64 | generic | 1 600 | 0 | 4.00 | 4.00 | 0.012 | 0.5 |" in text
    assert "- generic: cells slow; yosys 1" in text


def test_without_matplotlib_there_is_no_plot(run, pretend, tmp_path, monkeypatch):
    pretend()
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    done = run('[[grid]]\nunit = "hccs"\npreset = "div"')
    assert done.exit_code == 0
    assert "without the plot: package matplotlib is not installed" in done.stderr
    folder = tmp_path / "build" / "sweep"
    assert sorted(one.name for one in folder.iterdir()) == ["sweep.json", "sweep.md"]
    assert "pareto" not in (folder / "sweep.md").read_text()


def test_bad_input_is_one_line_and_nothing_runs(run, tmp_path):
    with pytest.raises(
        ValueError, match=r"sweep s\.toml: grid 1: lanes must be a value or a list of values"
    ):
        run('[[grid]]\nunit = "hccs"\npreset = "div"\nlanes = []')
    assert [one.name for one in tmp_path.iterdir()] == ["s.toml"]


def test_the_plot_shows_every_kind(run, pretend, tmp_path):
    pytest.importorskip("matplotlib")
    pretend()
    run('[[grid]]\nunit = "hccs"\npreset = ["clb", "div"]\nlength = [64, 256]')
    found = json.loads((tmp_path / "build" / "sweep" / "sweep.json").read_text())
    text = sweep_plot(found)
    for label in ("hccs clb", "hccs div", "rows of 64", "rows of 256", "mean error", "Gscores/s"):
        assert f">{label}</text>" in text
    # Nothing has an energy: that panel is left out.
    assert "pJ a score" not in text
    assert "![" not in markdown_sweep(found, None)
