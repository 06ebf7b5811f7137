# SPDX-License-Identifier: Apache-2.0
import dataclasses

import pytest
from surmax.golden import CONSMAX_PRESETS, ConsmaxConfig, InputError, consmax_preset


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"score_bits": 12}, "score_bits must be 8 or 16, not 12"),
        ({"mantissa_bits": 3}, "mantissa_bits must be 4 to 24, not 3"),
        ({"mantissa_bits": 25}, "mantissa_bits must be 4 to 24, not 25"),
        ({"mantissa_bits": 12.0}, "mantissa_bits must be an integer, not 12.0"),
        ({"mantissa_bits": True}, "mantissa_bits must be an integer, not True"),
        ({"exponent_bits": 7}, "exponent_bits must be 0 to 6, not 7"),
        ({"output": "int8"}, "output must be one of uq0.8, uq0.16, not 'int8'"),
        ({"table_rounding": "up"}, "table_rounding must be one of solved, nearest, not 'up'"),
        ({"exponent_step": 2}, "exponent_step must be 1 with hidden_bit, not 2"),
        ({"hidden_bit": 1}, "hidden_bit must be true or false, not 1"),
        ({"dropped_columns": 13}, "dropped_columns must be 0 to 12, not 13"),
        ({"mantissa_bits": 5}, "must be more than 11 together"),
        ({"score_bits": 16}, "output must be uq0.16, not uq0.8 with score_bits 16"),
        (
            {"score_bits": 16, "output": "uq0.16", "chain_bits": 25},
            "chain_bits must be at most the 24 bits of a product, not 25",
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


@pytest.mark.parametrize("name", CONSMAX_PRESETS)
def test_json_round_trip(name):
    assert ConsmaxConfig.from_json(CONSMAX_PRESETS[name].to_json()) == CONSMAX_PRESETS[name]


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="must not have the field 'mantissa'"):
        ConsmaxConfig.from_json({"mantissa": 12})
    with pytest.raises(InputError, match="preset must be one of paper, small"):
        consmax_preset("big")


def test_compensation_is_the_mean_of_the_dropped_columns():
    config = CONSMAX_PRESETS["small"]
    upper, lower, drop = config.mantissa_bits, config.lower_mantissa_bits, config.dropped_columns
    # Every dropped partial product is one in a quarter of all cases.
    mean = sum((1 << i + j) / 4 for i in range(upper) for j in range(lower) if i + j < drop)
    assert config.compensation % (1 << drop) == 0
    assert abs(config.compensation - mean) <= (1 << drop) / 2
