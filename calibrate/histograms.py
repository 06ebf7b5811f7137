# SPDX-License-Identifier: Apache-2.0
"""Rows of scores as histograms over the distance from their maximum: all that HCCS sees of them.

With d the distance of a code from its row's maximum, n_d the positions at d and m_d the softmax
mass there, a row's divergence from s/Z with s = B*(1 - t*min(d, Dmax)), t = S/B, is

    KL = sum p log p - sum_d m_d log(1 - t*min(d, Dmax)) + log(n) + log(1 - t*c(Dmax))

where n is the row's number of positions and c(Dmax) the mean of min(d, Dmax) over them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.calibrate.scores import HeadScores, ScoreRows
from surmax.golden.reference import exact_softmax

Float64 = npt.NDArray[np.float64]

DISTANCES = 256
# Largest distance at which a line can be clipped, and one more for none.
CLIPS = 128


@dataclass(frozen=True)
class Histograms:
    """Rows of one or more heads; each row counts the same.

    Attributes:
        constant: mean over rows of sum(p log p) + log n.
        mass: (256,), mean softmax mass at each distance; its sum is 1.
        clipped: (128, rows), mean of min(d, Dmax) over a row's positions for each Dmax.
    """

    constant: float
    mass: Float64
    clipped: Float64

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return self.clipped.shape[1]


def reference(rows: ScoreRows, scale: float) -> Float64:
    """Return what a head's rows are compared with: softmax, float64, masked positions 0.

    Of the real scores where they are known, of scale*codes elsewhere.
    """
    if rows.real is None:
        return exact_softmax(rows.codes, scale=scale, mask=rows.mask)
    return exact_softmax(rows.real, scale=1.0, mask=rows.mask)


def divergence_of_rows(p: Float64, q: Float64, weights: Float64 | None = None) -> Float64:
    """Return KL(p || q) of each row in nats; q is above 0 wherever p is.

    With weights of positions: sum w (p log(p/q) - p + q).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p / q), 0.0)
    if weights is None:
        return terms.sum(axis=1)
    return (weights * (terms - p + q)).sum(axis=1)


def make_histograms(heads: Sequence[HeadScores]) -> Histograms:
    """Return the histograms of all rows of some heads, each with its own score scale."""
    parts = [(one.scale, rows) for one in heads for rows in one.rows]
    total = sum(len(rows) for _, rows in parts)
    constant, mass, at = 0.0, np.zeros(DISTANCES), 0
    clipped = np.empty((CLIPS, total))
    for scale, rows in parts:
        keep = None if rows.mask is None else ~rows.mask
        codes = rows.codes if keep is None else np.where(keep, rows.codes, np.int8(-128))
        distance = codes.max(axis=1, keepdims=True).view(np.uint8) - codes.view(np.uint8)
        index = np.arange(len(rows))[:, None] * DISTANCES + distance
        index = index.ravel() if keep is None else index[keep]
        counts = np.bincount(index, minlength=len(rows) * DISTANCES).reshape(-1, DISTANCES)
        sizes = counts.sum(axis=1)
        if rows.real is None:
            # Equal codes of a row have equal mass.
            e = np.exp(-scale * np.arange(DISTANCES))
            sums = counts @ e
            mass += e * (counts.T @ (1 / sums))
            entropy = -scale * (counts @ (e * np.arange(DISTANCES))) / sums - np.log(sums)
        else:
            p = reference(rows, scale)
            kept = p.ravel() if keep is None else p[keep]
            by_distance = np.bincount(index, kept, len(rows) * DISTANCES)
            mass += by_distance.reshape(-1, DISTANCES).sum(axis=0)
            entropy = (p * np.log(np.maximum(p, 1e-300))).sum(axis=1)
        constant += float((entropy + np.log(sizes)).sum())
        # Positions further away than k, summed over k below Dmax: the sum of min(d, Dmax).
        further = sizes[:, None] - np.cumsum(counts[:, : CLIPS - 1], axis=1)
        own = clipped[:, at : at + len(rows)]
        own[0] = 0
        np.cumsum(further.T, axis=0, out=own[1:])
        own /= sizes
        at += len(rows)
    return Histograms(constant / total, mass / total, clipped)
