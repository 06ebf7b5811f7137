# SPDX-License-Identifier: Apache-2.0
"""Attention scores of a head: int8 codes in rows, their masks, and what they were before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.golden import InputError

Int8Array = npt.NDArray[np.int8]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.floating[Any]]

LARGEST_CODE = 127


@dataclass(frozen=True)
class ScoreRows:
    """Rows of one head and one length; every row has a position that is not masked.

    Attributes:
        codes: int8 (rows, length), as the quantiser gives them; masked positions too.
        mask: bool of that shape, True where a position is masked; None: nothing is.
        weights: of that shape, what a position's error counts; None: all the same.
        real: the scores before they were quantised, of that shape; None: not known.
    """

    codes: Int8Array
    mask: BoolArray | None = None
    weights: FloatArray | None = None
    real: FloatArray | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def __getitem__(self, rows: slice | npt.NDArray[Any]) -> "ScoreRows":
        """Return some of the rows."""
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
        layer, head: its place in the network.
        scale: real score units a code.
        rows: by length.
    """

    layer: int
    head: int
    scale: float
    rows: tuple[ScoreRows, ...]

    @property
    def count(self) -> int:
        """Rows of all lengths."""
        return sum(map(len, self.rows))

    @property
    def length(self) -> int:
        """Positions of the longest row."""
        return max(rows.length for rows in self.rows)

    @property
    def masked(self) -> bool:
        """Whether rows differ in the positions that count: by a mask, or by their length."""
        return len(self.rows) > 1 or any(rows.mask is not None for rows in self.rows)

    @property
    def has_real(self) -> bool:
        """Whether the scores before quantisation are known."""
        return all(rows.real is not None for rows in self.rows)

    @property
    def saturated(self) -> float:
        """Share of the positions that count whose code is the least or the largest."""
        ends = total = 0
        for rows in self.rows:
            seen = rows.codes if rows.mask is None else rows.codes[~rows.mask]
            if rows.real is None:
                ends += np.count_nonzero((seen == 127) | (seen == -128))
            else:
                real = rows.real if rows.mask is None else rows.real[~rows.mask]
                # Rounded to a code that does not exist.
                over = np.rint(real / self.scale)
                ends += np.count_nonzero((over > LARGEST_CODE) | (over < -128))
            total += seen.size
        return float(ends / max(total, 1))

    def every(self, step: int) -> "HeadScores":
        """Return every step-th row."""
        return replace(self, rows=tuple(rows[::step] for rows in self.rows))

    def rescaled(self, scale: float) -> "HeadScores":
        """Return the same real scores on codes of another scale, saturated."""
        rows = tuple(replace(one, codes=quantise(one.real, scale)) for one in self.rows)
        return replace(self, scale=scale, rows=rows)


def quantise(real: FloatArray, scale: float) -> Int8Array:
    """Round real scores to int8 codes, half to even, and saturate them."""
    return np.clip(np.rint(np.asarray(real, np.float64) / scale), -128, 127).astype(np.int8)


def real_rows(
    real: npt.ArrayLike, mask: npt.ArrayLike | None = None, weights: npt.ArrayLike | None = None
) -> ScoreRows:
    """Return rows of real scores, (rows, length), for make_head; what is masked everywhere goes.

    `mask` (True is masked) and `weights` are of that shape.
    """
    x = np.asarray(real, dtype=np.float32)
    drop = None if mask is None else np.asarray(mask, dtype=bool)
    w = None if weights is None else np.asarray(weights, dtype=np.float32)
    return seen_rows(ScoreRows(np.zeros(x.shape, np.int8), drop, w, x))


def seen_rows(rows: ScoreRows) -> ScoreRows:
    """Leave out rows that are masked everywhere, and a mask that masks nothing."""
    if rows.mask is None or not rows.mask.any():
        return replace(rows, mask=None)
    empty = rows.mask.all(axis=1)
    return rows[~empty] if empty.any() else rows


def make_head(
    layer: int, head: int, rows: Sequence[ScoreRows], scale: float | None = None
) -> HeadScores:
    """Return a head; real scores are quantised. `scale` None: max|x| is code 127.

    Raises InputError when no scale can be chosen, it is out of range or there is no row.
    """
    if not all(map(len, rows)) or not rows:
        raise InputError("all rows are masked everywhere")
    scale = full_scale(rows) if scale is None else scale
    if not scale:
        raise InputError("all scores are 0: no scale can be chosen")
    if not (np.isfinite(scale) and 1e-9 <= scale <= 16):
        raise InputError(f"scale must be 1e-09 to 16, not {scale!r}")
    found = (
        one if one.real is None else replace(one, codes=quantise(one.real, scale)) for one in rows
    )
    return HeadScores(layer, head, scale, tuple(found))


def full_scale(rows: Sequence[ScoreRows]) -> float:
    """Return the scale at which the largest |real score| that counts is code 127."""
    seen = [
        np.abs(one.real if one.mask is None else one.real[~one.mask]).max(initial=0)
        for one in rows
        if one.real is not None
    ]
    return float(max(seen, default=0.0)) / LARGEST_CODE
