# SPDX-License-Identifier: Apache-2.0
"""Attention scores of a head: rows of int8 codes, masks, weights, scores before quantisation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError, check_kind, shown
from surmax.golden.checks import real_array, row_mask
from surmax.golden.places import check_place
from surmax.golden.reference import LARGEST_SCALE, SMALLEST_SCALE, check_scale

Int8Array = npt.NDArray[np.int8]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.floating[Any]]

LARGEST_CODE = 127


@dataclass(frozen=True)
class ScoreRows:
    """Rows of one head and one length. Every row has a position that is not masked.

    Attributes:
        codes: int8 (rows, length), quantised scores; masked positions have codes as well.
        mask: bool (rows, length), True where a position is masked; None where none is.
        weights: (rows, length), weight of the error of each position; None where all are equal.
        real: (rows, length), scores before quantisation; None where they are not known.

    Raises InputError when an array has another type or shape.
    """

    codes: Int8Array
    mask: BoolArray | None = None
    weights: FloatArray | None = None
    real: FloatArray | None = None

    def __post_init__(self) -> None:
        """Check types and shapes."""
        shape = np.shape(self.codes)
        kinds = (("codes", "i"), ("mask", "b"), ("weights", "f"), ("real", "f"))
        for name, kind in kinds:
            array = getattr(self, name)
            if array is None and name != "codes":
                continue
            if not isinstance(array, np.ndarray) or array.dtype.kind != kind:
                raise InputError(
                    f"{name} must be an array of NumPy's kind {kind}, not {shown(array)}"
                )
            if array.shape != shape or array.ndim != 2:
                raise InputError(f"{name} must have shape (rows, length), not {array.shape}")
        if self.codes.dtype != np.int8:
            raise InputError(f"codes must be int8, not {self.codes.dtype}")

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def __getitem__(self, rows: slice | npt.NDArray[Any]) -> "ScoreRows":
        """Return the selected rows."""
        parts = (self.codes, self.mask, self.weights, self.real)
        return ScoreRows(*(None if part is None else part[rows] for part in parts))

    @property
    def length(self) -> int:
        """Positions of a row."""
        return self.codes.shape[1]


@dataclass(frozen=True)
class HeadScores:
    """The scores of one head.

    Attributes:
        layer, head: place in the network.
        scale: real score units a code.
        rows: rows of each length, one ScoreRows for each.
    """

    layer: int
    head: int
    scale: float
    rows: tuple[ScoreRows, ...]

    @property
    def count(self) -> int:
        """Number of rows of all lengths."""
        return sum(map(len, self.rows))

    @property
    def length(self) -> int:
        """Positions of the longest row."""
        return max(rows.length for rows in self.rows)

    @property
    def masked(self) -> bool:
        """Whether rows have masked positions or different lengths."""
        return len(self.rows) > 1 or any(rows.mask is not None for rows in self.rows)

    @property
    def has_real(self) -> bool:
        """Whether the scores before quantisation are known."""
        return all(rows.real is not None for rows in self.rows)

    @property
    def saturated(self) -> float:
        """Share of the positions, without masked ones, whose code is at an end of the range."""
        ends = total = 0
        for rows in self.rows:
            seen = rows.codes if rows.mask is None else rows.codes[~rows.mask]
            if rows.real is None:
                ends += np.count_nonzero((seen == 127) | (seen == -128))
            else:
                real = rows.real if rows.mask is None else rows.real[~rows.mask]
                # With the real scores known, count only those beyond the range of codes.
                over = np.rint(real / self.scale)
                ends += np.count_nonzero((over > LARGEST_CODE) | (over < -128))
            total += seen.size
        return float(ends / max(total, 1))

    def every(self, step: int) -> "HeadScores":
        """Return the head with every `step`-th row."""
        return replace(self, rows=tuple(rows[::step] for rows in self.rows))

    def rescaled(self, scale: float) -> "HeadScores":
        """Return the head with its real scores quantised to another scale."""
        rows = tuple(replace(part, codes=quantise(part.real, scale)) for part in self.rows)
        return replace(self, scale=scale, rows=rows)


def quantise(real: FloatArray, scale: float) -> Int8Array:
    """Return real scores as int8 codes, rounded half to even and saturated."""
    return np.clip(np.rint(np.asarray(real, np.float64) / scale), -128, 127).astype(np.int8)


def real_rows(
    real: npt.ArrayLike, mask: npt.ArrayLike | None = None, weights: npt.ArrayLike | None = None
) -> ScoreRows:
    """Return rows of real scores for make_head, without rows that are masked everywhere.

    All arguments have shape (rows, length); `mask` is True where a position is masked.

    Raises InputError when they are not, or have numbers beyond the range of float32.
    """
    x = _float32("real", real)
    drop = None if mask is None else np.array(row_mask(mask, x.shape))
    w = None if weights is None else _float32("weights", weights)
    return seen_rows(ScoreRows(np.zeros(x.shape, np.int8), drop, w, x))


def _float32(name: str, values: npt.ArrayLike) -> FloatArray:
    array = real_array(name, values)
    most = float(np.finfo(np.float32).max)
    if array.size and np.abs(array).max() > most:
        raise InputError(f"{name} must be {-most:g} to {most:g}, not {np.abs(array).max():g}")
    return array.astype(np.float32)


def seen_rows(rows: ScoreRows) -> ScoreRows:
    """Return the rows without those that are masked everywhere, and without an empty mask."""
    if rows.mask is None or not rows.mask.any():
        return replace(rows, mask=None)
    empty = rows.mask.all(axis=1)
    return rows[~empty] if empty.any() else rows


def make_head(
    layer: int, head: int, rows: Sequence[ScoreRows], scale: float | None = None
) -> HeadScores:
    """Return a head; its real scores are quantised.

    `scale` is in real score units a code; None is the one with which max|x| is code 127.

    Raises InputError when a place is out of range, there is no row, all real scores are 0, or the
    scale is out of range.
    """
    check_place(layer, head)
    if not rows or not all(len(check_kind("rows", part, ScoreRows)) for part in rows):
        raise InputError("rows must have a position that is not masked")
    scale = _full_scale_in_range(rows) if scale is None else check_scale(scale)
    quantised = (
        part if part.real is None else replace(part, codes=quantise(part.real, scale))
        for part in rows
    )
    return HeadScores(layer, head, scale, tuple(quantised))


def _full_scale_in_range(rows: Sequence[ScoreRows]) -> float:
    scale = full_scale(rows)
    if not scale:
        raise InputError("scores must not all be 0: no scale can be chosen")
    most, least = LARGEST_SCALE * LARGEST_CODE, SMALLEST_SCALE * LARGEST_CODE
    if not SMALLEST_SCALE <= scale <= LARGEST_SCALE:
        raise InputError(
            f"largest score must be {least:g} to {most:g} where no scale is given, not "
            f"{scale * LARGEST_CODE:g}"
        )
    return scale


def full_scale(rows: Sequence[ScoreRows]) -> float:
    """Return the scale with which the largest |real score| that is not masked is code 127."""
    seen = [
        np.abs(part.real if part.mask is None else part.real[~part.mask]).max(initial=0)
        for part in rows
        if part.real is not None
    ]
    return float(max(seen, default=0.0)) / LARGEST_CODE
