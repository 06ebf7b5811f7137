# SPDX-License-Identifier: Apache-2.0

import pytest
from helpers.repository import DOCS
from surmax.golden import InputError
from surmax.synth.report.designs import Design
from surmax.synth.report.sweep import (
    assemble_sweep,
    load_sweep,
    mark_front,
    objectives,
    sweep_tasks,
)
from surmax.synth.tasks.run import Outcome

GOOD = """
clock_ns = 30
seeds = 2
[[grid]]
unit = "hccs"
preset = ["clb", "div"]
lanes = [4, 8]
length = [64, 36]
output = "i16"
heads = [1, 2]
target = ["generic", "ecp5"]
"""
HCCS = '[[grid]]\nunit = "hccs"\npreset = "div"\n'
CONSMAX = '[[grid]]\nunit = "consmax"\npreset = "small"\n'


@pytest.fixture
def load(tmp_path):
    def load_text(text):
        (tmp_path / "s.toml").write_text(text)
        return load_sweep(tmp_path / "s.toml")

    return load_text


def test_every_combination_is_a_point_or_skipped(load):
    sweep = load(GOOD)
    assert (sweep.clock_ns, sweep.seeds) == (30.0, (1, 2))
    assert len(sweep.points) == 2 * (2 + 1) * 2 * 2
    assert len(sweep.skipped) == 2 * 1 * 2 * 2
    assert sweep.skipped[0] == (
        "hccs clb, output i16, heads 1, 8 lanes, length 36, generic",
        "max_length must be a multiple of 8 lanes, not 36",
    )
    first = sweep.points[0]
    assert first.design == Design(
        "hccs clb, output i16, heads 1", "hccs", "clb", 4, 64, {"output": "i16"}, {"heads": 1}
    )
    assert (first.target, first.given) == ("generic", {"output": "i16", "heads": 1})


def test_a_grid_has_defaults_and_points_stand_once(load):
    sweep = load(CONSMAX + "lanes = [2, 2]\n" + CONSMAX + "lanes = [16, 2]\n" + CONSMAX)
    assert [(p.design.lanes, p.design.length, p.target) for p in sweep.points] == [
        (2, 64, "generic"),
        (16, 64, "generic"),
    ]


def test_built_in_constants_are_those_of_recorded_heads(load):
    sweep = load(CONSMAX + 'storage = ["constant", "loadable"]\nheads = 3')
    built, loadable = (point.design.make() for point in sweep.points)
    assert len(built.tables) == 3
    assert loadable.tables is None


AXES = ("lanes", "heads", "length", "divider_bits")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[grid", "Expected"),
        ("", r"grid must be one or more \[\[grid\]\] tables, not missing"),
        ("grid = 3", r"grid must be .*, not missing"),
        ("grid = []", r"grid must be .*, not missing"),
        ("speed = 3", "'speed' = 3: key must be one of clock_ns, seeds, grid"),
        ('clock_ns = "x"', "clock_ns must be a number, not 'x'"),
        ("clock_ns = nan", "number must be finite, not nan"),
        ("seeds = 0", "seeds must be 1 to 100, not 0"),
        ('[[grid]]\nunit = "hccs"', r"preset must be one of .*div"),
        ("[[grid]]\nlanes = 4", "grid 1: unit must be one of consmax, hccs"),
        ('[[grid]]\nunit = "relu"', "grid 1: unit must be one of consmax, hccs"),
        (HCCS + "lines = 3", "grid 1: 'lines' = 3: key must be one of unit, preset"),
        (HCCS + "lanes = []", r"lanes must be a value or a list of values, not \[\]"),
        (HCCS + "lanes = [[4]]", r"lanes must be a value or a list of values, not \[\[4\]\]"),
        (
            HCCS + 'lanes = ["4"]',
            "no combination can be built: lanes must be an integer, not '4'",
        ),
        ('[[grid]]\nunit = "hccs"\npreset = ["clb", "cl"]', "preset = 'cl' suits no combination"),
        (HCCS + 'output = "u9"', "output must be one of u8, i16, not 'u9'"),
        (HCCS + "lanes = [4, 65]", "lanes = 65 suits no combination: lanes must be 1 to 64"),
        (HCCS + 'target = "tsmc"', "target must be one of generic"),
        (HCCS + "target = 3", "target must be a name, not 3"),
        ("clock_ns = " + "9" * 5000, "must be TOML: an integer has too many digits"),
        ("clock_ns = " + "9" * 400, "clock_ns must be 0.1 to 1e[+]06, not 9999"),
        ("clock_ns = true", "clock_ns must be a number, not True"),
        ("seeds = 3.0", "seeds must be an integer from 1 to 100, not 3.0"),
        (HCCS + "lanes = 4.0", "lanes must be an integer, not 4.0"),
        (HCCS + "lanes = [4, 4.0]", "lanes = 4.0 suits no combination: lanes must be an integer"),
        (HCCS + "heads = [1, true]", "heads = True suits no combination: heads must be an int"),
        (HCCS + "lanes = 2026-01-01", "lanes must be a value or a list of values, not datetime"),
        (HCCS + "length = inf", "number must be finite, not inf"),
        (HCCS + "length = [nan]", "number must be finite, not nan"),
        (HCCS + "lanes = " + "9" * 4000, "lanes must be 1 to 64, not an integer of 132"),
        (HCCS + f'"{"x" * 100000}" = 3', "key must be one of unit, preset"),
        (CONSMAX + "lines = 3", "key must be one of unit, preset"),
        (HCCS + f'divider = "{"x" * 100000}"', "divider must be one of"),
        (HCCS + f"lanes = {[1] * 100000 + [[2]]}", "lanes must be a value or a list of values"),
        (
            HCCS + "".join(f"{name} = {list(range(1, 101))}\n" for name in AXES),
            "grids must have at most 10000 combinations, not 100000000$",
        ),
        (
            2 * (HCCS + f"lanes = {list(range(6000))}\n"),
            "grids must have at most 10000 combinations, not 12000$",
        ),
    ],
)
def test_a_bad_file_is_one_line(load, text, message):
    with pytest.raises(InputError, match=message) as caught:
        load(text)
    assert "\n" not in str(caught.value)
    assert "s.toml" in str(caught.value)
    assert len(str(caught.value)) <= 300


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml: No such file"):
        load_sweep(tmp_path / "none.toml")


def test_the_second_grid_is_named(load):
    with pytest.raises(InputError, match=r"grid 2: unit must be .*, not 3"):
        load(HCCS + "[[grid]]\nunit = 3")


def test_an_absent_place_and_route_is_told_at_once(load, monkeypatch):
    monkeypatch.setattr("surmax.common.extras.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"surmax\[fpga\]"):
        load(HCCS + 'target = "gowin"')


def test_tasks_measure_each_point(load):
    sweep = load(GOOD)
    tasks = sweep_tasks(sweep, "cache")
    assert len({task.digest for task in tasks}) == len(sweep.points)
    assert tasks[0].arguments["clock_ns"] == 30.0
    assert tasks[0].arguments["seeds"] == [1, 2]
    assert Design(**tasks[0].arguments["design"]) == sweep.points[0].design


def measured(design, ge=100.0, error=None, energy=None):
    """What measure() gives, as far as a sweep looks at it."""
    total = {"ge": ge, "area_um2": None, "lut": None}
    return {
        "design": design.to_json() | {"scores_per_cycle": float(design.lanes)},
        "target": "generic",
        "area": {"total": total, "parts": {}, "logic": total},
        "timing": None,
        "energy": energy,
        "fpga": None,
        "error": error and {"all": {"mean_error": error}},
    }


def test_failures_stand_beside_what_was_measured(load):
    sweep = load(CONSMAX + "lanes = [1, 2, 4]")
    tasks = sweep_tasks(sweep, "cache")
    results = [measured(point.design) for point in sweep.points]
    outcomes = [
        Outcome(tasks[0], results[0], "", kept=False),
        Outcome(tasks[1], None, "YosysError: yosys failed", kept=False),
        Outcome(tasks[2], results[2], "", kept=True),
    ]
    found = assemble_sweep(sweep, outcomes)
    assert [one["design"]["lanes"] for one in found["measurements"]] == [1, 4]
    title = "consmax small, 2 lanes, rows of 64, generic"
    assert found["failed"] == [{"title": title, "error": "YosysError: yosys failed"}]
    # As many GE, more scores a cycle.
    assert [one["front"] for one in found["measurements"]] == [False, True]


def test_objectives():
    design = Design("d", "hccs", "clb", 4, 64)
    one = measured(design, error=0.5, energy={"random": {"pj_per_score": 3.0}})
    one["derived"] = {"pj": None, "gscores": None}
    assert objectives(one) == {"area": 100.0, "energy": 3.0, "error": 0.5, "throughput": 4.0}
    one["derived"] = {"pj": 2.0, "gscores": 0.25}
    one["area"]["total"] |= {"ge": None, "lut": 12}
    one["error"] = None
    assert objectives(one) == {"area": 12, "energy": 2.0, "error": None, "throughput": 0.25}


def test_the_front():
    def at(area, error, throughput, target="generic", length=64):
        goals = {"area": area, "energy": None, "error": error, "throughput": throughput}
        return {"target": target, "design": {"length": length}, "objectives": goals}

    rows = [
        (at(10, 0.1, 1.0), True),
        (at(10, 0.2, 1.0), False),  # more error
        (at(20, 0.1, 2.0), True),  # more area for more throughput
        (at(20, 0.2, 2.0), False),
        (at(9, 0.3, 1.0), True),  # least area
        (at(10, 0.1, 1.0), True),  # equal to the first
        (at(50, 0.9, 0.5, target="ecp5"), True),  # alone
        (at(50, 0.9, 0.5, length=256), True),
    ]
    measurements = [one for one, _ in rows]
    mark_front(measurements)
    assert [one["front"] for one in measurements] == [front for _, front in rows]


def test_the_example_is_right():
    sweep = load_sweep(DOCS / "examples" / "sweep.toml")
    assert sweep.points
    assert not sweep.skipped
