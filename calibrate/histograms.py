# SPDX-License-Identifier: Apache-2.0
"""Histograms of rows over the distance from the row maximum, on which alone HCCS depends.

Let d be the distance of a code from the maximum of its row and m_d the softmax mass of a row at
distance d. The divergence of a row from s/Z with s = B*(1 - t*min(d, Dmax)) and t = S/B is

    KL = sum p log p - sum_d m_d log(1 - t*min(d, Dmax)) + log(n) + log(1 - t*c(Dmax))

where n is the number of positions of the row and c(Dmax) is the mean of min(d, Dmax) over them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.calibrate.scores import HeadScores, ScoreRows
from surmax.golden.reference import exact_softmax

Float64 = npt.NDArray[np.float64]

DISTANCES = 256
# Number of possible values of Dmax, 0 to 127.
CLIPS = 128


@dataclass(frozen=True)
class Histograms:
    """Histograms of the rows of one or more heads; each row has the same weight.

    Attributes:
        constant: mean over rows of sum(p log p) + log n.
        mass: (256,), mean softmax mass at each distance; it sums to 1.
        clipped: (128, rows), mean of min(d, Dmax) over the positions of a row, for each Dmax.
    """

    constant: float
    mass: Float64
    clipped: Float64

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.clipped.shape[1]


def reference(rows: ScoreRows, scale: float) -> Float64:
    """Return the softmax of a head's rows, the reference of calibration; masked positions are 0.

    It is that of the real scores where they are known, else that of scale*codes.
    """
    if rows.real is None:
        return exact_softmax(rows.codes, scale=scale, mask=rows.mask)
    return exact_softmax(rows.real, scale=1.0, mask=rows.mask)


def divergence_of_rows(p: Float64, q: Float64, weights: Float64 | None = None) -> Float64:
    """Return KL(p || q) of each row in nats; q must be above 0 wherever p is.

    With weights w of positions it is sum w (p log(p/q) - p + q).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p / q), 0.0)
    if weights is None:
        return terms.sum(axis=1)
    return (weights * (terms - p + q)).sum(axis=1)


def make_histograms(heads: Sequence[HeadScores]) -> Histograms:
    """Return the histograms of all rows of some heads, each with its own score scale."""
    parts = [(head.scale, rows) for head in heads for rows in head.rows]
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
            # Equal codes of a row have equal mass, so that counts by distance are enough.
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
        # The sum of min(d, Dmax) is the number of positions further away than k, summed over all
        # k below Dmax.
        further = sizes[:, None] - np.cumsum(counts[:, : CLIPS - 1], axis=1)
        own = clipped[:, at : at + len(rows)]
        own[0] = 0
        np.cumsum(further.T, axis=0, out=own[1:])
        own /= sizes
        at += len(rows)
    return Histograms(constant / total, mass / total, clipped)
