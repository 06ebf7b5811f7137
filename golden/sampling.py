# SPDX-License-Identifier: Apache-2.0
"""Seeded random heads, the same distribution for tests, benches and tables of results."""

import numpy as np
from surmax.common.errors import InputError, check_kind, check_range
from surmax.golden.consmax.config import ConsmaxConfig
from surmax.golden.consmax.law import all_scores
from surmax.golden.consmax.solver import solve_tables
from surmax.golden.hccs.config import HccsConfig
from surmax.golden.hccs.law import HccsConstants
from surmax.golden.reference import correctly_rounded

MOST_HEADS = 10_000


def random_heads(count: int, *, seed: int) -> list[dict[str, float]]:
    """Return `count` heads of ConSmax as keyword arguments of solve_tables.

    scale is uniform in 0.01 to 0.12, beta in -2 to 8, gamma in 1 to 200. A head with fewer than 30
    non-zero codes (8-bit scores, uQ0.8) is drawn again, because it would test little.

    Raises InputError unless `count` is 0 to 10000 and `seed` is 0 to 2**32 - 1.
    """
    count = check_range("count", count, 0, MOST_HEADS)
    rng = np.random.default_rng(check_range("seed", seed, 0, (1 << 32) - 1))
    heads: list[dict[str, float]] = []
    while len(heads) < count:
        head = {
            "scale": float(rng.uniform(0.01, 0.12)),
            "beta": float(rng.uniform(-2, 8)),
            "gamma": float(rng.uniform(1, 200)),
        }
        if np.count_nonzero(correctly_rounded(all_scores(8), 8, **head)) >= 30:
            heads.append(head)
    return heads


def random_constants(
    count: int, config: HccsConfig, length: int, rng: np.random.Generator, *, masked: bool = True
) -> list[HccsConstants]:
    """Return `count` constants of HCCS that are legal for rows of `length` positions.

    About a quarter have B at one of its bounds, about half have a small floor B - S*Dmax. `masked`
    is that of HccsConstants.check.

    Raises InputError when no B is legal, and unless `count` is 0 to 10000.
    """
    check_kind("config", config, HccsConfig)
    count = check_range("count", count, 0, MOST_HEADS)
    high = config.max_b(length)
    low = config.min_sum if masked else -(-config.min_sum // length)
    if low > high:
        raise InputError(
            f"length must leave a legal B, not {length}: with sum_bits {config.sum_bits} and "
            f"min_sum {config.min_sum}, B would have to be at least {low} and at most {high}"
        )
    chosen: list[HccsConstants] = []
    while len(chosen) < count:
        B = (
            int(rng.choice([low, high]))
            if rng.random() < 0.25
            else int(rng.integers(low, high + 1))
        )
        S, Dmax = (int(v) for v in rng.integers(0, 128, 2))
        if rng.random() < 0.5 and S:
            Dmax = min(B // S, 127)
        try:
            constants = HccsConstants(B, S, Dmax)
            constants.check(config, length, masked=masked)
        except InputError:
            continue
        chosen.append(constants)
    return chosen


def wrong_codes(config: ConsmaxConfig, count: int = 100) -> dict[str, int]:
    """Solve `count` random heads (seed 7) for 8-bit scores and count their wrong codes.

    Returns:
        `heads`: count; `exact_heads`: heads without a wrong code; `wrong_codes`: sum over all
        heads, of 256 codes each; `max_ulp`: largest error in codes.

    Raises InputError unless `count` is 1 to 10000.
    """
    check_kind("config", config, ConsmaxConfig)
    count = check_range("count", count, 1, MOST_HEADS)
    tables = [solve_tables(config.narrow, **head) for head in random_heads(count, seed=7)]
    return {
        "heads": count,
        "exact_heads": sum(head.wrong_codes == 0 for head in tables),
        "wrong_codes": sum(head.wrong_codes for head in tables),
        "max_ulp": max(head.max_ulp for head in tables),
    }
