# SPDX-License-Identifier: Apache-2.0
"""ConSmax in the registry: tables of a head whose rows sum to 1 on average."""

import numpy as np
from surmax.calibrate.protocol import UnitCalibration
from surmax.golden.consmax.solver import solve_tables
from surmax.golden.protocol import BoolArray, Int8Array


def mean_logsumexp(scores: Int8Array, mask: BoolArray, scale: float) -> float:
    """Return the mean over rows of log(sum(exp(scale*q))), masked (True) positions left out."""
    x = np.where(mask, -np.inf, scale * scores.astype(np.float64))
    top = x.max(axis=-1, keepdims=True)
    return float((top[..., 0] + np.log(np.exp(x - top).sum(axis=-1))).mean())


ENTRY = UnitCalibration(
    content=lambda config, scores, mask, scale: solve_tables(
        config, scale=scale, beta=mean_logsumexp(scores, mask, scale), gamma=1.0
    )
)
