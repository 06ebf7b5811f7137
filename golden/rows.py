# SPDX-License-Identifier: Apache-2.0
"""Checks of the arguments that all laws over rows take: int8 scores, mask, constants by head."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError, check_kind, shown
from surmax.golden.checks import check_scores, number_array

Constants = TypeVar("Constants")


def int8_rows(scores: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Return scores as a contiguous int8 array of shape (..., n), n from 1.

    Raises InputError when they are not integers from -128 to 127, or there is no position.
    """
    array = number_array("scores", scores, "iu")
    if array.dtype != np.int8:
        array = check_scores(array, 8).astype(np.int8)
    if array.ndim == 0 or array.size == 0:
        raise InputError(f"scores must be rows of at least 1 position, not shape {array.shape}")
    return np.ascontiguousarray(array)


def constants_by_head(
    constants: Constants | Sequence[Constants], kind: type[Constants], shape: tuple[int, ...]
) -> tuple[list[Constants], tuple[int, ...]]:
    """Return the constants of each head, and the shape in which they broadcast over the scores.

    Args:
        constants: an instance of `kind` for all rows, or one for each head.
        kind: class of the constants of one head.
        shape: shape of the scores; with one for each head, heads are axis -3.

    Raises:
        InputError: there are constants for another number of heads than axis -3 has, or something
            else than constants.
    """
    if isinstance(constants, kind):
        return [constants], (1,) * len(shape)
    if not isinstance(constants, Sequence):
        raise InputError(
            f"constants must be {kind.__name__}, one or a list, not {shown(constants)}"
        )
    heads = [check_kind("constants", head, kind) for head in constants]
    if len(shape) < 3 or shape[-3] != len(heads):
        raise InputError(
            f"scores must have {len(heads)} heads on axis -3, one for each of the constants, not "
            f"shape {shape}"
        )
    return heads, (len(heads), 1, 1)
