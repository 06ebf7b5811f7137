# SPDX-License-Identifier: Apache-2.0
"""Rows of scores and fitted constants that the tables and the figures of HCCS share."""

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError
from surmax.golden.hccs.config import HccsConfig
from surmax.golden.hccs.law import HccsConstants
from surmax.golden.reference import exact_softmax

ROWS = 256
FIT_ROWS = 64
SEED = 1
# Real score units a code in the reference softmax: natural rows then spread by 2.0 units.
SCALE = 0.08
KINDS = {
    "flat": "all scores within 2 codes of each other, uniform",
    "peaked": "one score of 127, the others normal around -90 with a standard deviation of 10",
    "natural": "normal around -20 with a standard deviation of 25; one score in 50 is 20 to 120 "
    "higher; quantised to int8",
}

Int8Array = npt.NDArray[np.int8]


def sample_rows(kind: str, length: int, count: int = ROWS, seed: int = SEED) -> Int8Array:
    """Return `count` seeded int8 rows of `length` positions, drawn as KINDS says."""
    rng = np.random.default_rng((seed, length))
    shape = (count, length)
    if kind == "flat":
        return rng.integers(-1, 2, shape).astype(np.int8)
    if kind == "peaked":
        rows = rng.normal(-90, 10, shape)
        rows[np.arange(count), rng.integers(length, size=count)] = 127
    elif kind == "natural":
        rows = rng.normal(-20, 25, shape)
        rows += np.where(rng.random(shape) < 0.02, rng.uniform(20, 120, shape), 0)
    else:
        raise InputError(f"rows are {kind!r}: one of {', '.join(KINDS)} is allowed")
    return np.clip(np.rint(rows), -128, 127).astype(np.int8)


def fit_constants(
    scores: Int8Array,
    config: HccsConfig,
    *,
    scale: float = SCALE,
    least_floor: int | None = None,
    masked: bool = False,
    mask: npt.NDArray[np.bool_] | None = None,
) -> tuple[HccsConstants, float]:
    """Return the constants nearest to softmax(scale * scores), and their divergence from it.

    As the paper calibrates (arXiv 2604.02292): a grid over 64 rows, the first ones, for the least
    mean of KL(softmax || s/Z), in nats. S and Dmax take all of their values that leave a floor
    B - S*Dmax of `least_floor` or more (at least 1, so that the divergence is finite; None: the
    least legal one). Only S/B and Dmax matter, so that B takes four values only: the largest legal
    one, which has the finest steps, and its half, quarter and eighth, for slopes that would need
    an S above 127. `masked` asks for constants that are legal with any mask; positions where
    `mask`, of the shape of `scores`, is True are left out.

    Raises InputError when no S and Dmax are legal.
    """
    scores = scores[:FIT_ROWS]
    length = scores.shape[-1]
    largest = config.max_b(length)
    if least_floor is None:
        least_floor = 1 if masked else max(1, -(-config.min_sum // length))
    HccsConstants(largest, 0, 0).check(config, length, masked=masked)
    least_b = max(least_floor, config.min_sum if masked else 0)
    drop = np.zeros(scores.shape, dtype=bool) if mask is None else mask[:FIT_ROWS]
    top = np.where(drop, -128, scores).max(axis=-1, keepdims=True).astype(np.int64)
    distance = np.where(drop, 0, top - scores)
    weight = exact_softmax(scores, scale=scale, mask=drop)
    # Positions and softmax mass by distance from the maximum: (rows, 256).
    at = np.arange(len(scores))[:, None] * 256 + distance
    counts, mass = (
        np.bincount(at.ravel(), by, len(scores) * 256).reshape(-1, 256)
        for by in (~drop.ravel(), weight.ravel())
    )
    own = np.mean(np.sum(weight * np.log(np.maximum(weight, 1e-300)), axis=-1))
    best = (np.inf, HccsConstants(largest, 0, 0))
    for B in (largest >> halvings for halvings in range(4)):
        for S in range(128) if least_b <= B else ():
            widest = min(127, (B - least_floor) // S) if S else 0
            clipped = np.minimum(np.arange(256)[:, None], np.arange(widest + 1))
            s = (B - S * clipped).astype(np.float64)
            divergence = own + (np.log(counts @ s) - mass @ np.log(s)).mean(axis=0)
            k = int(divergence.argmin())
            if divergence[k] < best[0]:
                best = (float(divergence[k]), HccsConstants(B, S, k))
    return best[1], best[0]
