# SPDX-License-Identifier: Apache-2.0
"""Checks of the arrays that callers give: scores, masks, codes."""

from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_DTYPES = {"iu": "an integer dtype", "iuf": "a real dtype", "biu": "a bool dtype"}


def number_array(name: str, values: npt.ArrayLike, kinds: str) -> npt.NDArray[Any]:
    """Return `values` as a NumPy array.

    Args:
        name: name of the argument, for a message.
        values: an array, or lists that make one.
        kinds: NumPy's letters of the kinds of numbers that are allowed; a key of _DTYPES.

    Raises InputError when they are no array of such numbers.
    """
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError):
        # Lists of different lengths, and objects that make no array.
        raise InputError(f"{name} must be an array with {_DTYPES[kinds]}") from None
    if array.dtype.kind not in kinds:
        raise InputError(f"{name} must have {_DTYPES[kinds]}, not {array.dtype}")
    return array


def check_scores(scores: npt.ArrayLike, score_bits: int) -> IntArray:
    """Return `scores` as int64.

    Raises InputError unless they are integers in the two's complement range of `score_bits`.
    """
    array = number_array("scores", scores, "iu")
    half = 1 << (score_bits - 1)
    if array.size and not (-half <= int(array.min()) and int(array.max()) < half):
        worst = int(array.min()) if int(array.min()) < -half else int(array.max())
        raise InputError(f"scores must be {-half} to {half - 1}, not {worst}")
    return array.astype(np.int64)


def real_array(name: str, values: npt.ArrayLike) -> FloatArray:
    """Return `values` as float64; raises InputError unless they are finite numbers."""
    given = number_array(name, values, "iuf")
    array = given.astype(np.float64)
    if given.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(f"{name} must be finite numbers, not {array[~np.isfinite(array)][0]}")
    return array


def row_mask(mask: npt.ArrayLike, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return `mask` (True is masked) broadcast to `shape`; raises InputError if it does not fit."""
    drop = number_array("mask", mask, "biu").astype(bool, copy=False)
    try:
        return np.broadcast_to(drop, shape)
    except ValueError:
        raise InputError(f"mask must broadcast to shape {shape}, not {drop.shape}") from None
