# SPDX-License-Identifier: Apache-2.0
import json
import re
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner
from helpers.report_samples import outcome
from surmax.golden import InputError

import surmax.commands.measure.report as command
from surmax.commands.measure import running
from surmax.pages.report.html import html_report
from surmax.pages.report.plots import drawings
from surmax.pages.report.tables import _MADE, Section, number
from surmax.pages.report.text import markdown_report

SMALL = ("--design", "ConSmax", "--design", "HCCS clb", "--design", "integer softmax")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command with made-up measurements; return its result and its files by name."""
    seen = []

    def run_tasks(tasks, *, cache, workers, scheduler, progress):
        seen[:] = tasks
        found = [run.change(outcome(task)) for task in tasks]
        for at, one in enumerate(found, 1):
            progress(one, at, len(found))
        return found

    monkeypatch.setattr(running, "run_tasks", run_tasks)
    # Drawing takes seconds: in the tests that look at drawings only.
    monkeypatch.setattr(command, "drawings", lambda report: {})
    monkeypatch.setattr(command, "resolve_target", lambda name, **_: name)

    def run(*options):
        folder = tmp_path / "report"
        options = [*options, "-o", str(folder)]
        done = CliRunner().invoke(command.report, options, catch_exceptions=False)
        return done, {path.name: path.read_text() for path in folder.iterdir()}

    run.change, run.tasks = lambda one: one, seen
    return run


def test_three_files_with_every_part(run):
    done, files = run(*SMALL)
    assert done.exit_code == 0
    assert set(files) == {"report.json", "report.md", "report.html"}
    report = json.loads(files["report.json"])
    assert len(report["measurements"]) == 3 * 2 * 2 * 3
    assert report["command"] == "surmax report " + " ".join(SMALL).replace(
        "HCCS clb", "'HCCS clb'"
    ).replace("integer softmax", "'integer softmax'")
    titles = [
        "Conditions",
        "What is claimed, and what is not",
        "Area and speed: generic",
        "Area and speed: sky130",
        "Energy: sky130",
        "FPGA: ecp5",
        "Error against softmax on recorded scores",
        "Against the integer softmax",
        "Critical paths",
        "How each figure was made",
    ]
    for title in titles:
        assert f"\n## {title}" in files["report.md"]
        assert f">{title}" in files["report.html"]
    assert "What could not be measured" not in files["report.md"]


def test_figures_of_a_row_are_those_of_the_measurement(run):
    _, files = run(*SMALL, "--lanes", "4", "--length", "64")
    lines = [re.split(r" \| ", line.strip("| ")) for line in files["report.md"].splitlines()]
    clb = [line for line in lines if line[:3] == ["HCCS clb", "4", "64"]]
    area, energy = clb[1], clb[2]
    assert area[3:10] == ["2 000", "500", "800", "1 200", "", "8 000", "8.00"]
    assert energy[3:8] == ["4.00", "2.00", "1.00", "0.00", "1.00"]
    ratio = next(line for line in lines if line[:2] == ["sky130", "HCCS clb"])
    assert ratio[4:8] == ["2.00", "2.00", "2.00", "2.00"]
    assert "unit.last\\|x" in files["report.md"]


def test_own_ratios_stand_beside_the_published_ones(run):
    _, files = run(*SMALL, "--lanes", "4")
    assert "| published: OpenROAD, sky130 | 13.3 | 15.3 | 2.20 | 4.40 |" in files["report.md"]
    assert "| ours: sky130, 4 lanes, rows of 256 | 6.67 | 8.00 |  |  |" in files["report.md"]
    assert "| ours: generic, 4 lanes, rows of 64 | 6.67 |  |  |  |" in files["report.md"]


def test_the_page_needs_nothing_from_outside(run, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(command, "drawings", drawings)
    _, files = run(*SMALL, "--lanes", "4", "--length", "64", "--target", "sky130")
    page = files["report.html"]
    assert page.count("<svg") == 4
    for text in ("rows of 64", "pJ a score", "GE a lane", "HCCS clb, 64", "KL from softmax, nats"):
        assert text in page
    assert "<script" not in page
    assert "<link" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page.replace('xlink:href="#', 'href="#'))
    assert page.count("<table>") == page.count("</table>") == 7


def test_writing_again_gives_the_same_bytes(run):
    assert run(*SMALL, "--lanes", "4")[1] == run(*SMALL, "--lanes", "4")[1]


def test_without_matplotlib_one_line_says_so(run, monkeypatch):
    monkeypatch.setattr(command, "drawings", drawings)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    done, files = run(*SMALL, "--lanes", "4")
    assert done.exit_code == 0
    assert "without drawings: package matplotlib is not installed" in done.stderr
    assert "<svg" not in files["report.html"]


def test_what_fails_is_in_the_report_and_in_the_exit_code(run):
    def fail(one):
        failed = one.task.title.startswith("HCCS clb, 4 lanes")
        return replace(one, result=None, error="yosys failed: no | cell") if failed else one

    run.change = fail
    done, files = run(*SMALL, "--lanes", "4", "--target", "generic")
    assert done.exit_code == 1
    assert "rows of 256, generic: yosys failed" in done.stderr
    assert (
        "| HCCS clb, 4 lanes, rows of 64, generic | yosys failed: no \\| cell |"
        in (files["report.md"])
    )


def test_a_library_is_one_more_target(run, tmp_path):
    (tmp_path / "my.lib").write_text("library(my) {}")
    run(*SMALL, "--lanes", "4", "--length", "64", "--liberty", str(tmp_path / "my.lib"))
    (task,) = (t for t in run.tasks if t.title.endswith("my.lib") and t.title.startswith("ConSmax"))
    assert task.arguments["target"] == f"liberty:{tmp_path / 'my.lib'}"
    assert len(task.arguments["library_sha256"]) == 64
    assert len({t.arguments.get("target") for t in run.tasks}) == 3 + 1


def test_a_usual_target_that_cannot_be_had_is_left_out(run, monkeypatch):
    def resolve(name, **_):
        if name == "sky130":
            raise InputError("target sky130 needs a network")

    monkeypatch.setattr(command, "resolve_target", resolve)
    done, files = run(*SMALL, "--lanes", "4")
    assert done.exit_code == 0
    assert "without sky130: target sky130 needs a network" in done.stderr
    assert "Energy" not in files["report.md"]
    with pytest.raises(InputError, match="needs a network"):
        run(*SMALL, "--target", "sky130")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--design", "relu"), "'relu' is not one of 'ConSmax'"),
        (("--lanes", "0"), "0 is not in the range 1<=x<=64"),
        (("--seeds", "0"), "0 is not in the range 1<=x<=100"),
    ],
)
def test_bad_input_is_one_line(options, message):
    done = CliRunner().invoke(command.report, options, prog_name="report")
    assert done.exit_code == 2
    assert message in done.stderr


def test_numbers_keep_three_digits():
    assert [number(one) for one in (None, 0.012345, 1.5, 99.94, 123.4, 12345.6, 7)] == [
        "",
        "0.0123",
        "1.50",
        "99.9",
        "123",
        "12 346",
        "7",
    ]


def test_commands_that_differ_in_the_head_only_are_said_once():
    lines = ["surmax time x", "surmax energy x --head 0", "surmax energy x --head 5"]
    made = _MADE["commands"]({"commands": lines})
    assert made == "`surmax time x`; `surmax energy x --head N`, N = 0, 5"


def test_a_sized_netlist_has_no_rate_ratio(run):
    _, files = run(*SMALL, "--design", "ConSmax fast", "--lanes", "4", "--target", "sky130")
    rows = [line for line in files["report.md"].splitlines() if line.startswith("| sky130 |")]
    assert {line.split(" | ")[1]: line.split(" | ")[-1].strip("| ") for line in rows} == {
        "ConSmax": "2.00",
        "ConSmax fast": "",
        "HCCS clb": "1.25",
    }


def test_what_is_written_is_escaped():
    section = Section("a < b", ("say `x<y>` & more",), ("n|m",), (("<i>", "12"),))
    page = html_report([section], {}, "surmax report")
    assert "<code>x&lt;y&gt;</code> &amp; more" in page
    assert "<td>&lt;i&gt;</td>" in page
    assert '<td class="number">12</td>' in page
    assert "| n\\|m |" in markdown_report([section], "surmax report")
