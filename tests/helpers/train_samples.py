# SPDX-License-Identifier: Apache-2.0
"""Legal constants, masks and scores that the tests of the normalisers draw."""

import numpy as np
import torch
from surmax.golden import HccsConfig, HccsConstants


def legal_constants(rng, config, length, count, *, masked):
    """Return `count` heads, among them the extremes: flat, steepest, least floor, widest."""
    largest = config.max_b(length)
    floor = 0 if masked else -(-config.min_sum // length)
    least = max(config.min_sum if masked else 1, floor, 1)
    heads = [HccsConstants(largest, 0, 0), HccsConstants(largest, 0, 127)]
    while len(heads) < count:
        B = int(rng.integers(least, largest + 1))
        S = int(rng.integers(0, 128))
        widest = min(127, (B - floor) // S) if S else 127
        heads.append(HccsConstants(B, S, int(rng.choice([widest, rng.integers(0, widest + 1)]))))
    return heads[:count]


def random_scores(rng, *shape):
    """Return int8 scores; some rows are narrow, some touch both ends."""
    scores = rng.normal(0, rng.choice([2, 20, 90], (*shape[:-1], 1)), shape)
    return np.clip(np.rint(scores), -128, 127).astype(np.int8)


def random_mask(rng, *shape):
    """Return a mask in which the first row is masked everywhere."""
    mask = rng.random(shape) < rng.choice([0.1, 0.6, 0.95], (*shape[:-1], 1))
    mask[(0,) * (len(shape) - 1)] = True
    return mask


def real(codes, scale):
    """Return float32 scores that quantise to `codes` (batch, heads, queries, keys)."""
    return torch.from_numpy(codes.astype(np.float32)) * torch.tensor(scale).view(-1, 1, 1)


PLAIN = HccsConfig(output="i16", rounding="nearest", fraction_bits=15, sum_bits=23)
