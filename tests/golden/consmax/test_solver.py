# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from surmax.golden import CONSMAX_PRESETS, ConsmaxConfig, consmax, correctly_rounded, solve_tables
from surmax.golden.consmax.law import all_scores
from surmax.golden.sampling import random_heads

HEADS = random_heads(100, seed=7)


def exact_heads(config):
    return sum(solve_tables(config, **head).wrong_codes == 0 for head in HEADS)


@pytest.mark.parametrize(
    ("config", "least"),
    [
        (ConsmaxConfig(), 100),  # 12-bit mantissas
        (ConsmaxConfig(mantissa_bits=10), 99),
        (CONSMAX_PRESETS["small"], 100),
        (CONSMAX_PRESETS["precise"], 100),
    ],
    ids=["12 bits", "10 bits", "small", "precise"],
)
def test_random_heads_are_solved(config, least):
    assert exact_heads(config) >= least


def test_nearest_rounding_is_not_lossless_and_says_so():
    tables = [
        solve_tables(ConsmaxConfig(mantissa_bits=8, table_rounding="nearest"), **head)
        for head in HEADS
    ]
    assert np.mean([one.wrong_codes for one in tables]) > 3
    worst = max(tables, key=lambda one: one.wrong_codes)
    reference = correctly_rounded(
        all_scores(8), 8, scale=worst.scale, beta=worst.beta, gamma=worst.gamma
    )
    assert worst.wrong_codes == np.count_nonzero(worst.codes != reference) > 0
    assert worst.max_ulp == np.abs(worst.codes - reference).max() > 0


def test_an_unsolvable_datapath_says_so():
    config = replace(
        CONSMAX_PRESETS["small"], mantissa_bits=7, lower_mantissa_bits=7, dropped_columns=0
    )
    tables = [solve_tables(config, **head) for head in HEADS[:10]]
    assert max(one.wrong_codes for one in tables) > 0
    # Coordinate descent still beats rounding each entry alone.
    nearest = replace(config, table_rounding="nearest")
    plain = sum(solve_tables(nearest, **head).wrong_codes for head in HEADS[:10])
    assert sum(one.wrong_codes for one in tables) < plain / 2


@pytest.mark.parametrize("scale", [0.2, 0.5, 2.0])
def test_a_head_too_steep_for_the_range_still_gives_tables(scale):
    assert solve_tables(CONSMAX_PRESETS["small"], scale=scale, beta=1.0, gamma=2.0).wrong_codes > 0


def test_headroom_covers_steep_heads():
    config = replace(CONSMAX_PRESETS["paper"], headroom_bits=5)
    for scale in (0.15, 0.2):
        assert solve_tables(config, scale=scale, beta=0.0, gamma=50.0).wrong_codes == 0


def test_the_solver_is_deterministic():
    first, second = (solve_tables(CONSMAX_PRESETS["small"], **HEADS[3]) for _ in range(2))
    assert (first.words == second.words).all()


def test_16_bit_scores_state_their_error():
    head = {"scale": 0.05 / 256, "beta": 1.0, "gamma": 2.0}
    config = CONSMAX_PRESETS["mixed"]
    solved = solve_tables(config, **head)
    nearest = solve_tables(replace(config, table_rounding="nearest"), **head)
    assert solved.codes.shape == (65536,)
    assert solved.max_ulp == 1
    assert solved.wrong_codes < nearest.wrong_codes
    assert solved.wrong_codes < 0.02 * 65536
    paper = ConsmaxConfig(score_bits=16, output="uq0.16")
    assert 1 < solve_tables(paper, **head).max_ulp < 64


def test_a_head_far_too_steep_for_16_bit_scores_saturates():
    """Every word of the top table that counts is out of range: largest codes, and no warning."""
    tables = solve_tables(CONSMAX_PRESETS["mixed"], scale=0.05, beta=2.0, gamma=1.0)
    assert consmax(np.array([32767], dtype=np.int16), tables) == 65535
    assert consmax(np.array([-32768], dtype=np.int16), tables) == 0
