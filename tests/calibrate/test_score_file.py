# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest
from helpers.malformed import LONGEST_MESSAGE
from surmax.calibrate.score_file import load_scores, save_scores
from surmax.golden import InputError

RNG = np.random.default_rng(1)
CODES = RNG.integers(-128, 128, (2, 5, 8)).astype(np.int8)


def test_round_trip(tmp_path):
    path = tmp_path / "scores.npz"
    causal = np.arange(8) > np.arange(5)[:, None]
    holes = np.zeros((2, 3, 16), bool)
    holes[:, :, 4] = True
    holes[1, 2] = True
    save_scores(
        path,
        {8: CODES, 16: np.tile(CODES[:, :3], 2)},
        scale=[0.05, 0.1],
        places=[(0, 3), (2, 1)],
        masks={8: causal, 16: holes},
        weights={8: np.ones((5, 8))},
        about={"model": "none"},
    )
    file = load_scores(path)
    assert file.about["model"] == "none"
    first, second = file.heads
    assert (first.layer, first.head, first.scale) == (0, 3, 0.05)
    assert (second.layer, second.head, second.scale) == (2, 1, 0.1)
    np.testing.assert_array_equal(first.rows[0].codes, CODES[0])
    np.testing.assert_array_equal(first.rows[0].mask, causal)
    np.testing.assert_array_equal(first.rows[0].weights, 1)
    assert first.rows[1].weights is None
    # A row that is masked everywhere is no row.
    assert [one.count for one in file.heads] == [8, 7]
    assert first.masked
    assert first.length == 16
    with np.load(path) as arrays:
        assert set(arrays) == {
            *("about", "head", "layer", "scale"),
            *("scores8", "scores16", "valid8", "mask16", "weights8"),
        }
    assert [one.count for one in file.of_lengths([8]).heads] == [5, 5]
    with pytest.raises(InputError, match="length must be one that the scores have, 8, 16, not 9"):
        file.of_lengths([9])


def test_the_plainest_file(tmp_path):
    path = tmp_path / "scores.npz"
    np.savez(path, scores=CODES, scale=np.array([0.05, 0.1]))
    heads = load_scores(path).heads
    assert [(one.layer, one.head, one.masked) for one in heads] == [(0, 0, False), (0, 1, False)]
    real = RNG.normal(0, 2, (2, 5, 8)).astype(np.float16)
    np.savez(path, scores=real)
    heads = load_scores(path).heads
    assert heads[1].scale == pytest.approx(np.abs(real[1]).max() / 127)
    assert heads[1].has_real
    assert np.abs(heads[1].rows[0].codes.astype(int)).max() == 127


def test_some_rows_are_the_same_for_all_heads(tmp_path):
    path = tmp_path / "scores.npz"
    np.savez(path, scores=np.stack([CODES[0], CODES[0]]), scale=np.array([0.05, 0.1]))
    file = load_scores(path)
    first, second = file.some_rows(3, seed=4).heads
    np.testing.assert_array_equal(first.rows[0].codes, second.rows[0].codes)
    again = file.some_rows(3, seed=4).heads[0]
    np.testing.assert_array_equal(first.rows[0].codes, again.rows[0].codes)
    assert file.some_rows(5, seed=4).heads[0].count == 5


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "array scores must be there"),
        ({"scores": CODES}, "array scale must be there for int8 scores"),
        (
            {"scores": CODES[0], "scale": [1.0]},
            r"scores must have shape \(heads, rows, length\), not \(5, 8\)",
        ),
        ({"scores": CODES.astype(int)}, "scores must be int8 or float, not int64"),
        ({"scores9": CODES, "scale": [1.0, 1.0]}, "scores9 must have rows of 9 positions, not 8"),
        (
            {"scores": CODES, "scores8": CODES, "scale": [1.0, 1.0]},
            "rows of 8 positions must be in one",
        ),
        ({"scores": CODES, "scale": [1.0]}, r"scale must be 2 floats, not float64 of shape \(1,\)"),
        (
            {"scores": CODES, "scale": [1.0, 0.0]},
            "layer 0 head 1: scale must be 1e-09 to 16, not 0.0",
        ),
        (
            {"scores": CODES, "scale": [1.0, 99.0]},
            "layer 0 head 1: scale must be 1e-09 to 16, not 99",
        ),
        ({"scores": CODES, "scale": [1.0, 1.0], "mask": CODES}, "mask must be bool, not int8"),
        (
            {"scores": CODES, "scale": [1.0, 1.0], "mask": CODES[0, 0] > 0},
            r"mask must be for shape",
        ),
        (
            {"scores": CODES, "scale": [1.0, 1.0], "valid": [9] * 5},
            "valid must be integers from 0 to 8",
        ),
        (
            {"scores": CODES, "scale": [1.0, 1.0], "weights": -1.0 * CODES},
            "weights must be finite numbers",
        ),
        (
            {"scores": CODES, "scale": [1.0, 1.0], "values": CODES},
            "array must be one of .*, not 'values'",
        ),
        (
            {"scores": CODES, "scale": [1.0, 1.0], "layer": [0, 0], "head": [1, 1]},
            "must be there once only",
        ),
        (
            {"scores": CODES, "scale": [1.0, 1.0], "head": [0, 70000]},
            "head must be 0 to 65535, not 70000",
        ),
        ({"scores": CODES, "scale": [1.0, 1.0], "about": "["}, "about must be JSON"),
        (
            {"mask7": CODES > 0, "scores": CODES, "scale": [1.0, 1.0]},
            "mask7 must come with scores7",
        ),
        ({"scores": np.full((1, 2, 3), np.nan)}, "scores must be finite: give a mask"),
        ({"scores": np.zeros((1, 2, 3))}, "layer 0 head 0: scores must not all be 0"),
        ({"scores": np.float32(1)}, r"scores must have shape \(heads, rows, length\), not \(\)"),
        ({"scores": np.zeros((0, 2, 3))}, r"scores must have shape \(heads, rows, length\)"),
        ({"scores": np.zeros((70000, 1, 1))}, "heads of scores must be 1 to 65536, not 70000"),
        (
            {"scores": np.where(CODES[0, 1, 2] == CODES, 1e300, 1.0)},
            r"scores must be -1e\+09 to 1e\+09, not 1e\+300 \(head, row, position 0, ",
        ),
        ({"scores": np.full((1, 2, 3), 1e5)}, "largest score must be 1.27e-07 to 2032 where no"),
        ({"scores": np.full((1, 2, 3), 1e-30)}, "largest score must be 1.27e-07 to 2032 where no"),
        (
            {"scores": np.full((1, 2, 3), -1e300), "mask": np.ones((1, 2, 3), bool)},
            "scores must be -1e",
        ),
        (
            {"scores": CODES, "scale": [1.0, 1.0], "mask": np.ones((5, 8), bool)},
            "layer 0 head 0: rows must have a position that is not masked",
        ),
        (
            {"scores": CODES, "scale": [1.0, 1.0], "valid": np.zeros(0, int)},
            r"valid must have shape \(2, 5\) or \(5,\), not \(0,\)",
        ),
        ({"scores": CODES, "scale": [1.0, 1.0], "valid": np.int8(3)}, "valid must have shape"),
        ({"scores": CODES, "scale": [1.0, 1.0], "valid": [np.nan] * 5}, "valid must be integers"),
        (
            {"scores": CODES, "scale": [1.0, 1.0], "weights": 0.0 * CODES},
            "weights must not all be 0, as those of head 0 are",
        ),
        (
            {
                "scores": CODES,
                "scale": [1.0, 1.0],
                "weights": np.arange(8.0) * np.ones((5, 8)),
                "mask": np.arange(8) * np.ones((5, 8)) > 0,
            },
            "weights must not all be 0",
        ),
        (
            {"scores": CODES, "scale": [1.0, 1.0], "weights": np.full((5, 8), 1e300)},
            "weights must be finite numbers from 0 up, at most 1e",
        ),
        ({"scores": CODES, "scale": [np.nan, 1.0]}, "scale must be 1e-09 to 16, not nan"),
        ({"scores": CODES, "scale": [1.0, np.inf]}, "scale must be 1e-09 to 16, not inf"),
        ({"scores": CODES, "scale": [1, 1]}, "scale must be 2 floats, not int64"),
        ({"scores08": CODES, "scale": [1.0, 1.0]}, "array must be one of .*, not 'scores08'"),
        ({"scores" + "9" * 5000: CODES}, "array must be one of .*, not 'scores9"),
        ({"scores": CODES, "scale": [1.0, 1.0], "about": "[" * 100000}, "nested too deeply"),
        ({"scores": CODES, "scale": [1.0, 1.0], "about": "9" * 5000}, "too many digits"),
        ({"scores": CODES, "scale": [1.0, 1.0], "about": '{"a": 1, "a": 2}'}, "not be twice"),
        ({"scores": CODES, "scale": [1.0, 1.0], "about": ["{}", "{}"]}, "about must be one text"),
        ({"scores": CODES, "scale": [1.0, 1.0], "about": 3.5}, "about must be one text"),
        ({"scores": CODES, "scale": [1.0, 1.0], "about": np.uint8([255])}, "about must be UTF-8"),
    ],
)
def test_every_fault_is_one_line(tmp_path, arrays, message):
    path = tmp_path / "bad.npz"
    np.savez(path, **{name: np.asarray(one) for name, one in arrays.items()})
    with pytest.raises(InputError, match=message) as error:
        load_scores(path)
    assert str(error.value).startswith(f"scores {path}: ")
    assert str(error.value).isprintable()
    assert len(str(error.value)) <= LONGEST_MESSAGE


def test_masked_positions_may_hold_any_fill(tmp_path):
    path = tmp_path / "scores.npz"
    mask = np.arange(8) > np.arange(5)[:, None]
    real = np.where(mask, np.finfo(np.float32).min, RNG.normal(0, 2, (2, 5, 8)))
    np.savez(path, scores=real.astype(np.float32), mask=mask)
    first, _ = load_scores(path).heads
    assert first.scale == pytest.approx(np.abs(np.where(mask, 0, real[0])).max() / 127)
    with pytest.raises(InputError, match=r"not -3.40282e\+38 \(head, row, position 0, 0, 1\)"):
        save_scores(path, {8: real.astype(np.float32)})


def test_what_is_no_file_of_scores(tmp_path):
    path = tmp_path / "x.npz"
    with pytest.raises(InputError, match="No such file"):
        load_scores(path)
    path.write_text("nothing")
    with pytest.raises(InputError, match=r"must be an \.npz file"):
        load_scores(path)
    np.save(tmp_path / "x.npy", CODES)
    with pytest.raises(InputError, match="not a single array"):
        load_scores(tmp_path / "x.npy")
    with pytest.raises(InputError, match="array scale must be there"):
        save_scores(tmp_path / "none.npz", {8: CODES})
    assert not (tmp_path / "none.npz").exists()
