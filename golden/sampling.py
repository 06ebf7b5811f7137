# SPDX-License-Identifier: Apache-2.0
"""Random heads for tests, benches and tables of results: one seeded distribution for all."""

import numpy as np
from surmax.common.errors import InputError
from surmax.golden.consmax.config import ConsmaxConfig
from surmax.golden.consmax.law import all_scores
from surmax.golden.consmax.solver import solve_tables
from surmax.golden.hccs.config import HccsConfig
from surmax.golden.hccs.law import HccsConstants
from surmax.golden.reference import correctly_rounded


def random_heads(count: int, *, seed: int) -> list[dict[str, float]]:
    """Return `count` heads as keyword arguments of solve_tables, for 8-bit scores and uQ0.8.

    scale is uniform in 0.01..0.12, beta in -2..8, gamma in 1..200; heads with fewer than 30
    non-zero output codes are drawn again.
    """
    rng = np.random.default_rng(seed)
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
    """Return `count` legal HCCS constants for rows of up to `length` (see HccsConstants.check).

    B is at the bounds in a quarter of them; the floor B - S*Dmax is small in about half.
    Raises InputError when no B is legal.
    """
    high = config.max_b(length)
    low = config.min_sum if masked else -(-config.min_sum // length)
    if low > high:
        raise InputError(
            f"length is {length} with sum_bits {config.sum_bits} and min_sum {config.min_sum}: "
            f"B would have to be at least {low} and at most {high}"
        )
    found: list[HccsConstants] = []
    while len(found) < count:
        B = (
            int(rng.choice([low, high]))
            if rng.random() < 0.25
            else int(rng.integers(low, high + 1))
        )
        S, Dmax = (int(v) for v in rng.integers(0, 128, 2))
        if rng.random() < 0.5 and S:
            Dmax = min(B // S, 127)
        try:
            one = HccsConstants(B, S, Dmax)
            one.check(config, length, masked=masked)
        except InputError:
            continue
        found.append(one)
    return found


def wrong_codes(config: ConsmaxConfig, count: int = 100) -> dict[str, int]:
    """Solve `count` random heads (seed 7) with the 8-bit form of `config`.

    Returns:
        `heads` = count, `exact_heads` of which every code is correctly rounded, `wrong_codes` of
        all 256 codes of all heads, and `max_ulp`, the largest error in output codes.
    """
    tables = [solve_tables(config.narrow, **head) for head in random_heads(count, seed=7)]
    return {
        "heads": count,
        "exact_heads": sum(one.wrong_codes == 0 for one in tables),
        "wrong_codes": sum(one.wrong_codes for one in tables),
        "max_ulp": max(one.max_ulp for one in tables),
    }
