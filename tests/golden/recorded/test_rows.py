# SPDX-License-Identifier: Apache-2.0
import json
from importlib.resources import files

import numpy as np
import pytest
from surmax.golden import InputError
from surmax.golden.recorded.rows import LENGTHS, PARTS, recorded_heads, recorded_rows
from surmax.train.data.packages import MINILM, SMOLLM2, WIKIPEDIA

FILE = files("surmax.golden.recorded").joinpath("recorded.npz")


def test_every_head_has_rows_of_both_lengths_in_both_parts():
    heads = recorded_heads()
    assert [one.causal for one in heads] == [False] * 8 + [True] * 6
    assert len({(one.model, one.layer, one.head) for one in heads}) == 14
    for head in heads:
        assert 0.02 < head.scale < 0.2
        for length, count in zip(LENGTHS, (64, 32), strict=True):
            calibration, test = (head.rows(length, part) for part in PARTS)
            for rows in (calibration, test):
                assert rows.scores.shape == rows.mask.shape == (count, length)
                assert rows.scores.dtype == np.int8
                assert rows.scores.std() > 5
                assert not rows.mask[:, 0].any()
                assert (np.diff(rows.mask.astype(int), axis=-1) >= 0).all()
            assert (calibration.scores != test.scores).any(axis=-1).all()


def test_the_scale_covers_the_calibration_rows():
    for head in recorded_heads():
        for length in LENGTHS:
            rows = head.rows(length, "calibration")
            assert np.abs(rows.scores[~rows.mask].astype(int)).max() <= 127


def test_rows_of_all_heads_come_with_or_without_masks():
    plain, causal = recorded_rows(64), recorded_rows(64, causal=True)
    assert plain.scores.shape == (8 * 64, 64)
    assert causal.scores.shape == (6 * 64, 64)
    assert not plain.mask.any()
    assert 0.3 < causal.mask.mean() < 0.7


def test_the_file_names_its_sources_and_is_small():
    with FILE.open("rb") as file, np.load(file) as arrays:
        about = json.loads(arrays["about"].tobytes())
    wanted = [(one.requirement, one.sha256) for one in (MINILM, SMOLLM2, WIKIPEDIA)]
    assert [(one["wheel"], one["sha256"]) for one in about["sources"]] == wanted
    assert len(FILE.read_bytes()) <= 300_000


def test_what_was_not_recorded_is_refused():
    head = recorded_heads()[0]
    with pytest.raises(InputError, match="length must be one of 64, 256, not 128"):
        head.rows(128)
    with pytest.raises(InputError, match="part must be one of calibration, test"):
        head.rows(64, "train")
