# SPDX-License-Identifier: Apache-2.0
"""HCCS constants for recorded scores: the least divergence from softmax, integer-exact.

As the paper calibrates (arXiv 2604.02292): the least mean over rows of KL(softmax || HCCS) over
int8 scores, HCCS in its int16 form, its codes taken by their share of the row's sum. That form is
s*floor(32767/Z), so that a code's share is s/Z exactly, and the search over s/Z is the search over
the integers; it covers every legal B, S and Dmax (surmax.calibrate.hccs.search). For another form,
for weights of positions and for total variation the integers are changed a step at a time, from
several starts, while golden says that it gets better: that is local, and proves nothing.

Masked positions are left out of maximum, sum and divergence. What is reported is golden's own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import numpy as np
from surmax.calibrate.hccs.search import Bounds, search
from surmax.calibrate.histograms import (
    Float64,
    divergence_of_rows,
    make_histograms,
    reference,
)
from surmax.calibrate.scores import HeadScores, ScoreRows, full_scale
from surmax.common.plain import PlainFields
from surmax.golden import HccsConfig, HccsConstants, InputError, check_choice, hccs

OBJECTIVES = ("kl", "tv")
GRANULARITIES = ("head", "layer", "global")
# Of the int8 range: 1 is max|x| at code 127, less is a finer step that saturates.
CLIPS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)

# Rows of a pool that the search looks at; positions that a descent and a choice of scale do.
_POOL_ROWS = 1 << 17
_FEW_POSITIONS = 1 << 16
# Where descents start beside the best line: Dmax, and the floor's share of B.
_STARTS = tuple((clip, floor) for clip in (8, 16, 32, 64, 127) for floor in (0.005, 0.02, 0.06))


@dataclass(frozen=True)
class HccsTarget(PlainFields):
    """Requirements on constants: datapath, rows, and the measure to minimise.

    Attributes:
        config: the datapath.
        length: positions of the longest row; constants are legal for it.
        masked: for shorter rows and any mask too.
        form: the datapath whose codes are compared with softmax; None is int16_form(config).
        objective: "kl", or "tv": total variation, half the sum of |softmax - HCCS|.
        weighted: count positions by the weights beside the scores. The divergence is then
            sum w (p log(p/q) - p + q), which is 0 for q = p only, like the one without weights.

    Raises InputError when no constants are legal or a field is out of range.
    """

    config: HccsConfig
    length: int
    masked: bool = True
    form: HccsConfig | None = None
    objective: str = "kl"
    weighted: bool = False

    def __post_init__(self) -> None:
        """Refuse impossible requirements."""
        super().__post_init__()
        check_choice("objective", self.objective, OBJECTIVES)
        HccsConstants(max(1, self.bounds.most_b), 0, 0).check(
            self.config, self.length, masked=self.masked
        )

    @property
    def bounds(self) -> Bounds:
        """Legal constants with a floor of 1 or more: with 0 the divergence is infinite."""
        most = self.config.max_b(self.length)
        if self.masked:
            return Bounds(self.config.min_sum, most, 1)
        floor = max(1, -(-self.config.min_sum // self.length))
        return Bounds(floor, most, floor)

    @property
    def compared(self) -> HccsConfig:
        """The datapath whose codes are compared with softmax."""
        return int16_form(self.config) if self.form is None else self.form

    @property
    def exhaustive(self) -> bool:
        """Whether the constants with the best s/Z are wanted: all of them are searched then."""
        return self.form is None and self.objective == "kl" and not self.weighted


@dataclass(frozen=True)
class HccsResult:
    """Constants of one head and what they do on its rows.

    Attributes:
        layer, head: its place.
        scale: real score units a code.
        saturated: share of its positions at the end of the code range.
        B, S, Dmax: the integers.
        floor: B - S*Dmax as a share of B.
        kl: mean KL(softmax || codes by their share of the row) in nats; a code of 0 counts as half
            a code.
        total_variation: mean of half the sum of |softmax - codes by their share of the row|.
        zero_codes: share of positions with code 0.
        rows: how many.
        proven: no legal constants have a mean KL(softmax || s/Z) that is less by more than 1e-7
            (those of several heads: over all of them).
    """

    layer: int
    head: int
    scale: float
    saturated: float
    B: int
    S: int
    Dmax: int
    floor: float
    kl: float
    total_variation: float
    zero_codes: float
    rows: int
    proven: bool

    @property
    def constants(self) -> HccsConstants:
        """Return B, S and Dmax."""
        return HccsConstants(self.B, self.S, self.Dmax)

    def to_json(self) -> dict[str, Any]:
        """Return all fields, JSON-ready."""
        return asdict(self)


def int16_form(config: HccsConfig) -> HccsConfig:
    """Return the int16 form with the row sums of `config`: the paper's where those have 15 bits.

    Wider sums leave nothing of floor(32767/Z): there the reciprocal has 24 fraction bits, and codes
    are rounded to nearest.
    """
    wide = config.sum_bits > 15
    return HccsConfig(
        output="i16",
        rounding="nearest" if wide else "floor",
        fraction_bits=24 if wide else 0,
        sum_bits=config.sum_bits,
        min_sum=config.min_sum,
    )


def group_heads(heads: Sequence[HeadScores], granularity: str) -> list[list[HeadScores]]:
    """Return the heads that share constants, in order; raises InputError for another word."""
    check_choice("granularity", granularity, GRANULARITIES)
    if granularity == "global":
        return [list(heads)]
    if granularity == "head":
        return [[one] for one in heads]
    by_layer = sorted(heads, key=lambda one: one.layer)
    return [list(group) for _, group in groupby(by_layer, key=lambda one: one.layer)]


def calibrate(heads: Sequence[HeadScores], target: HccsTarget) -> list[HccsResult]:
    """Return results of heads that share B, S and Dmax; each keeps its own score scale.

    Raises InputError when a row is longer than the target's, has masked positions where none can
    be, or weights are wanted and not there.
    """
    _check(heads, target)
    rows = sum(one.count for one in heads)
    pool = [one.every(-(-rows // _POOL_ROWS)) for one in heads]
    found = search(make_histograms(pool), target.bounds)
    constants, proven = found.constants, found.proven and rows <= _POOL_ROWS
    if not target.exhaustive:
        constants, proven = _descend(heads, target, constants), False
    return [_measure(one, constants, target, proven=proven) for one in heads]


def choose_scale(head: HeadScores, target: HccsTarget) -> HeadScores:
    """Return a head of real scores on codes of the best scale: a share CLIPS of its range.

    What saturates is compared with softmax of the real scores, so that it counts. Raises
    InputError when the real scores are not known.
    """
    if not head.has_real:
        raise InputError(
            f"layer {head.layer} head {head.head}: a scale can be chosen for real scores only"
        )
    few = head.every(max(1, sum(one.codes.size for one in head.rows) // _FEW_POSITIONS))
    full = full_scale(head.rows)

    def loss(clip: float) -> float:
        one = few.rescaled(full * clip)
        constants = search(make_histograms([one]), target.bounds).constants
        return _Comparison([one], target).loss(constants)

    return head.rescaled(full * min(CLIPS, key=loss))


def _check(heads: Sequence[HeadScores], target: HccsTarget) -> None:
    for one in heads:
        name = f"layer {one.layer} head {one.head}"
        if one.length > target.length:
            raise InputError(
                f"{name} has rows of {one.length} positions: at most {target.length} are wanted"
            )
        if not target.masked and (one.masked or one.length < target.length):
            raise InputError(
                f"{name} has masked or shorter rows: constants without masks are for whole rows "
                f"of {target.length} only"
            )
        if target.weighted and any(rows.weights is None for rows in one.rows):
            raise InputError(f"{name} has no weights: give an array of weights beside the scores")


class _Comparison:
    """Rows of heads that share constants, and how far the codes of constants are from softmax."""

    def __init__(self, heads: Sequence[HeadScores], target: HccsTarget) -> None:
        self._target = target
        parts = [(one.scale, rows) for one in heads for rows in one.rows]
        self._parts = [(rows, reference(rows, scale)) for scale, rows in parts]

    def loss(self, constants: HccsConstants) -> float:
        """Return the mean of the objective over all rows."""
        means, counts = [], []
        for rows, p in self._parts:
            q, _ = self._shares(rows, constants)
            w = _weights(rows) if self._target.weighted else None
            row = (
                _variation(p, q, w)
                if self._target.objective == "tv"
                else divergence_of_rows(p, q, w)
            )
            means.append(row.mean())
            counts.append(len(rows))
        return float(np.average(means, weights=counts))

    def figures(self, constants: HccsConstants) -> dict[str, float]:
        """Return mean KL, mean total variation (both without weights) and share of zero codes."""
        kl = variation = zeros = seen = rows = 0.0
        for part, p in self._parts:
            q, zero = self._shares(part, constants)
            kl += divergence_of_rows(p, q).sum()
            variation += _variation(p, q, None).sum()
            zeros += zero
            seen += p.size if part.mask is None else np.count_nonzero(~part.mask)
            rows += len(part)
        return {
            "kl": float(kl / rows),
            "total_variation": float(variation / rows),
            "zero_codes": float(zeros / seen),
        }

    def _shares(self, rows: ScoreRows, constants: HccsConstants) -> tuple[Float64, int]:
        """Return each code's share of its row, and how many codes are 0 without being masked."""
        # Constants that are for any mask need not be legal for full rows without one.
        mask = np.zeros(1, dtype=bool) if rows.mask is None and self._target.masked else rows.mask
        codes = hccs(rows.codes, constants, self._target.compared, mask).astype(np.float64)
        zero = codes == 0
        if rows.mask is not None:
            zero &= ~rows.mask
        codes[zero] = 0.5
        return codes / codes.sum(axis=1, keepdims=True), int(np.count_nonzero(zero))


def _weights(rows: ScoreRows) -> Float64:
    """Return weights whose mean over the positions that count is 1."""
    w = np.asarray(rows.weights, dtype=np.float64)
    seen = w if rows.mask is None else w[~rows.mask]
    return w / max(float(seen.mean()), 1e-300)


def _variation(p: Float64, q: Float64, w: Float64 | None) -> Float64:
    apart = np.abs(p - q) / 2
    return apart.sum(axis=1) if w is None else (w * apart).sum(axis=1)


def _measure(
    head: HeadScores, constants: HccsConstants, target: HccsTarget, *, proven: bool
) -> HccsResult:
    return HccsResult(
        layer=head.layer,
        head=head.head,
        scale=head.scale,
        saturated=head.saturated,
        B=constants.B,
        S=constants.S,
        Dmax=constants.Dmax,
        floor=constants.floor / constants.B,
        **_Comparison([head], target).figures(constants),
        rows=head.count,
        proven=proven,
    )


def _descend(
    heads: Sequence[HeadScores], target: HccsTarget, start: HccsConstants
) -> HccsConstants:
    """Return constants that no single step makes better, from the best of several starts."""
    positions = sum(rows.codes.size for one in heads for rows in one.rows)
    few = _Comparison([one.every(-(-positions // _FEW_POSITIONS)) for one in heads], target)
    known: dict[HccsConstants, float] = {}

    def loss(one: HccsConstants) -> float:
        if one not in known:
            known[one] = few.loss(one)
        return known[one]

    starts = [start, *(_line(target, clip, floor) for clip, floor in _STARTS)]
    best = min(filter(None, starts), key=loss)
    while True:
        better = min(_neighbours(best, target), key=loss, default=best)
        if loss(better) >= loss(best):
            return best
        best = better


def _line(target: HccsTarget, clip: int, floor: float) -> HccsConstants | None:
    """Return the largest legal B with a slope that leaves that share of it at Dmax, or none."""
    slope = (1 - floor) / clip
    B = min(target.bounds.most_b, int(127 / slope))
    return _legal(target, B, round(slope * B), clip)


def _neighbours(one: HccsConstants, target: HccsTarget) -> Iterator[HccsConstants]:
    """Yield legal constants a step away: in one integer, or along the line of equal S/B."""
    B, S, clip = one.B, one.S, one.Dmax
    steps = [(B + step * max(1, B // part), S, clip) for step in (-1, 1) for part in (B, 64, 8)]
    steps += [(B, S + step, clip) for step in (-8, -2, -1, 1, 2, 8)]
    steps += [(B, S, clip + step) for step in (-8, -3, -1, 1, 3, 8)]
    for step in (-4, -1, 1, 4) if S else ():
        longer = round(B * (S + step) / S)
        steps += [(longer, S + step, clip + turn) for turn in (-1, 0, 1)]
    for step in steps:
        found = _legal(target, *step)
        if found is not None:
            yield found


def _legal(target: HccsTarget, B: int, S: int, clip: int) -> HccsConstants | None:
    bounds = target.bounds
    fits = bounds.least_b <= B <= bounds.most_b and 0 <= S <= 127 and 0 <= clip <= 127
    if not fits or B - S * clip < bounds.least_floor:
        return None
    return HccsConstants(B, S, clip)
