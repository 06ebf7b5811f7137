# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from surmax.golden import (
    CONSMAX_PRESETS,
    ConsmaxTables,
    InputError,
    consmax,
    correctly_rounded,
    solve_tables,
)
from surmax.golden.consmax.law import all_scores, truncated_product

HEAD = {"scale": 0.05, "beta": 1.5, "gamma": 3.0}


def slow_consmax(tables, score):
    """The law for one 8-bit score, in plain Python integers, bit by bit."""
    config = tables.config
    low, high = score & 15, score >> 4 & 15
    mu, ml = int(tables.mantissas[1][high]), int(tables.mantissas[0][low])
    product = config.compensation
    for i in range(config.mantissa_bits):
        for j in range(config.lower_mantissa_bits):
            if i + j >= config.dropped_columns and mu >> i & 1 and ml >> j & 1:
                product += 1 << (i + j)
    shift = config.exponent_step * int(tables.exponents[1][high] + tables.exponents[0][low])
    total = config.point_bits + shift
    return min((product + (1 << (total - 1))) >> total, config.max_code)


@pytest.mark.parametrize("name", ["paper", "small", "precise"])
def test_the_law_equals_its_plain_form(name):
    tables = solve_tables(CONSMAX_PRESETS[name], **HEAD)
    assert [slow_consmax(tables, score) for score in range(-128, 128)] == tables.codes.tolist()


def test_the_16_bit_law_equals_its_plain_form():
    config = CONSMAX_PRESETS["mixed"]
    tables = solve_tables(config, scale=0.05 / 256, beta=1.5, gamma=3.0)
    rng = np.random.default_rng(5)
    for score in rng.integers(-32768, 32768, 500).tolist():
        products, shift = [], 0
        for pair in (0, 1):
            nibbles = score >> 8 * pair & 15, score >> 8 * pair + 4 & 15
            words = [int(tables.mantissas[2 * pair + k][nibbles[k]]) for k in (0, 1)]
            shift += sum(int(tables.exponents[2 * pair + k][nibbles[k]]) for k in (0, 1))
            products.append(words[0] * words[1] >> config.product_bits - config.chain_bits)
        total = config.point_bits + shift
        expected = (products[0] * products[1] + (1 << (total - 1))) >> total
        assert consmax(np.array(score), tables) == min(expected, 65535)


def test_truncated_product_stays_within_its_bounds():
    config = CONSMAX_PRESETS["small"]
    upper = np.arange(1 << config.mantissa_bits)[:, None]
    lower = np.arange(1 << config.lower_mantissa_bits)[None]
    error = truncated_product(config, upper, lower) - upper * lower
    worst = sum(
        1 << i + j
        for i in range(config.mantissa_bits)
        for j in range(config.lower_mantissa_bits)
        if i + j < config.dropped_columns
    )
    assert error.max() == config.compensation
    assert error.min() == config.compensation - worst
    # The tree of the RTL has one column more than the product: nothing may pass that.
    assert truncated_product(config, upper, lower).max() < 1 << config.product_bits


def test_any_shape_and_masks():
    tables = solve_tables(CONSMAX_PRESETS["paper"], **HEAD)
    rng = np.random.default_rng(1)
    scores = rng.integers(-128, 128, (3, 4, 5)).astype(np.int8)
    mask = rng.random((3, 4, 5)) < 0.5
    codes = consmax(scores, tables, mask)
    assert codes.shape == (3, 4, 5)
    assert (codes[mask] == 0).all()
    assert (codes[~mask] == consmax(scores[~mask], tables)).all()
    assert consmax(np.int8(-128), tables) == tables.codes[0]
    assert consmax(np.zeros((0, 7), dtype=np.int8), tables).shape == (0, 7)


def test_saturation():
    tables = solve_tables(CONSMAX_PRESETS["small"], scale=0.12, beta=-2.0, gamma=1.0)
    assert tables.wrong_codes == 0
    assert consmax(np.array([127]), tables)[0] == 255
    assert (np.diff(tables.codes) >= 0).all()


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.array([128]), "scores must be -128 to 127, not 128"),
        (np.array([-129, 0]), "scores must be -128 to 127, not -129"),
        (np.array([0.5]), "scores must have an integer dtype, not float64"),
    ],
)
def test_bad_scores_are_refused(scores, message):
    with pytest.raises(InputError, match=message):
        consmax(scores, solve_tables(CONSMAX_PRESETS["paper"], **HEAD))


def test_words_round_trip():
    for config in CONSMAX_PRESETS.values():
        tables = solve_tables(config, scale=0.03 * 256 / 2**config.score_bits, beta=1.0, gamma=9.0)
        words = tables.words
        for table in range(config.tables):
            assert words[table].max() < 1 << config.word_format(table).word_bits
        again = ConsmaxTables.from_words(config, words, scale=0.03, beta=1.0, gamma=9.0)
        assert (again.mantissas == tables.mantissas).all()
        assert (again.exponents == tables.exponents).all()


def test_words_that_do_not_fit_are_refused():
    tables = solve_tables(CONSMAX_PRESETS["small"], **HEAD)
    words = tables.words.copy()
    words[1, 3] = 1 << 12
    with pytest.raises(InputError, match="table 1: words must be 0 to 4095, not 4096"):
        ConsmaxTables.from_words(tables.config, words, **HEAD)
    with pytest.raises(InputError, match=r"words must have shape \(2, 16\), not \(1, 16\)"):
        ConsmaxTables.from_words(tables.config, words[:1], **HEAD)
    mantissas = tables.mantissas.copy()
    mantissas[0, 2] = 1024
    with pytest.raises(InputError, match="table 0 entry 2: mantissa must be 0 to 1023, not 1024"):
        replace(tables, mantissas=mantissas)


def mpmath_codes(bits, scale, beta, gamma, scores):
    mpmath.mp.dps = 60
    codes = []
    for score in scores:
        value = mpmath.exp(mpmath.mpf(scale) * int(score) - mpmath.mpf(beta)) / mpmath.mpf(gamma)
        codes.append(min(int(mpmath.floor(value * 2**bits + mpmath.mpf("0.5"))), 2**bits - 1))
    return codes


def test_correct_rounding_agrees_with_mpmath():
    rng = np.random.default_rng(11)
    for _ in range(20):
        scale, beta, gamma = rng.uniform(0.01, 0.12), rng.uniform(-2, 8), rng.uniform(1, 200)
        for bits in (8, 16):
            codes = correctly_rounded(all_scores(8), bits, scale=scale, beta=beta, gamma=gamma)
            assert codes.tolist() == mpmath_codes(bits, scale, beta, gamma, all_scores(8))


def test_correct_rounding_where_float64_cannot_tell():
    # gamma is made so that the value is a boundary to within a few 1e-17 of itself: the float64
    # value carries no information, the decimals decide.
    scale, beta, score = 0.0371, 1.25, 77
    boundary = 100.5
    gamma = float(256 * mpmath.exp(mpmath.mpf(scale) * score - beta) / boundary)
    for step in (-2, -1, 0, 1, 2):
        nudged = gamma * (1 + step * 2.0**-52)
        code = correctly_rounded(np.array([score]), 8, scale=scale, beta=beta, gamma=nudged)
        assert code.tolist() == mpmath_codes(8, scale, beta, nudged, [score])


def test_a_tie_goes_to_the_even_code():
    # scale*q = beta exactly, so the value is 256/gamma: 256/512 = 0.5 and 256/(512/3) = 1.5.
    assert correctly_rounded(np.array([4]), 8, scale=0.25, beta=1.0, gamma=512.0)[0] == 0
    assert correctly_rounded(np.array([4]), 8, scale=0.25, beta=1.0, gamma=256 / 2.5)[0] == 2


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ({"scale": float("nan")}, "scale must be 1e-09 to 16, not nan"),
        ({"scale": 0.0}, "scale must be 1e-09 to 16, not 0.0"),
        ({"scale": "x"}, "scale must be a number, not 'x'"),
        ({"beta": float("inf")}, "beta must be -300 to 300, not inf"),
        ({"gamma": 0}, r"gamma must be 1e-30 to 1e\+30, not 0.0"),
        ({"gamma": -1.0}, r"gamma must be 1e-30 to 1e\+30, not -1.0"),
    ],
)
def test_impossible_heads_are_refused(head, message):
    with pytest.raises(InputError, match=message):
        solve_tables(CONSMAX_PRESETS["paper"], **(HEAD | head))
