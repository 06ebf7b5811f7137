# SPDX-License-Identifier: Apache-2.0
"""The units side by side: how each sees scores, what a head stores for it, and what comes out."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.golden.consmax.law import consmax
from surmax.golden.consmax.solver import solve_tables
from surmax.golden.hccs.law import hccs
from surmax.golden.hccs.samples import fit_constants
from surmax.golden.softermax.config import FRACTIONS
from surmax.golden.softermax.law import softermax
from surmax.golden.softmax.law import SoftmaxConstants, softmax

Int8Array = npt.NDArray[np.int8]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class UnitLaw:
    """One unit, as functions.

    Attributes:
        content: (config, scores, mask, scale) -> what suits a head whose calibration rows these
            are, int8 (rows, n), `scale` real units a code: ConsmaxTables, HccsConstants,
            SoftmaxConstants; None for a unit that stores nothing.
        scores: (scores, scale) -> the codes that the unit takes for these.
        codes: (config, content, scores, mask, lanes) -> output codes of `scores` as it takes them.
        full_scale: config -> code of p = 1.
    """

    content: Callable[[Any, Int8Array, BoolArray, float], Any]
    scores: Callable[[Int8Array, float], Int8Array]
    codes: Callable[[Any, Any, Int8Array, BoolArray, int], npt.NDArray[Any]]
    full_scale: Callable[[Any], int]


def mean_logsumexp(scores: Int8Array, mask: BoolArray, scale: float) -> float:
    """Return the mean over rows of log(sum(exp(scale*q))), masked (True) positions left out."""
    x = np.where(mask, -np.inf, scale * scores.astype(np.float64))
    top = x.max(axis=-1, keepdims=True)
    return float((top[..., 0] + np.log(np.exp(x - top).sum(axis=-1))).mean())


def softermax_scores(scores: Int8Array, scale: float) -> Int8Array:
    """Return scores in quarters of base 2, Q(6,2): rounded once more and saturated."""
    quarters = np.rint(scores * (scale * math.log2(math.e) * FRACTIONS))
    return np.clip(quarters, -128, 127).astype(np.int8)


def _as_they_are(scores: Int8Array, scale: float) -> Int8Array:
    return scores


# ConSmax: beta so that a mean row sums to 1; HCCS: fitted, legal with any mask.
LAWS: dict[str, UnitLaw] = {
    "consmax": UnitLaw(
        content=lambda config, scores, mask, scale: solve_tables(
            config, scale=scale, beta=mean_logsumexp(scores, mask, scale), gamma=1.0
        ),
        scores=_as_they_are,
        codes=lambda config, tables, scores, mask, lanes: consmax(scores, tables, mask),
        full_scale=lambda config: 1 << config.output_bits,
    ),
    "hccs": UnitLaw(
        content=lambda config, scores, mask, scale: fit_constants(
            scores, config, scale=scale, masked=True, mask=mask
        )[0],
        scores=_as_they_are,
        codes=lambda config, constants, scores, mask, lanes: hccs(scores, constants, config, mask),
        full_scale=lambda config: config.max_code,
    ),
    "softmax": UnitLaw(
        content=lambda config, scores, mask, scale: SoftmaxConstants.of_scale(scale, config),
        scores=_as_they_are,
        codes=lambda config, constants, scores, mask, lanes: softmax(
            scores, constants, config, mask
        ),
        full_scale=lambda config: config.max_code,
    ),
    "softermax": UnitLaw(
        content=lambda config, scores, mask, scale: None,
        scores=softermax_scores,
        codes=lambda config, content, scores, mask, lanes: softermax(
            scores, config, mask, lanes=lanes
        ),
        full_scale=lambda config: config.max_code,
    ),
}
