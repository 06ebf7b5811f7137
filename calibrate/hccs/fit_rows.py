# SPDX-License-Identifier: Apache-2.0
"""HCCS constants for the rows of one head: those nearest to softmax of all that are legal."""

import numpy as np
import numpy.typing as npt
from surmax.calibrate.hccs.fit import HccsTarget
from surmax.calibrate.hccs.search import Bounds, Found, search
from surmax.calibrate.histograms import make_histograms
from surmax.calibrate.scores import ScoreRows, make_head, seen_rows
from surmax.common.errors import InputError, check_range
from surmax.golden.checks import row_mask
from surmax.golden.hccs.config import HccsConfig
from surmax.golden.rows import int8_rows


def fit_rows(
    scores: npt.NDArray[np.int8],
    config: HccsConfig,
    *,
    scale: float,
    masked: bool = False,
    mask: npt.NDArray[np.bool_] | None = None,
    least_floor: int | None = None,
) -> Found:
    """Return the constants with the least mean KL(softmax(scale * scores) || s/Z), in nats.

    `surmax calibrate` finds the same constants for the same rows (surmax.calibrate.hccs.search).

    Args:
        scores: int8 (rows, length).
        config: the datapath that the constants must be legal for, at this length.
        scale: real score units a code.
        masked: whether they must be legal with any mask.
        mask: bool of the shape of `scores`, True where a position is left out.
        least_floor: least value of B - S*Dmax; None for the least legal one.

    Raises InputError when no constants are legal, and for arguments of other types or shapes.
    """
    scores = int8_rows(scores)
    if scores.ndim != 2:
        raise InputError(f"scores must have shape (rows, length), not {scores.shape}")
    drop = None if mask is None else np.array(row_mask(mask, scores.shape))
    bounds = HccsTarget(config, scores.shape[-1], masked).bounds
    if least_floor is not None:
        least = bounds.least_floor
        floor = max(least, check_range("least_floor", least_floor, 0, bounds.most_b))
        bounds = Bounds(max(bounds.least_b, floor), bounds.most_b, floor)
    head = make_head(0, 0, [seen_rows(ScoreRows(scores, drop))], scale)
    return search(make_histograms([head]), bounds)
