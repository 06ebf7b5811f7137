# SPDX-License-Identifier: Apache-2.0
"""Public functions of the laws refuse what they cannot take in one line, and warn of nothing."""

import math
from dataclasses import replace

import numpy as np
import pytest
from helpers.malformed import HOSTILE, one_line_or
from surmax.golden import (
    CONSMAX_PRESETS,
    ConsmaxTables,
    HccsConfig,
    HccsConstants,
    InputError,
    SoftermaxConfig,
    SoftmaxConfig,
    SoftmaxConstants,
    consmax,
    correctly_rounded,
    error_metrics,
    exact_consmax,
    exact_hccs,
    exact_softermax,
    exact_softmax,
    hccs,
    load_constants,
    save_constants,
    softermax,
    softmax,
    solve_tables,
    wrong_codes,
)
from surmax.golden.hccs.config import fit_min_sum
from surmax.golden.hccs.samples import sample_rows
from surmax.golden.sampling import random_constants, random_heads

SCORES = np.random.default_rng(1).integers(-128, 128, (3, 8), dtype=np.int8)
HEAD = {"scale": 0.05, "beta": 1.0, "gamma": 2.0}
TABLES = solve_tables(CONSMAX_PRESETS["small"], **HEAD)
CONSTANTS, RATE = HccsConstants(511, 13, 39), SoftmaxConstants(300)
MASK = np.arange(8) > 4

# Function, then arguments that are legal; each is replaced by hostile values.
CALLS = {
    consmax: {"scores": SCORES, "tables": TABLES, "mask": MASK},
    hccs: {"scores": SCORES, "constants": CONSTANTS, "config": HccsConfig(), "mask": MASK},
    softmax: {"scores": SCORES, "constants": RATE, "config": SoftmaxConfig(), "mask": MASK},
    softermax: {"scores": SCORES, "config": SoftermaxConfig(), "mask": MASK, "lanes": 4},
    exact_consmax: {"scores": SCORES} | HEAD,
    exact_softmax: {"scores": SCORES, "scale": 0.05, "mask": MASK},
    exact_hccs: {"scores": SCORES, "constants": CONSTANTS, "mask": MASK},
    exact_softermax: {"scores": SCORES, "mask": MASK},
    correctly_rounded: {"scores": SCORES, "bits": 8} | HEAD,
    error_metrics: {
        "codes": SCORES * 0 + 3,
        "reference": np.full(SCORES.shape, 0.1),
        "output_bits": 8,
        "full_scale": 255,
        "mask": MASK,
    },
    solve_tables: {"config": CONSMAX_PRESETS["paper"]} | HEAD,
    ConsmaxTables.from_words: {"config": TABLES.config, "words": TABLES.words} | HEAD,
    ConsmaxTables: {
        "config": TABLES.config,
        "mantissas": TABLES.mantissas,
        "exponents": TABLES.exponents,
    }
    | HEAD,
    wrong_codes: {"config": CONSMAX_PRESETS["small"], "count": 1},
    random_heads: {"count": 2, "seed": 1},
    random_constants: {
        "count": 2,
        "config": HccsConfig(),
        "length": 64,
        "rng": np.random.default_rng(1),
    },
    sample_rows: {"kind": "flat", "length": 8, "count": 2, "seed": 1},
    fit_min_sum: {"config": HccsConfig(), "max_length": 64},
    HccsConfig().max_b: {"length": 64},
    SoftmaxConfig().max_error: {"length": 64},
    SoftermaxConfig().max_error: {"length": 64, "lanes": 4},
    CONSTANTS.check: {"config": HccsConfig(), "length": 64, "masked": True},
    RATE.check: {"config": SoftmaxConfig()},
    SoftmaxConstants.of_scale: {"scale": 0.05, "config": SoftmaxConfig()},
    load_constants: {"path": "/nowhere.json", "unit": "hccs"},
}
# A generator is the caller's own.
UNCHECKED = ("rng", "path")


@pytest.mark.parametrize("function", CALLS, ids=lambda function: function.__qualname__)
def test_any_value_is_taken_or_refused_in_one_line(function):
    good = CALLS[function]
    for name in good:
        if name in UNCHECKED:
            continue
        for value in HOSTILE:
            # Many heads are legal, and slow.
            if name == "count" and isinstance(value, int) and value == 15:
                continue
            one_line_or(lambda name=name, value=value: function(**good | {name: value}))


@pytest.mark.parametrize("value", [math.nan, math.inf, 0, -5, 5.0, "5", True, None, 1 << 40])
def test_lengths_are_positive_integers(value):
    for check in (
        lambda: CONSTANTS.check(HccsConfig(), value),
        lambda: HccsConfig().max_b(value),
        lambda: SoftmaxConfig().max_error(value),
        lambda: SoftermaxConfig().max_error(value, 4),
    ):
        with pytest.raises(InputError, match=r"^length must be "):
            check()


@pytest.mark.parametrize("scale", [math.nan, math.inf, -math.inf, 0, -1.0, 16.5, "1", True])
def test_scales_are_numbers_in_range(scale):
    with pytest.raises(InputError, match=r"^scale must be "):
        exact_softmax(SCORES, scale=scale)


@pytest.mark.parametrize("shape", [(4, 8), (2, 3, 8), (3, 9), (8, 3)])
def test_a_mask_of_another_shape_is_refused(shape):
    drop = np.zeros(shape, dtype=bool)
    for call in (
        lambda: consmax(SCORES, TABLES, drop),
        lambda: hccs(SCORES, CONSTANTS, mask=drop),
        lambda: softmax(SCORES, RATE, mask=drop),
        lambda: softermax(SCORES, mask=drop),
        lambda: exact_softmax(SCORES, scale=0.1, mask=drop),
        lambda: exact_hccs(SCORES, CONSTANTS, drop),
        lambda: exact_softermax(SCORES, drop),
        lambda: error_metrics(SCORES * 0, np.zeros((3, 8)), 8, mask=drop),
    ):
        with pytest.raises(InputError, match=r"^mask must broadcast to shape \(3, 8\), not "):
            call()


def test_numpy_lanes_give_the_codes_of_plain_ones():
    rows = np.random.default_rng(2).integers(-128, 128, (4, 300), dtype=np.int8)
    for kind in (np.int8, np.int16, np.uint8, np.int64):
        np.testing.assert_array_equal(softermax(rows, lanes=kind(7)), softermax(rows, lanes=7))


@pytest.mark.parametrize("name", ["paper", "small", "fpga", "precise", "mixed"])
def test_legal_heads_raise_no_warnings(name):
    # Warnings are errors in these tests.
    config = CONSMAX_PRESETS[name]
    rounding = ("solved", "nearest") if config.score_bits == 8 else ("nearest",)
    for scale in (1e-9, 0.05, 9.4, 16.0):
        for beta in (-300.0, 9.4, 300.0):
            for gamma in (1e-30, 9.4, 1e30):
                for one in rounding:
                    if one == "solved" and gamma == 9.4 and beta != 9.4:
                        continue
                    tables = solve_tables(
                        replace(config, table_rounding=one), scale=scale, beta=beta, gamma=gamma
                    )
                    assert tables.max_ulp <= config.max_code


def test_a_row_that_is_masked_everywhere_has_metrics():
    drop = np.array([[True, True], [False, False]])
    codes = np.array([[0, 0], [128, 127]])
    found = error_metrics(codes, codes / 255, 8, full_scale=255, mask=drop)
    assert found.kl_mean == pytest.approx(0, abs=1e-12)
    with pytest.raises(InputError, match="mask must leave at least one position"):
        error_metrics(codes, codes / 255, 8, mask=True)


def test_heads_that_are_none_are_not_saved(tmp_path):
    for heads in ([1], ["head"], [None], [TABLES]):
        for config in (HccsConfig(), CONSMAX_PRESETS["small"]):
            with pytest.raises(InputError, match=r"^heads must be "):
                save_constants(tmp_path / "c.json", config, heads, length=64)
    assert not any(tmp_path.iterdir())
