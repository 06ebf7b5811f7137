# SPDX-License-Identifier: Apache-2.0
import json

import numpy as np
import pytest
from click.testing import CliRunner
from helpers.repository import DOCS
from surmax.calibrate.hccs.modes import COMPARISONS, LENGTHS, measure
from surmax.golden import HCCS_PRESETS, HccsConfig, HccsConstants, InputError
from surmax.golden.hccs.samples import KINDS, sample_rows

from surmax.commands.measure.errors import errors


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The page of `surmax errors`, and the JSON of the same run."""
    path = tmp_path_factory.mktemp("errors") / "page.md"
    done = CliRunner().invoke(errors, ["-o", str(path), "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    return path.read_text(), json.loads(done.stdout)


def test_the_page_in_docs_is_what_the_command_writes(made):
    assert (DOCS / "hccs-errors.md").read_text() == made[0]


def test_every_mode_kind_and_length_is_measured(made):
    tables = made[1]["tables"]
    for name, modes in COMPARISONS.items():
        found = {(row["kind"], row["n"], row["mode"]) for row in tables[name]}
        assert found == {(kind, n, mode) for kind in KINDS for n in LENGTHS for mode in modes}
        for row in tables[name]:
            assert HccsConfig.from_json(row["config"]) == modes[row["mode"]]
            low, mean, high = (row[f"row_sum_{name}"] for name in ("min", "mean", "max"))
            assert 0 <= low <= mean + 1e-12
            assert mean <= high + 1e-12
    for one in made[1]["constants"]:
        constants = HccsConstants(one["B"], one["S"], one["Dmax"])
        constants.check(HccsConfig(), one["n"])


def test_known_weaknesses_show_and_their_cures_help(made):
    tables = made[1]["tables"]

    def pick(table, key, **wanted):
        return [
            row[key]
            for row in tables[table]
            if all(row[name] == value for name, value in wanted.items())
        ]

    assert min(pick("published", "row_sum_min", mode="div16", kind="natural")) < 0.75
    assert min(pick("fraction", "row_sum_min", mode="div16, 15 bits, nearest")) > 0.98
    worst = [max(pick("leading", "max_error", mode=mode)) for mode in ("clb", "clb1", "clb2")]
    assert worst == sorted(worst, reverse=True)
    assert min(row["padded_leak_mean"] for row in tables["masks"]) > 0.03
    assert max(row["masked_leak_max"] for row in tables["masks"]) == 0


def test_measure_on_rows_that_are_known():
    # By hand: s = (300, 200), rho = 16711; s = (300, 300), rho = 13926.
    scores = np.array([[0, -100], [5, 5]], dtype=np.int8)
    found = measure(scores, HccsConstants(300, 1, 100), HCCS_PRESETS["div"])
    assert found["row_sum_min"] == pytest.approx((152 + 101) / 255)
    assert found["row_sum_max"] == pytest.approx((127 + 127) / 255)
    assert found["max_error"] == pytest.approx(0.6 - 152 / 255)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_seeded_and_as_described(kind):
    rows = sample_rows(kind, 64)
    assert rows.dtype == np.int8
    assert rows.shape == (256, 64)
    np.testing.assert_array_equal(rows, sample_rows(kind, 64))
    assert (rows != sample_rows(kind, 64, seed=2)).any()
    spread = rows.max(axis=-1).astype(int) - rows.min(axis=-1)
    assert {"flat": spread.max() <= 2, "peaked": spread.min() > 150}.get(kind, True)


def test_rows_of_another_kind_are_refused():
    with pytest.raises(InputError, match="kind must be one of flat, peaked, natural, not 'wavy'"):
        sample_rows("wavy", 16)
