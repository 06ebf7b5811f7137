# SPDX-License-Identifier: Apache-2.0
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from helpers.hccs_models import (
    FULL,
    PUBLISHED,
    adversarial_rows,
    bound_constants,
    every_mode,
    exact_model,
    published_kernel,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from surmax.golden import (
    HCCS_PRESETS,
    HccsConfig,
    HccsConstants,
    InputError,
    exact_hccs,
    hccs,
)
from surmax.golden.sampling import random_constants

ONE = HccsConstants(500, 7, 60)
LENGTHS = (1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 64, 100, 127, 128, 200, 255, 256, 257, 300)
VECTORS = Path(__file__).with_name("hccs_vectors.json")


def rows_of(length, rng, count=2):
    wide = rng.integers(-128, 128, (count, length))
    near = np.clip(rng.normal(rng.integers(-60, 60), 12, (count, length)), -128, 127)
    return np.vstack([wide, near, adversarial_rows(length)]).astype(np.int8)


def cases(name, seed, *, per_length=2):
    """Rows and legal constants of every length: (rows, constants)."""
    rng = np.random.default_rng(seed)
    config = HCCS_PRESETS[name]
    for length in LENGTHS:
        constants = random_constants(per_length, config, length, rng, masked=False)
        at_bounds = bound_constants(config, length, masked=False)
        constants += [at_bounds[k] for k in rng.integers(0, len(at_bounds), per_length)]
        for one in constants:
            yield rows_of(length, rng), one


@pytest.mark.parametrize("name", PUBLISHED)
def test_equals_the_published_kernel(name):
    config = HCCS_PRESETS[name]
    for rows, one in cases(name, 1):
        options = {"output": config.output, "divide": config.reciprocal == "div"}
        expected = [published_kernel(row, one, **options) for row in rows.tolist()]
        assert hccs(rows, one, config).tolist() == expected, (rows.shape, one)


@pytest.mark.parametrize("name", PUBLISHED)
def test_equals_the_published_kernel_at_every_bound(name):
    config = HCCS_PRESETS[name]
    options = {"output": config.output, "divide": config.reciprocal == "div"}
    for length in (2, 33, 128, 300):
        for one in bound_constants(config, length, masked=False):
            rows = adversarial_rows(length)[::3]
            expected = [published_kernel(row, one, **options) for row in rows.tolist()]
            assert hccs(rows, one, config).tolist() == expected, one


@settings(max_examples=150, deadline=None)
@given(
    row=st.lists(st.integers(-128, 127), min_size=1, max_size=300),
    name=st.sampled_from(PUBLISHED),
    seed=st.integers(0, 1 << 32),
)
def test_equals_the_published_kernel_on_any_row(row, name, seed):
    config = HCCS_PRESETS[name]
    (one,) = random_constants(1, config, len(row), np.random.default_rng(seed), masked=False)
    options = {"output": config.output, "divide": config.reciprocal == "div"}
    assert hccs(np.array(row), one, config).tolist() == published_kernel(row, one, **options)


@pytest.mark.parametrize(
    "fault",
    [
        "subtract saturates as unsigned",
        "maximum of the first 16",
        "no clamp",
        "clamp one low",
        "last position not summed",
        "shift of 14",
    ],
)
def test_these_rows_tell_a_faulty_kernel(fault):
    differs = 0
    for rows, one in cases("div", 1):
        for row, codes in zip(rows.tolist(), hccs(rows, one).tolist(), strict=True):
            differs += codes != published_kernel(row, one, output="u8", divide=True, fault=fault)
    assert differs > 10


@pytest.mark.parametrize(("name", "config"), every_mode())
def test_every_mode_equals_its_definition(name, config):
    rng = np.random.default_rng(5)
    for length in (1, 5, 32, 100):
        constants = bound_constants(config, length, masked=False)[:: 5 if length > 5 else 3]
        constants += random_constants(2, config, length, rng, masked=False)
        for one in constants:
            rows = rows_of(length, rng, count=1)[:: 1 if length < 32 else 3]
            expected = [exact_model(row, one, config) for row in rows.tolist()]
            assert hccs(rows, one, config).tolist() == expected, (name, one)


@settings(max_examples=200, deadline=None)
@given(
    row=st.lists(st.integers(-128, 127), min_size=1, max_size=60),
    output=st.sampled_from(["u8", "i16"]),
    reciprocal=st.sampled_from(["div", "clb", "clb1", "clb2"]),
    rounding=st.sampled_from(["floor", "nearest"]),
    fraction_bits=st.integers(0, 24),
    sum_bits=st.integers(15, 23),
    min_sum=st.integers(0, 9),
    seed=st.integers(0, 1 << 32),
)
def test_any_mode_equals_its_definition_under_any_mask(
    row, output, reciprocal, rounding, fraction_bits, sum_bits, min_sum, seed
):
    config = HccsConfig(output, reciprocal, rounding, fraction_bits, sum_bits, 1 << min_sum)
    rng = np.random.default_rng(seed)
    (one,) = random_constants(1, config, len(row), rng)
    mask = rng.random(len(row)) < rng.choice([0, 0.1, 0.5, 0.95, 1])
    expected = exact_model(row, one, config, mask.tolist())
    assert hccs(np.array(row), one, config, mask).tolist() == expected


@pytest.mark.parametrize("output", ["u8", "i16"])
def test_rows_of_thousands_with_wide_sums(output):
    config = HccsConfig(output, rounding="nearest", fraction_bits=22, sum_bits=22)
    rng = np.random.default_rng(6)
    rows = rng.integers(-128, 128, (2, 4096)).astype(np.int8)
    # A few high scores in a low row: what leaves codes of 8 bits at all.
    rows[1] = np.where(rng.random(4096) < 0.002, rows[1], -128)
    for one in (HccsConstants(1023, 8, 127), HccsConstants(256, 2, 127)):
        mask = rng.random(rows.shape) < 0.3
        expected = [
            exact_model(row, one, config, drop)
            for row, drop in zip(rows.tolist(), mask.tolist(), strict=True)
        ]
        assert any(map(any, expected))
        assert hccs(rows, one, config, mask).tolist() == expected


@pytest.mark.parametrize("name", HCCS_PRESETS)
def test_masks_are_exact(name):
    config = HCCS_PRESETS[name]
    rng = np.random.default_rng(7)
    for length in (1, 2, 31, 64, 127):
        for one in random_constants(3, config, length, rng):
            rows = rows_of(length, rng)
            mask = rng.random(rows.shape) < 0.6
            mask[0], mask[1] = True, False
            mask[2] = np.arange(length) != rng.integers(length)
            codes = hccs(rows, one, config, mask)
            assert not codes[mask].any()
            for row, drop, got in zip(rows, mask, codes, strict=True):
                kept = int((~drop).sum())
                if not kept:
                    continue
                assert got[~drop].tolist() == exact_model(row[~drop].tolist(), one, config)
                # Where the shorter row is legal without a mask, it gives the very same codes.
                if kept * one.floor >= config.min_sum:
                    assert got[~drop].tolist() == hccs(row[~drop], one, config).tolist()
            np.testing.assert_array_equal(codes[1], hccs(rows[1], one, config, mask[1] & False))
            assert codes[2].max() == codes[2][~mask[2]][0] > 0


def test_what_stands_under_a_mask_does_not_count():
    rows = rows_of(64, np.random.default_rng(8))
    mask = np.arange(64) >= 20
    other = np.where(mask, np.int8(127), rows)
    np.testing.assert_array_equal(
        hccs(rows, ONE, HccsConfig(), mask), hccs(other, ONE, HccsConfig(), mask)
    )


def test_a_mask_broadcasts_and_heads_stand_on_axis_minus_3():
    rng = np.random.default_rng(9)
    scores = rng.integers(-128, 128, (2, 3, 5, 40)).astype(np.int8)
    config = HCCS_PRESETS["nearest"]
    heads = random_constants(3, config, 40, rng)
    mask = rng.random((2, 1, 1, 40)) < 0.5
    codes = hccs(scores, heads, config, mask)
    for head, one in enumerate(heads):
        alone = hccs(scores[:, head], one, config, mask[:, 0])
        np.testing.assert_array_equal(codes[:, head], alone)
    np.testing.assert_array_equal(hccs(scores[0], heads, config, mask[0]), codes[0])
    # A list of one head is that head.
    np.testing.assert_array_equal(
        hccs(scores[:, :1], heads[:1], config), hccs(scores[:, :1], heads[0], config)
    )


@pytest.mark.parametrize(("name", "dtype"), [("div", np.uint8), ("clb16", np.int16)])
def test_shape_and_dtype(name, dtype):
    for shape in ((7,), (1, 7), (2, 3, 4, 7)):
        for given_dtype in (np.int8, np.int64, np.uint8, ">i4"):
            codes = hccs(np.ones(shape, dtype=given_dtype), ONE, HCCS_PRESETS[name])
            assert codes.shape == shape
            assert codes.dtype == dtype
    assert hccs([3, 1, 2, 9], ONE).tolist() == hccs(np.array([3, 1, 2, 9]), ONE).tolist()


def test_memory_order_does_not_matter_and_the_input_is_left_alone():
    scores = np.random.default_rng(10).integers(-128, 128, (8, 64)).astype(np.int8)
    kept = scores.copy()
    mask = scores < 0
    codes = hccs(scores, ONE, HccsConfig(), mask)
    np.testing.assert_array_equal(hccs(scores[::-1, ::2].copy(), ONE), hccs(scores[::-1, ::2], ONE))
    turned = np.asfortranarray(scores)
    np.testing.assert_array_equal(hccs(turned, ONE, HccsConfig(), mask), codes)
    np.testing.assert_array_equal(scores, kept)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([1.0, 2.0], "scores must have an integer dtype, not float64"),
        ([True, False], "scores must have an integer dtype, not bool"),
        ([0, 128], "scores must be -128 to 127, not 128"),
        ([0, -129], "scores must be -128 to 127, not -129"),
        (np.int8(3), r"scores must be rows of at least 1 position, not shape \(\)"),
        (
            np.zeros((4, 0), np.int8),
            r"scores must be rows of at least 1 position, not shape \(4, 0\)",
        ),
    ],
)
def test_scores_that_are_none(scores, message):
    with pytest.raises(InputError, match=message):
        hccs(scores, ONE)


def test_illegal_constants_are_refused_for_these_rows():
    hccs(np.zeros(65, np.int8), ONE)
    with pytest.raises(InputError, match=r"length\*B must be at most .*, not 33000"):
        hccs(np.zeros(66, np.int8), ONE)
    with pytest.raises(
        InputError, match="B must be at least min_sum = 256 where positions can be masked"
    ):
        hccs(np.zeros(8, np.int8), HccsConstants(200, 1, 3), None, np.zeros(8, bool))
    with pytest.raises(InputError, match=r"length\*B must be at most .*, not 33000"):
        hccs(np.zeros((2, 1, 66), np.int8), [HccsConstants(400, 0, 0), ONE])


@pytest.mark.parametrize("shape", [(3, 4, 8), (2, 8), (8,)])
def test_heads_that_fit_no_axis(shape):
    with pytest.raises(InputError, match="scores must have 2 heads on axis -3"):
        hccs(np.zeros(shape, np.int8), [ONE, ONE])


def test_masks_that_fit_no_scores():
    with pytest.raises(InputError, match=r"mask must broadcast to shape \(4, 8\), not \(3,\)"):
        hccs(np.zeros((4, 8), np.int8), ONE, None, [True, False, True])


@settings(max_examples=200, deadline=None)
@given(
    row=st.lists(st.integers(-128, 127), min_size=2, max_size=64),
    name=st.sampled_from(sorted(HCCS_PRESETS)),
    seed=st.integers(0, 1 << 32),
)
def test_monotone_in_scores(row, name, seed):
    config = HCCS_PRESETS[name]
    (one,) = random_constants(1, config, len(row), np.random.default_rng(seed))
    codes = hccs(np.sort(np.array(row)), one, config, np.zeros(len(row), bool))
    assert (np.diff(codes.astype(int)) >= 0).all()
    # A permutation of a row is a permutation of its codes.
    order = np.random.default_rng(seed).permutation(len(row))
    none = np.zeros(len(row), bool)
    straight = hccs(np.array(row), one, config, none)[order]
    np.testing.assert_array_equal(hccs(np.array(row)[order], one, config, none), straight)


@pytest.mark.parametrize(("name", "config"), every_mode())
def test_row_sums_stay_within_what_rounding_explains(name, config):
    rng = np.random.default_rng(11)
    full = FULL[config.output]
    over = {"div": 1, "clb": 2, "clb1": Fraction(3, 2), "clb2": Fraction(5, 4)}[config.reciprocal]
    for length in (1, 8, 64):
        for one in random_constants(4, config, length, rng, masked=False):
            rows = rows_of(length, rng)
            sums = hccs(rows, one, config).sum(axis=-1, dtype=np.int64)
            # rho is at most one unit too small, each code at most one too small.
            short = length + length * one.B / 2**config.fraction_bits
            up = Fraction(length, 2) if config.rounding == "nearest" else 0
            assert sums.max() <= over * full + up
            if config.reciprocal == "div":
                assert sums.min() >= full - short


def test_flat_rows_of_the_published_form_lose_their_sum_and_nearest_keeps_it():
    for length, expected in ((32, 0.875), (64, 0.75), (128, 0.5)):
        one = HccsConstants(HccsConfig().max_b(length), 1, 10)
        flat = np.zeros(length, np.int8)
        assert hccs(flat, one).sum() / 255 == pytest.approx(expected, abs=0.005)
        assert hccs(flat, one, HCCS_PRESETS["nearest"]).sum() / 255 >= expected


def test_exact_hccs_is_the_rational_function():
    rng = np.random.default_rng(12)
    for length in (1, 9, 64):
        for one in random_constants(3, HccsConfig(), length, rng):
            rows = rows_of(length, rng)
            mask = rng.random(rows.shape) < 0.5
            mask[0] = True
            got = exact_hccs(rows, one, mask)
            for row, drop, values in zip(rows.tolist(), mask.tolist(), got.tolist(), strict=True):
                kept = [x for x, masked in zip(row, drop, strict=True) if not masked]
                s = [
                    0 if masked else one.B - one.S * min(max(kept) - x, one.Dmax)
                    for x, masked in zip(row, drop, strict=True)
                ]
                expected = [Fraction(v, max(sum(s), 1)) for v in s]
                assert values == [float(v) for v in expected]


def test_fine_modes_are_close_to_the_real_function():
    rng = np.random.default_rng(13)
    for name, bound in (("nearest", 0.51), ("div", 1.01), ("fine16", 0.51)):
        config = HCCS_PRESETS[name]
        for one in random_constants(4, config, 64, rng, masked=False):
            rows = rows_of(64, rng)
            error = hccs(rows, one, config) - exact_hccs(rows, one) * FULL[config.output]
            rho_loss = one.B / 2**config.fraction_bits
            assert np.abs(error).max() <= bound + rho_loss


def test_recorded_vectors():
    document = json.loads(VECTORS.read_text())
    assert set(document["presets"]) == set(HCCS_PRESETS)
    for name, vectors in document["presets"].items():
        config = HccsConfig.from_json(vectors["config"])
        assert config == HCCS_PRESETS[name]
        for one in vectors["rows"]:
            constants = HccsConstants(one["B"], one["S"], one["Dmax"])
            mask = np.array(one["mask"], dtype=bool)
            assert hccs(one["scores"], constants, config, mask).tolist() == one["codes"]
