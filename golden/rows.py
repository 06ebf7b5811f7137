# SPDX-License-Identifier: Apache-2.0
"""Rows of int8 scores and their masks, as the row units take them."""

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError
from surmax.golden.consmax.law import check_scores


def int8_rows(scores: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Return int8 scores, shape (..., n), n from 1, as a contiguous array.

    Raises InputError when they are no int8 codes or there is no position.
    """
    array = np.asarray(scores)
    if array.dtype != np.int8:
        array = check_scores(array, 8).astype(np.int8)
    if array.ndim == 0 or array.size == 0:
        raise InputError(f"scores have shape {array.shape}: rows of at least 1 position are needed")
    return np.ascontiguousarray(array)


def row_mask(mask: npt.ArrayLike, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return `mask` (True is masked) broadcast to `shape`; raises InputError when it does not."""
    drop = np.asarray(mask, dtype=bool)
    try:
        return np.broadcast_to(drop, shape)
    except ValueError:
        raise InputError(
            f"mask has shape {drop.shape}: one that broadcasts to {shape} is needed"
        ) from None
