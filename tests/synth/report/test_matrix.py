# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest
from helpers.report_samples import outcome
from surmax.golden import InputError
from surmax.synth.report.matrix import AREA_22NM, DESIGNS, Matrix, assemble, report_tasks

NAMES = ("ConSmax", "HCCS clb", "integer softmax")
MATRIX = Matrix(NAMES, (4,), (64, 256), ("generic", "sky130", "ecp5"))


def run(matrix=MATRIX, change=lambda one: one):
    tasks = report_tasks(matrix, "cache", (1, 2))
    return assemble(matrix, [change(outcome(task)) for task in tasks], "cache", (1, 2))


def pick(report, name, length, target):
    (found,) = (
        one
        for one in report["measurements"]
        if (one["design"]["name"], one["design"]["length"], one["target"]) == (name, length, target)
    )
    return found


def test_every_design_is_measured_on_rows_of_the_length_that_it_stands_beside():
    tasks = report_tasks(MATRIX, "cache")
    assert len({task.digest for task in tasks}) == len(tasks) == 3 * 2 * 3
    assert sum(task.title == "ConSmax, 4 lanes, rows of 64, sky130" for task in tasks) == 1
    for one in run()["measurements"]:
        assert one["design"]["length"] in MATRIX.lengths
    assert len(run()["measurements"]) == len(tasks)


def test_what_follows_from_a_measurement():
    found = pick(run(), "HCCS clb", 64, "sky130")["derived"]
    assert found["ge"] == 2000
    assert found["logic_ge"] == 800
    assert found["storage_ge"] == 1200
    assert found["gscores"] == 4 / 8.0
    assert found["gscores_per_mm2"] == pytest.approx(0.5 / 8000 * 1e6)
    assert found["pj"] == 4.0
    assert found["storage_pj"] == pytest.approx(1.0 + 0.5)
    assert found["tscores_per_j"] == 0.25
    assert found["scaled_mm2"][1] == pytest.approx(2000 * AREA_22NM[1] / 1e6)
    low, used, high = found["scaled_pj"]
    assert low < used < high < 4.0 / 20


def test_scaled_figures_are_of_sky130_only():
    report = run()
    for one in report["measurements"]:
        assert (one["derived"]["scaled_mm2"] is None) == (one["target"] != "sky130")
    assert pick(report, "HCCS clb", 64, "ecp5")["derived"]["gscores"] == 4 * 50 / 1000


def test_ratios_are_those_of_the_baseline_of_the_same_cell():
    report = run()
    ratios = pick(report, "HCCS clb", 256, "sky130")["ratios"]
    assert ratios["area"] == pytest.approx(2.0)
    assert ratios["area_without_storage"] == pytest.approx(2.0)
    assert ratios["energy"] == pytest.approx(2.0)
    assert ratios["rate"] == pytest.approx(10 / 8)
    consmax = pick(report, "ConSmax", 256, "sky130")["ratios"]
    assert consmax["area"] == pytest.approx(1000 / 150)
    assert consmax["area_without_storage"] == pytest.approx(4.0)
    assert pick(report, "integer softmax", 64, "generic")["ratios"]["area"] == 1.0
    assert run(replace(MATRIX, designs=("ConSmax",)))["measurements"][0]["ratios"] is None


def test_a_failure_is_one_line_and_loses_nothing_else():
    def fail(one):
        if one.task.title == "HCCS clb, 4 lanes, rows of 64, sky130":
            return replace(one, result=None, error="yosys failed")
        return one

    report = run(change=fail)
    assert len(report["measurements"]) == 17
    assert report["failed"] == [
        {"title": "HCCS clb, 4 lanes, rows of 64, sky130", "error": "yosys failed"}
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"designs": ("relu",)}, "design must be one of ConSmax"),
        ({"lanes": ()}, "lanes must be at least one, not empty"),
        ({"lanes": (65,)}, "lanes must be 1 to 64"),
        ({"lengths": (5,)}, "max_length must be a multiple of 4 lanes, not 5"),
    ],
)
def test_an_impossible_matrix_is_refused_before_anything_runs(change, message):
    with pytest.raises(InputError, match=message):
        replace(MATRIX, **change)


def test_the_baseline_is_a_design():
    assert set(NAMES) < set(DESIGNS)
