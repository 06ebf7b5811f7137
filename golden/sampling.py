# SPDX-License-Identifier: Apache-2.0
"""Random heads for tests, benches and tables of results: one seeded distribution for all."""

import numpy as np
from surmax.golden.consmax import all_scores
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
