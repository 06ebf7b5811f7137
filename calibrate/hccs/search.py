# SPDX-License-Identifier: Apache-2.0
"""The HCCS constants with the least divergence from softmax, over all legal ones.

For each Dmax the mean divergence f(t), t = S/B, is g(t) + h(t) with g(t) = -sum_d m_d log(1 - t
min(d, Dmax)) convex and h(t), the mean over rows of log(1 - t c(Dmax)), concave. On an interval of
t two tangents of g and the chord of h are below f; so intervals in which nothing can beat the best
legal constants by more than the tolerance are dropped, the others are cut into smaller ones, until
few legal fractions S/B are left, which are all computed. Nothing is sampled: what comes out is
within the tolerance of the least over every legal B, S and Dmax.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.calibrate.histograms import CLIPS, Float64, Histograms
from surmax.golden.hccs.law import HccsConstants

Ints = npt.NDArray[np.int64]

TOLERANCE = 1e-7
_FIRST_CUTS = 16
_CUTS = 4
# So few fractions S/B are computed one by one, or so many intervals not cut any more.
_FEW_FRACTIONS = 1 << 14
_MANY_INTERVALS = 1 << 11
# Computed at a time, and in all: what is left then is not proven.
_SOME_FRACTIONS = 1 << 10
_MOST_FRACTIONS = 1 << 17
_LARGEST_SLOPE = 127


@dataclass(frozen=True)
class Bounds:
    """Which constants are legal: least_b <= B <= most_b and B - S*Dmax >= least_floor."""

    least_b: int
    most_b: int
    least_floor: int


@dataclass(frozen=True)
class Found:
    """Constants, the mean KL(softmax || s/Z) that they give in nats, and whether it is proven.

    `proven`: no legal constants give less by more than TOLERANCE.
    """

    constants: HccsConstants
    kl: float
    proven: bool


def divergence(rows: Histograms, constants: HccsConstants) -> float:
    """Return the mean KL(softmax || s/Z) of constants with a positive floor, in nats."""
    clips, slopes = np.array([constants.Dmax]), np.array([constants.S / constants.B])
    return float(rows.constant + sum(_terms(rows, clips, slopes)[:2])[0])


def search(rows: Histograms, bounds: Bounds) -> Found:
    """Return the legal constants with the least divergence; among equal ones the largest B."""
    best = Found(HccsConstants(bounds.most_b, 0, 0), rows.constant, True)
    clips, slopes = _first_points(rows, bounds)
    if not clips.size:
        return best
    g, h, rise = _terms(rows, clips.ravel(), slopes.ravel())
    g, h, rise = (one.reshape(clips.shape) for one in (g, h, rise))
    best = _round_to_legal(rows, bounds, best, clips.ravel(), slopes.ravel(), (g + h).ravel())
    # Intervals between neighbouring points: Dmax, and at either end t, g, g' and h.
    clip = clips[:, 1:].ravel()
    ends = [(one[:, :-1].ravel(), one[:, 1:].ravel()) for one in (slopes, g, rise, h)]
    while True:
        lowest = rows.constant + _below(*ends)
        keep = lowest < best.kl - TOLERANCE
        clip, lowest = clip[keep], lowest[keep]
        ends = [(left[keep], right[keep]) for left, right in ends]
        fractions = _count_fractions(bounds, clip, *ends[0]).sum()
        if fractions <= _FEW_FRACTIONS or clip.size >= _MANY_INTERVALS:
            return _finish(rows, bounds, best, clip, ends[0], lowest)
        clip, ends = _cut(rows, clip, ends)
        best = _round_to_legal(rows, bounds, best, clip, ends[0][0], ends[1][0] + ends[3][0])


def _first_points(rows: Histograms, bounds: Bounds) -> tuple[Ints, Float64]:
    """Return (Dmax, t), each (clips, 17): from t = 0 to the steepest legal line.

    Evenly spaced in the logarithm of what is left at Dmax, 1 - t*Dmax. A Dmax beyond all distances
    does what a smaller one does, with less room.
    """
    room = bounds.most_b - bounds.least_floor
    differs = (rows.clipped[1:] != rows.clipped[:-1]).any(axis=1)
    clips = 1 + np.flatnonzero(differs[: min(CLIPS - 1, max(room, 0))])
    steepest = np.minimum(room / bounds.most_b / clips, _LARGEST_SLOPE / bounds.least_b)
    part = np.arange(_FIRST_CUTS + 1) / _FIRST_CUTS
    slopes = (1 - (1 - steepest * clips)[:, None] ** part) / clips[:, None]
    return np.broadcast_to(clips[:, None], slopes.shape), slopes


def _terms(rows: Histograms, clips: Ints, slopes: Float64) -> tuple[Float64, Float64, Float64]:
    """Return g, h and the derivative of g at points (Dmax, t), each (points,)."""
    distance = np.minimum(np.arange(rows.mass.size), clips[:, None])
    left = 1 - slopes[:, None] * distance
    g = -np.log(left) @ rows.mass
    rise = (distance / left) @ rows.mass
    h = np.empty_like(g)
    for clip in np.unique(clips):
        at = np.flatnonzero(clips == clip)
        mean = rows.clipped[clip]
        # A few points at a time: what they need stays in the cache.
        for some in np.array_split(at, max(1, at.size * mean.size >> 17)):
            h[some] = np.log(1 - slopes[some, None] * mean).mean(axis=1)
    return g, h, rise


def _below(
    slopes: tuple[Float64, Float64],
    g: tuple[Float64, Float64],
    rise: tuple[Float64, Float64],
    h: tuple[Float64, Float64],
) -> Float64:
    """Return a lower bound of g + h on each interval: tangents of g, chord of h."""
    width = slopes[1] - slopes[0]
    step = rise[1] - rise[0]
    # Where the tangents meet, from the left end.
    meet = np.divide(g[1] - g[0] - rise[1] * width, -step, out=np.zeros_like(width), where=step > 0)
    meet = np.clip(meet, 0, width)
    share = np.divide(meet, width, out=np.zeros_like(width), where=width > 0)
    between = g[0] + rise[0] * meet + h[0] + (h[1] - h[0]) * share
    return np.minimum(np.minimum(g[0] + h[0], g[1] + h[1]), between)


def _cut(
    rows: Histograms, clip: Ints, ends: list[tuple[Float64, Float64]]
) -> tuple[Ints, list[tuple[Float64, Float64]]]:
    """Return each interval cut into _CUTS equal ones."""
    parts = np.arange(1, _CUTS) / _CUTS
    inner = ends[0][0][:, None] + (ends[0][1] - ends[0][0])[:, None] * parts
    clips = np.repeat(clip, _CUTS - 1)
    g, h, rise = (one.reshape(inner.shape) for one in _terms(rows, clips, inner.ravel()))
    cut = []
    for (left, right), middle in zip(ends, (inner, g, rise, h), strict=True):
        points = np.column_stack([left, middle, right])
        cut.append((points[:, :-1].ravel(), points[:, 1:].ravel()))
    return np.repeat(clip, _CUTS), cut


def _fractions(bounds: Bounds, clip: Ints, low: Float64, high: Float64) -> tuple[Ints, Ints, Ints]:
    """Return S (1, 127) and, (intervals, 127), the least and the largest B of each.

    S/B lies in the interval, its ends included, and is legal for its Dmax; the least B is above
    the largest where there is none.
    """
    slope = np.arange(1, _LARGEST_SLOPE + 1)[None, :]
    floor = slope * clip[:, None] + bounds.least_floor
    # A little beyond both ends, so that no rounding loses a fraction.
    least = np.ceil(slope / (high[:, None] * (1 + 1e-12))).astype(np.int64)
    with np.errstate(divide="ignore"):
        most = slope / (low[:, None] * (1 - 1e-12))
    most = np.minimum(most, bounds.most_b).astype(np.int64)
    return slope, np.maximum(np.maximum(least, floor), bounds.least_b), most


def _count_fractions(bounds: Bounds, clip: Ints, low: Float64, high: Float64) -> Ints:
    """Return the number of legal fractions in each interval, equal ones counted apart."""
    _, least, most = _fractions(bounds, clip, low, high)
    return np.maximum(most - least + 1, 0).sum(axis=1)


def _finish(
    rows: Histograms,
    bounds: Bounds,
    best: Found,
    clip: Ints,
    slopes: tuple[Float64, Float64],
    lowest: Float64,
) -> Found:
    """Compute the legal fractions of the intervals, those with the lowest bound first."""
    order = np.argsort(lowest, kind="stable")
    clip, lowest, low, high = (one[order] for one in (clip, lowest, *slopes))
    ends = np.cumsum(_count_fractions(bounds, clip, low, high))
    at = 0
    while at < clip.size and lowest[at] < best.kl - TOLERANCE:
        done = ends[at - 1] if at else 0
        if done > _MOST_FRACTIONS:
            return Found(best.constants, best.kl, False)
        upto = max(at + 1, int(np.searchsorted(ends, done + _SOME_FRACTIONS)))
        part = slice(at, upto)
        slope, least, most = _fractions(bounds, clip[part], low[part], high[part])
        spans = np.maximum(most - least + 1, 0)
        count = spans.ravel()
        starts = np.cumsum(count) - count
        B = np.repeat(least.ravel() - starts, count) + np.arange(count.sum())
        S = np.repeat(np.broadcast_to(slope, spans.shape).ravel(), count)
        best = _better(rows, best, np.repeat(clip[part], spans.sum(axis=1)), S, B)
        at = upto
    return best


def _round_to_legal(
    rows: Histograms, bounds: Bounds, best: Found, clips: Ints, slopes: Float64, f: Float64
) -> Found:
    """Return the best of what was known and of legal fractions close to the best points."""
    order = np.argsort(f, kind="stable")
    # The best point of each of the best few Dmax.
    _, first = np.unique(clips[order], return_index=True)
    chosen = order[np.sort(first)[:8]]
    clip = np.repeat(clips[chosen], _LARGEST_SLOPE)
    S = np.tile(np.arange(1, _LARGEST_SLOPE + 1), chosen.size)
    with np.errstate(divide="ignore"):
        B = np.rint(S / np.repeat(slopes[chosen], _LARGEST_SLOPE))
    B = np.maximum(np.minimum(B, bounds.most_b).astype(np.int64), bounds.least_b)
    legal = bounds.least_floor + S * clip <= B
    return _better(rows, best, clip[legal], S[legal], B[legal])


def _better(rows: Histograms, best: Found, clips: Ints, S: Ints, B: Ints) -> Found:
    """Return the best of what was known and of some legal constants."""
    if not clips.size:
        return best
    # Equal fractions are computed once; the largest B stands for them.
    order = np.lexsort((-B, S / B, clips))
    clips, S, B = clips[order], S[order], B[order]
    fresh = np.ones(clips.size, dtype=bool)
    fresh[1:] = (np.diff(clips) != 0) | (np.diff(S / B) != 0)
    clips, S, B = clips[fresh], S[fresh], B[fresh]
    g, h, _ = _terms(rows, clips, S / B)
    kl = rows.constant + g + h
    at = int(kl.argmin())
    if kl[at] >= best.kl:
        return best
    constants = HccsConstants(int(B[at]), int(S[at]), int(clips[at]))
    return Found(constants, float(kl[at]), True)
