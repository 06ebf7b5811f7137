# SPDX-License-Identifier: Apache-2.0
import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from surmax.golden import HCCS_PRESETS, HccsConfig, HccsConstants, InputError, hccs_preset
from surmax.golden.hccs.law import reciprocal
from surmax.golden.sampling import random_constants


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"output": "u16"}, "output must be one of u8, i16, not 'u16'"),
        ({"reciprocal": "clb3"}, "reciprocal must be one of div, clb, clb1, clb2, not 'clb3'"),
        ({"rounding": "even"}, "rounding must be one of floor, nearest, not 'even'"),
        ({"fraction_bits": -1}, "fraction_bits must be 0 to 24, not -1"),
        ({"fraction_bits": 25}, "fraction_bits must be 0 to 24, not 25"),
        ({"fraction_bits": 8.0}, "fraction_bits must be an integer, not 8.0"),
        ({"fraction_bits": True}, "fraction_bits must be an integer, not True"),
        ({"sum_bits": 14}, "sum_bits must be 15 to 23, not 14"),
        ({"sum_bits": 24}, "sum_bits must be 15 to 23, not 24"),
        ({"min_sum": 0}, "min_sum must be 1 to 16384, not 0"),
        ({"min_sum": 32768}, "min_sum must be 1 to 16384, not 32768"),
        ({"min_sum": 255}, "min_sum must be a power of two, not 255"),
    ],
)
def test_impossible_configurations_are_refused(fields, message):
    with pytest.raises(InputError) as error:
        HccsConfig(**fields)
    assert str(error.value) == message


@pytest.mark.parametrize(("sum_bits", "min_sum", "fraction_bits"), [(15, 1, 0), (23, 16384, 24)])
def test_the_bounds_themselves_are_allowed(sum_bits, min_sum, fraction_bits):
    config = HccsConfig(sum_bits=sum_bits, min_sum=min_sum, fraction_bits=fraction_bits)
    assert config.max_sum == 2**sum_bits - 1


def test_a_configuration_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        HccsConfig().sum_bits = 16


def test_default_is_the_published_uint8_form():
    assert HccsConfig() == HCCS_PRESETS["div"]
    assert HccsConfig() == HccsConfig("u8", "div", "floor", 15, 15, 256)
    assert HccsConfig(output="i16").fraction_bits == 0
    # The bounds on B that the published kernel states.
    assert [HccsConfig().max_b(n) for n in (32, 64, 128, 256)] == [1023, 511, 255, 127]
    assert HccsConfig().max_b(1) == 32767
    assert HccsConfig(sum_bits=23).max_b(1) == 32767


def test_published_widths():
    config = HccsConfig()
    assert config.dividend.bit_length() == 23
    assert config.reciprocal_bits == 15
    assert config.max_product < 1 << 30
    assert not config.saturates
    assert HCCS_PRESETS["clb"].saturates


@pytest.mark.parametrize("name", HCCS_PRESETS)
def test_json_round_trip(name):
    assert HccsConfig.from_json(HCCS_PRESETS[name].to_json()) == HCCS_PRESETS[name]
    assert hccs_preset(name) is HCCS_PRESETS[name]


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="config must not have the field 'divider'"):
        HccsConfig.from_json({"divider": 12})
    with pytest.raises(InputError, match=r"config must be an object, not \[\]"):
        HccsConfig.from_json([])
    with pytest.raises(InputError, match="preset must be one of div, clb, div16"):
        hccs_preset("big")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((0, 1, 1), "B must be 1 to 32767, not 0"),
        ((32768, 1, 1), "B must be 1 to 32767, not 32768"),
        ((300.0, 1, 1), "B must be an integer, not 300.0"),
        ((300, -1, 1), "S must be 0 to 127, not -1"),
        ((300, 128, 1), "S must be 0 to 127, not 128"),
        ((300, 1, -1), "Dmax must be 0 to 127, not -1"),
        ((300, 1, 128), "Dmax must be 0 to 127, not 128"),
        ((300, True, 1), "S must be an integer, not True"),
        (
            (299, 3, 100),
            "B - S*Dmax must be at least 0, not -1 (HccsConstants(B=299, S=3, Dmax=100))",
        ),
    ],
)
def test_impossible_constants_are_refused(fields, message):
    with pytest.raises(InputError) as error:
        HccsConstants(*fields)
    assert str(error.value) == message


def test_constants_take_numpy_integers_and_keep_plain_ones():
    one = HccsConstants(np.int16(300), np.uint8(3), np.int64(100))
    assert one == HccsConstants(300, 3, 100)
    assert {type(value) for value in dataclasses.astuple(one)} == {int}
    assert one.floor == 0


# Each bound: constants that just meet it, the same just beyond it, and what the message names.
BOUNDS = [
    (
        (1057, 0, 0),
        (1058, 0, 0),
        31,
        False,
        "not 32798",
        "length*B must be at most 2**sum_bits - 1 = 32767",
    ),
    (
        (511, 0, 0),
        (512, 0, 0),
        64,
        False,
        "not 32768",
        "length*B must be at most 2**sum_bits - 1 = 32767",
    ),
    (
        (511, 0, 0),
        (512, 0, 0),
        64,
        True,
        "not 32768",
        "length*B must be at most 2**sum_bits - 1 = 32767",
    ),
    (
        (104, 1, 100),
        (103, 1, 100),
        64,
        False,
        "not 192",
        "length*(B - S*Dmax) must be at least min_sum = 256",
    ),
    (
        (256, 2, 127),
        (255, 2, 127),
        64,
        True,
        "not 255",
        "B must be at least min_sum = 256 where positions can be masked",
    ),
]


@pytest.mark.parametrize(("legal", "illegal", "length", "masked", "value", "bound"), BOUNDS)
def test_each_bound_of_legal_constants_is_named(legal, illegal, length, masked, value, bound):
    config = HccsConfig()
    HccsConstants(*legal).check(config, length, masked=masked)
    with pytest.raises(InputError) as error:
        HccsConstants(*illegal).check(config, length, masked=masked)
    for part in (value, bound, f"length {length}" if "length" in value else "HccsConstants"):
        assert part in str(error.value)
    assert "\n" not in str(error.value)


def test_a_true_zero_floor_is_legal_with_masks_only():
    one = HccsConstants(300, 3, 100)
    one.check(HccsConfig(), 100, masked=True)
    with pytest.raises(
        InputError, match=r"length\*\(B - S\*Dmax\) must be at least min_sum = 256, not 0"
    ):
        one.check(HccsConfig(), 100)
    HccsConstants(100, 1, 99).check(HccsConfig(min_sum=64), 64)


def test_wider_sums_allow_more():
    one = HccsConstants(1023, 8, 127)
    one.check(HCCS_PRESETS["long"], 4096, masked=True)
    with pytest.raises(InputError, match=r"length\*B must be at most .*, not 4190208"):
        one.check(HccsConfig(), 4096, masked=True)


@given(
    name=st.sampled_from(sorted(HCCS_PRESETS)),
    length=st.integers(1, 127),
    masked=st.booleans(),
    seed=st.integers(0, 1 << 32),
)
def test_random_constants_are_legal(name, length, masked, seed):
    rng = np.random.default_rng(seed)
    for one in random_constants(5, HCCS_PRESETS[name], length, rng, masked=masked):
        one.check(HCCS_PRESETS[name], length, masked=masked)


def test_random_constants_reach_their_bounds():
    found = random_constants(400, HccsConfig(), 64, np.random.default_rng(3))
    assert {256, 511} <= {one.B for one in found}
    assert any(one.floor < 5 for one in found)
    assert {0, 127} <= {one.Dmax for one in found}


def test_random_constants_where_none_can_be():
    with pytest.raises(InputError, match="B would have to be at least 256 and at most 63"):
        random_constants(1, HccsConfig(), 512, np.random.default_rng(3))


@pytest.mark.parametrize("name", [name for name in HCCS_PRESETS if name != "long"])
def test_the_reciprocal_of_every_row_sum_fits_its_width(name):
    config = HCCS_PRESETS[name]
    rho = reciprocal(config, np.arange(config.min_sum, config.max_sum + 1))
    assert int(rho.max()).bit_length() == config.reciprocal_bits
    assert (np.diff(rho) <= 0).all()
    assert (rho >= 1).all()


@pytest.mark.parametrize("name", [name for name in HCCS_PRESETS if name != "long"])
def test_every_product_fits_its_bound(name):
    config = HCCS_PRESETS[name]
    # A row of one position has the largest product for its sum: s = Z.
    sums = np.arange(config.min_sum, config.max_sum + 1)
    worst = int((sums * reciprocal(config, sums)).max()) + config.half
    assert worst <= config.max_product
    # The bound is not loose by a bit, but for "clb2", which it covers with "clb".
    assert worst > config.max_product * (0.5 if name == "clb2" else 0.9)


def test_widths_at_the_far_end():
    assert HccsConfig(fraction_bits=7, min_sum=1 << 14).reciprocal_bits == 1
    assert HccsConfig("i16", fraction_bits=24, min_sum=1).reciprocal_bits == 39


def test_the_divider_is_exact_for_every_sum_and_width():
    sums = np.unique(np.r_[1:5000, np.geomspace(5000, (1 << 23) - 1, 9000).astype(np.int64)])
    for output in ("u8", "i16"):
        for fraction_bits in (0, 8, 15, 22, 24):
            config = HccsConfig(output=output, fraction_bits=fraction_bits, sum_bits=23, min_sum=1)
            expected = [config.dividend // z for z in sums.tolist()]
            assert reciprocal(config, sums).tolist() == expected
