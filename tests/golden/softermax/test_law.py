# SPDX-License-Identifier: Apache-2.0
"""Softermax against a step by step transcription, the unit as drawn, and the real function."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from surmax.golden import (
    SOFTERMAX_PRESETS,
    InputError,
    SoftermaxConfig,
    exact_softermax,
    softermax,
    softermax_preset,
)

CONFIGS = {
    **SOFTERMAX_PRESETS,
    "u8, cut sums": SoftermaxConfig(output="u8", maximum="ceil", sum_bits=9, segments=8),
    "coarse": SoftermaxConfig(maximum="floor", value_bits=8, sum_bits=4),
}


def running(row, mask, config, lanes, fault=None):
    """Beat after beat: the integer maximum, the sum, and each score's (mantissa, exponent)."""
    to_integer = math.ceil if config.maximum == "ceil" else math.floor
    top, total, kept = -32, 0, []
    for start in range(0, len(row), lanes):
        beat = list(zip(row[start : start + lanes], mask[start : start + lanes], strict=True))
        alive = [to_integer(Fraction(q, 4)) for q, drop in beat if not drop]
        before, top = top, max([top, *alive])
        added = 0
        for q, drop in beat:
            whole = math.floor(Fraction(q, 4))
            mantissa = config.mantissas[q % 4] * 2 ** (config.value_bits + 1 - config.mantissa_bits)
            kept.append(None if drop else (mantissa, whole, top))
            lost = drop or (fault == "last beat of one" and len(beat) == 1)
            added += 0 if lost else math.floor(mantissa / Fraction(2) ** (top - whole))
        unit = 2 ** (config.value_bits - config.sum_bits)
        rise = 0 if fault == "sum not renormalised" else top - before
        added = math.floor(Fraction(added, unit) + (Fraction(1, 2) if unit > 1 else 0))
        total = math.floor(total / Fraction(2) ** rise) + added
    return top, total, kept


def normalised(total, config):
    """The exponent of a sum, and the reciprocal of its mantissa by straight lines."""
    exponent = total.bit_length() - 1
    mantissa = math.floor(Fraction(total, 2**exponent) * 2**config.reciprocal_bits)
    part = 2**config.reciprocal_bits // config.segments
    segment, x = divmod(mantissa - 2**config.reciprocal_bits, part)
    start, slope = (int(table[segment]) for table in config.lines)
    return exponent - config.sum_bits, start - slope * x // 2**config.offset_bits


def step_by_step(row, mask, config, lanes, fault=None):
    """One row in Python's integers and rationals, as the docstring of the law says it."""
    top, total, kept = running(row, mask, config, lanes, fault)
    if not total:
        return [0] * len(row)
    exponent, rho = normalised(total, config)
    codes = []
    for q, one in zip(row, kept, strict=True):
        if one is None:
            codes.append(0)
            continue
        product = math.floor(Fraction(config.mantissas[q % 4] * rho, 2**config.shift))
        shift = top - one[1] + exponent
        code = math.floor(product / Fraction(2) ** (shift + 1) + Fraction(1, 2))
        codes.append(code if config.output == "uq1.7" else min(code, config.max_code))
    return codes


def as_drawn(row, mask, config, lanes):
    """The paper's unit: stored exponentials, cut, are shifted and multiplied one by one."""
    top, total, kept = running(row, mask, config, lanes)
    if not total:
        return [0] * len(row)
    exponent, rho = normalised(total, config)
    codes = []
    for one in kept:
        stored = 0 if one is None else one[0] >> one[2] - one[1] >> top - one[2]
        unit = 2 ** (config.value_bits + config.reciprocal_bits)
        p = Fraction(stored * rho, unit) / Fraction(2) ** exponent
        codes.append(math.floor(config.max_code * p + Fraction(1, 2)))
    return codes


@st.composite
def rows(draw):
    length = draw(st.integers(1, 40))
    low, high = draw(st.sampled_from([(-128, 127), (100, 127), (-20, 10)]))
    scores = draw(st.lists(st.integers(low, high), min_size=length, max_size=length))
    order = draw(st.sampled_from([None, False, True]))
    if order is not None:
        scores.sort(reverse=order)
    masks = st.lists(st.booleans(), min_size=length, max_size=length)
    return scores, draw(st.one_of(st.just([False] * length), masks))


@pytest.mark.parametrize("name", CONFIGS)
@given(row=rows(), lanes=st.sampled_from([1, 2, 3, 4, 8, 16, 64]))
def test_equals_a_transcription(name, row, lanes):
    scores, mask = row
    codes = softermax(scores, CONFIGS[name], mask, lanes=lanes)
    assert codes.tolist() == step_by_step(scores, mask, CONFIGS[name], lanes)


@given(row=rows(), lanes=st.sampled_from([1, 4, 16]))
def test_published_formats_are_within_a_code_of_the_unit_as_drawn(row, lanes):
    scores, mask = row
    codes = softermax(scores, SoftermaxConfig(), mask, lanes=lanes).astype(int)
    assert np.abs(codes - as_drawn(scores, mask, SoftermaxConfig(), lanes)).max() <= 1


@pytest.mark.parametrize("fault", ["last beat of one", "sum not renormalised"])
def test_the_transcription_would_notice(fault):
    scores = [3, 9, 21, 40, 45, 4, 7, 41, 43]
    config, mask = SoftermaxConfig(output="u8"), [False] * 9
    assert softermax(scores, config, lanes=2).tolist() == step_by_step(scores, mask, config, 2)
    assert step_by_step(scores, mask, config, 2, fault) != step_by_step(scores, mask, config, 2)


def hard_rows(length, rng):
    """Random rows of several widths, and rows that lose most: a peak over a flat floor, rises."""
    spread = rng.choice((2, 6, 12, 40), (400, 1))
    random = np.clip(np.rint(rng.normal(0, 1, (400, length)) * spread), -128, 127)
    flat = 127 - np.arange(120)[:, None] - np.zeros((1, length))
    peaks = [np.where(np.arange(length) == at, 127 - up, flat) for at in (0, -1) for up in range(4)]
    return np.concatenate([random, np.sort(random[:100]), *peaks]).astype(np.int8)


@pytest.mark.parametrize("length", [4, 64, 256])
@pytest.mark.parametrize("name", CONFIGS)
def test_stays_within_the_stated_bound(name, length):
    config, scores = CONFIGS[name], hard_rows(length, np.random.default_rng(length))
    exact = exact_softermax(scores) * config.max_code
    for lanes in (4, 16):
        worst = np.abs(softermax(scores, config, lanes=lanes) - exact).max()
        bound = config.max_error(length, lanes)
        assert worst <= bound
        assert worst > bound / 12  # a bound that says nothing would hold for anything


def test_uint8_is_at_most_one_code_from_correct_rounding_up_to_64_positions():
    assert SOFTERMAX_PRESETS["u8"].max_error(64, 4) < 1.5


@pytest.mark.parametrize("name", CONFIGS)
def test_a_shift_of_all_scores_and_their_order_in_a_beat_change_nothing(name):
    config, rng = CONFIGS[name], np.random.default_rng(4)
    scores = rng.integers(-60, 61, (50, 32))
    codes = softermax(scores, config, lanes=8)
    assert softermax(scores + 64, config, lanes=8).tolist() == codes.tolist()
    order = np.concatenate([8 * beat + rng.permutation(8) for beat in range(4)])
    assert softermax(scores[:, order], config, lanes=8).tolist() == codes[:, order].tolist()


def test_masked_positions_count_nothing():
    rng = np.random.default_rng(3)
    scores = rng.integers(-128, 128, (2, 3, 5, 16))
    mask = rng.random((2, 1, 5, 16)) < 0.3
    for config in CONFIGS.values():
        codes = softermax(scores, config, mask)
        assert not codes[np.broadcast_to(mask, codes.shape)].any()
        other = np.where(mask, rng.integers(-128, 128, scores.shape), scores)
        assert softermax(other, config, mask).tolist() == codes.tolist()
        longer = np.concatenate([scores, scores], axis=-1)
        rest = np.concatenate([mask, np.ones_like(mask)], axis=-1)
        assert softermax(longer, config, rest)[..., :16].tolist() == codes.tolist()
    assert not softermax([[5, 6]], mask=[[True, True]]).any()


def test_lone_scores_are_full_scale_or_next_to_it():
    for config in CONFIGS.values():
        codes = softermax(np.arange(-128, 128).reshape(-1, 1), config).astype(int)
        assert np.abs(codes - config.max_code).max() <= max(1, config.max_code * 0.04)
        assert config.output == "uq1.7" or codes.max() <= config.max_code


def test_published_formats():
    config = SoftermaxConfig()
    assert config == softermax_preset("paper")
    assert (config.maximum, config.value_bits, config.sum_bits) == ("ceil", 15, 6)
    assert (config.reciprocal_bits, config.segments, config.max_code) == (7, 4, 128)
    assert config.reciprocals(np.arange(128)).max() <= 128  # UQ(1,7)
    assert max(config.values) < 2**16  # UQ(1,15)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SoftermaxConfig("u4"), "output must be one of uq1.7, u8, i16, not 'u4'"),
        (lambda: SoftermaxConfig(maximum="next"), "maximum must be one of ceil, floor"),
        (lambda: SoftermaxConfig(value_bits=7), "value_bits must be 8 to 20, not 7"),
        (lambda: SoftermaxConfig(sum_bits=16), "sum_bits must be 4 to 15, not 16"),
        (lambda: SoftermaxConfig(reciprocal_bits=19), "reciprocal_bits must be 7 to 18"),
        (lambda: SoftermaxConfig(segments=64), "segments must be 4 to 32, not 64"),
        (lambda: SoftermaxConfig(segments=6), "segments must be a power of two, not 6"),
        (lambda: softermax([1], lanes=0), "lanes must be 1 to 65536, not 0"),
        (lambda: softermax([1, 2], mask=[True] * 3), "mask must broadcast to shape (2,), not (3,)"),
        (lambda: softermax([200]), "200"),
        (lambda: softermax_preset("u9"), "not 'u9'"),
    ],
)
def test_refuses_in_one_line(make, message):
    with pytest.raises(InputError) as error:
        make()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_json_round_trip():
    for config in CONFIGS.values():
        assert SoftermaxConfig.from_json(config.to_json()) == config
