# SPDX-License-Identifier: Apache-2.0
import dataclasses

import pytest
from surmax.golden import PRESETS, ConsmaxConfig, InputError, preset


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"score_bits": 12}, "score_bits is 12: 8 or 16 is allowed"),
        ({"mantissa_bits": 3}, "mantissa_bits is 3: 4 to 24 is allowed"),
        ({"mantissa_bits": 25}, "mantissa_bits is 25: 4 to 24 is allowed"),
        ({"mantissa_bits": 12.0}, "mantissa_bits is 12.0: an integer from 4 to 24 is needed"),
        ({"mantissa_bits": True}, "mantissa_bits is True: an integer from 4 to 24 is needed"),
        ({"exponent_bits": 7}, "exponent_bits is 7: 0 to 6 is allowed"),
        ({"output": "int8"}, "output is 'int8': one of uq0.8, uq0.16 is allowed"),
        ({"table_rounding": "up"}, "table_rounding is 'up': one of solved, nearest is allowed"),
        ({"exponent_step": 2}, "exponent_step is 2 with hidden_bit"),
        ({"hidden_bit": 1}, "hidden_bit is 1: true or false is allowed"),
        ({"dropped_columns": 13}, "dropped_columns is 13: 0 to 12 is allowed"),
        ({"mantissa_bits": 5}, "a product of more than 11 bits is needed"),
        ({"score_bits": 16}, "output is 'uq0.8' with score_bits 16: uq0.16 is allowed"),
        (
            {"score_bits": 16, "output": "uq0.16", "chain_bits": 25},
            "chain_bits is 25: at most the 24 bits of a product are allowed",
        ),
    ],
)
def test_impossible_configurations_are_refused(fields, message):
    with pytest.raises(InputError) as error:
        ConsmaxConfig(**fields)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_configuration_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ConsmaxConfig().mantissa_bits = 10


def test_default_is_the_papers_word_size():
    config = ConsmaxConfig()
    assert config.upper.word_bits == config.lower.word_bits == 16
    assert config.tables * 16 * config.upper.word_bits == 512
    assert config.point_bits == 24 - 8 - 3


@pytest.mark.parametrize("name", PRESETS)
def test_json_round_trip(name):
    assert ConsmaxConfig.from_json(PRESETS[name].to_json()) == PRESETS[name]


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="unknown field 'mantissa'"):
        ConsmaxConfig.from_json({"mantissa": 12})
    with pytest.raises(InputError, match="preset is 'big': one of paper, small"):
        preset("big")


def test_compensation_is_the_mean_of_the_dropped_columns():
    config = PRESETS["small"]
    upper, lower, drop = config.mantissa_bits, config.lower_mantissa_bits, config.dropped_columns
    # Every dropped partial product is one in a quarter of all cases.
    mean = sum((1 << i + j) / 4 for i in range(upper) for j in range(lower) if i + j < drop)
    assert config.compensation % (1 << drop) == 0
    assert abs(config.compensation - mean) <= (1 << drop) / 2
