# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest
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
    with pytest.raises(InputError, match="length is 9: rows of 8, 16 are in the scores"):
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
        ({}, "array scores is missing"),
        ({"scores": CODES}, "array scale is missing: int8 scores need it"),
        ({"scores": CODES[0], "scale": [1.0]}, r"scores have shape \(5, 8\): \(heads, rows"),
        ({"scores": CODES.astype(int)}, "scores have dtype int64: int8 or float is needed"),
        ({"scores9": CODES, "scale": [1.0, 1.0]}, "scores9 have rows of 8 positions"),
        ({"scores": CODES, "scores8": CODES, "scale": [1.0, 1.0]}, "rows of 8 positions come"),
        ({"scores": CODES, "scale": [1.0]}, r"scale has shape \(1,\), float64: 2 floats"),
        ({"scores": CODES, "scale": [1.0, 0.0]}, "layer 0 head 1: all scores are 0|scale is 0"),
        (
            {"scores": CODES, "scale": [1.0, 99.0]},
            "layer 0 head 1: scale must be 1e-09 to 16, not 99",
        ),
        ({"scores": CODES, "scale": [1.0, 1.0], "mask": CODES}, "mask has dtype int8"),
        ({"scores": CODES, "scale": [1.0, 1.0], "mask": CODES[0, 0] > 0}, r"mask is for shape"),
        ({"scores": CODES, "scale": [1.0, 1.0], "valid": [9] * 5}, "valid holds something else"),
        ({"scores": CODES, "scale": [1.0, 1.0], "weights": -1.0 * CODES}, "weights hold"),
        ({"scores": CODES, "scale": [1.0, 1.0], "values": CODES}, "unknown array 'values'"),
        ({"scores": CODES, "scale": [1.0, 1.0], "layer": [0, 0], "head": [1, 1]}, "comes twice"),
        (
            {"scores": CODES, "scale": [1.0, 1.0], "head": [0, 70000]},
            "head must be 0 to 65535, not 70000",
        ),
        ({"scores": CODES, "scale": [1.0, 1.0], "about": "["}, "about is no JSON"),
        ({"mask7": CODES > 0, "scores": CODES, "scale": [1.0, 1.0]}, "mask7 comes without scores7"),
        ({"scores": np.full((1, 2, 3), np.nan)}, "a number that is not finite: give a mask"),
        ({"scores": np.zeros((1, 2, 3))}, "layer 0 head 0: all scores are 0"),
    ],
)
def test_every_fault_is_one_line(tmp_path, arrays, message):
    path = tmp_path / "bad.npz"
    np.savez(path, **{name: np.asarray(one) for name, one in arrays.items()})
    with pytest.raises(InputError, match=message) as error:
        load_scores(path)
    assert str(error.value).startswith(f"scores {path}: ")
    assert "\n" not in str(error.value)


def test_what_is_no_file_of_scores(tmp_path):
    path = tmp_path / "x.npz"
    with pytest.raises(InputError, match="No such file"):
        load_scores(path)
    path.write_text("nothing")
    with pytest.raises(InputError, match=r"are no \.npz file"):
        load_scores(path)
    np.save(tmp_path / "x.npy", CODES)
    with pytest.raises(InputError, match="it is one array"):
        load_scores(tmp_path / "x.npy")
    with pytest.raises(InputError, match="array scale is missing"):
        save_scores(tmp_path / "none.npz", {8: CODES})
    assert not (tmp_path / "none.npz").exists()
