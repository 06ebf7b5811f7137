# SPDX-License-Identifier: Apache-2.0
"""The integer softmax against a step by step transcription and against real softmax."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from surmax.golden import (
    SOFTMAX_PRESETS,
    InputError,
    SoftmaxConfig,
    SoftmaxConstants,
    exact_softmax,
    softmax,
    softmax_preset,
)

CONFIGS = {
    **SOFTMAX_PRESETS,
    "interpolated u8": SoftmaxConfig(fraction_bits=9, table_bits=5),
    "every column": SoftmaxConfig(dropped_columns=0, value_bits=11),
}


def step_by_step(row, rate, config, mask):
    """One row in Python integers, as the docstrings of the law say it."""
    kept = [x for x, drop in zip(row, mask, strict=True) if not drop]
    if not kept:
        return [0] * len(row)
    top, pairs = max(kept), []
    ceiling = (1 << config.value_bits) - 1
    for x, drop in zip(row, mask, strict=True):
        cut = config.rate_bits - config.fraction_bits
        t = ((top - x) * rate + (1 << cut) // 2) // (1 << cut)
        whole, fraction = divmod(t, 1 << config.fraction_bits)
        entry, rest = divmod(fraction, 1 << config.linear_bits)
        at = [ceiling * 2 ** (-(entry + k) / 2**config.table_bits) for k in (0, 1)]
        slope = round((at[0] - at[1]) * 16 / 2**config.linear_bits) if config.linear_bits else 0
        mantissa = round(at[0]) - slope * rest // 16
        wide = mantissa * 2 ** (config.sum_bits - config.value_bits)
        pairs.append((0, 0) if drop else (mantissa // 2**whole, wide // 2**whole))
    total = sum(term for _, term in pairs)
    exponent = total.bit_length() - config.sum_bits
    leading = total >> (total.bit_length() - config.reciprocal_bits)
    rho = config.dividend // leading
    codes = []
    for value, _ in pairs:
        product = 0
        for place in range(0, config.value_bits, 2):
            digit = (value >> place & 3) * rho * 2**place
            keep = 2 ** max(config.dropped_columns, place)
            product += digit - digit % keep
        halves = (product + config.offset) // 2 ** (config.shift - 1 + exponent)
        codes.append((halves + 1) // 2)
    return codes


rows = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(-128, 127), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n),
    )
)


@pytest.mark.parametrize("name", CONFIGS)
@given(row=rows, part=st.floats(0, 1))
def test_equals_a_transcription(name, row, part):
    config = CONFIGS[name]
    scores, mask = row
    rate = max(1, round(part * config.max_rate))
    codes = softmax(scores, SoftmaxConstants(rate), config, mask=mask)
    assert codes.tolist() == step_by_step(scores, rate, config, mask)


@pytest.mark.parametrize("length", [4, 64, 256])
@pytest.mark.parametrize("name", CONFIGS)
def test_stays_within_the_stated_bound(name, length):
    config = CONFIGS[name]
    rng = np.random.default_rng(length)
    bound, worst = config.max_error(length), 0.0
    # All others at one distance: the sum of what is cut off is largest there.
    flat = np.full((256, length), 127) - np.arange(256)[:, None]
    flat[:, 0] = 127
    for scale in (0.004, 0.03, 0.11, 0.34):
        constants = SoftmaxConstants.of_scale(scale, config)
        spread = rng.choice((2, 10, 40), (400, 1))
        scores = np.clip(np.rint(rng.normal(0, 1, (400, length)) * spread), -128, 127).astype(int)
        scores = np.concatenate([scores, flat])
        exact = exact_softmax(scores, scale=constants.scale(config)) * config.max_code
        worst = max(worst, float(np.abs(softmax(scores, constants, config) - exact).max()))
    assert worst <= bound
    assert worst > bound / 6  # a bound that says nothing would hold for anything


def test_uint8_is_at_most_one_code_from_correct_rounding_up_to_64_positions():
    assert SOFTMAX_PRESETS["u8"].max_error(64) < 1.5


def test_masked_positions_count_nothing_and_heads_have_their_own_rate():
    config = SoftmaxConfig()
    rng = np.random.default_rng(3)
    scores = rng.integers(-128, 128, (2, 3, 5, 16))
    mask = rng.random((2, 1, 5, 16)) < 0.3
    heads = [SoftmaxConstants(rate) for rate in (30, 400, 2000)]
    codes = softmax(scores, heads, config, mask=mask)
    assert not codes[np.broadcast_to(mask, codes.shape)].any()
    for head, constants in enumerate(heads):
        for row in range(5):
            keep = ~mask[0, 0, row]
            alone = softmax(scores[0, head, row, keep], constants, config)
            assert codes[0, head, row, keep].tolist() == alone.tolist()
    assert not softmax([[5, 6]], heads[0], config, mask=[[True, True]]).any()


def test_the_maximum_of_a_lone_position_is_full_scale():
    for config in CONFIGS.values():
        assert softmax([[-128]], SoftmaxConstants(9), config).tolist() == [[config.max_code]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SoftmaxConfig(output="u4"), "output must be one of u8, i16, not 'u4'"),
        (lambda: SoftmaxConfig(fraction_bits=13), "fraction_bits must be 4 to 11, not 13"),
        (lambda: SoftmaxConfig(sum_bits=9), "sum_bits must be 10 to 24, not 9"),
        (lambda: SoftmaxConfig(value_bits=8), "value_bits must be 9 to 17, not 8"),
        (lambda: SoftmaxConfig(output="i16", value_bits=15), "value_bits must be 16 to 17"),
        (lambda: SoftmaxConfig(reciprocal_bits=8), "reciprocal_bits must be 9 to"),
        (lambda: SoftmaxConstants(0), "rate must be 1 to 524287, not 0"),
        (lambda: SoftmaxConstants.of_scale(0.4, SoftmaxConfig()), "scale must be 0.00017 to 0.346"),
        (lambda: softmax([1], SoftmaxConstants(5000)), "rate must be 1 to 2047, not 5000"),
        (lambda: softmax([1, 2], [SoftmaxConstants(5)]), "must have 1 heads on axis -3"),
        (lambda: softmax_preset("u9"), "not 'u9'"),
    ],
)
def test_refuses_in_one_line(make, message):
    with pytest.raises(InputError) as error:
        make()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_scale_comes_back_within_half_a_rate():
    config = SoftmaxConfig()
    for scale in (0.01, 0.1, 0.3):
        back = SoftmaxConstants.of_scale(scale, config).scale(config)
        assert abs(back - scale) <= math.log(2) / 2 ** (config.rate_bits + 1)


def test_json_round_trip():
    for config in CONFIGS.values():
        assert SoftmaxConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(("output", "least"), [("u8", 9), ("i16", 16)])
def test_every_width_keeps_a_lone_score_and_masked_zeros(output, least):
    for value_bits in range(least, 18):
        for reciprocal_bits in range(least, 19):
            config = SoftmaxConfig(
                output=output, value_bits=value_bits, sum_bits=24, reciprocal_bits=reciprocal_bits
            )
            lone, masked = softmax([5, 9], SoftmaxConstants(9), config, [False, True]).tolist()
            assert abs(lone - config.max_code) <= config.max_error(2)
            assert masked == 0
