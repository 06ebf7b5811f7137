# SPDX-License-Identifier: Apache-2.0
"""Stimulus of the volume run of a row unit: rows of every length, shape and mask."""

import numpy as np
import numpy.typing as npt
from surmax.rtl import Build
from surmax.tb.rows.cutting import find_rows
from surmax.tb.volume.library import Beats

Rng = np.random.Generator
SEGMENT = 16  # rows in a row whose lengths are drawn alike
RAMP_ROWS = 256 * 257 // 2  # pairs of a score and a row maximum at or above it

# A row's scores are random bits under one of these masks, plus an offset; EXTREME rows hold -128
# and 127 only, ONE_HOT rows one value but for one position, STAIRS rows one value and then another.
_SPREADS = np.array([0xFF, 0xFF, 0xFF, 0x1F, 0x07, 0x81, 0xFF, 0x00, 0x00], dtype=np.uint8)
_EXTREME, _ONE_HOT, _STAIRS = 6, 7, 8

# How a row is masked: two independent random bytes are put together by and/or with these.
_MASK_AND = np.array([0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], dtype=np.uint8)
_MASK_OR = np.array([0, 0, 0, 0, 0, 0, 0xFF, 0xFF], dtype=np.uint8)
_PADDED, _DENSE, _ALL, _ALL_BUT_ONE = (2, 3), 5, 6, 7


def equal_rows(build: Build, rng: Rng, rows: int, beats: int) -> Beats:
    """Return random rows of `beats` beats each, nothing masked."""
    return _with_masks(build, _beats(build, rng, np.full(rows, beats), None), None)


def ramp_rows(build: Build, rng: Rng, first: int, count: int) -> Beats:
    """Return rows `first` and up of those that show every pair of score and maximum to every lane.

    Of two beats: one holds the maximum in one lane, others masked at random, and the other beat
    different scores up to it in all lanes; which comes first is random. For units whose rows have
    one beat the maximum takes the place of one lane's score.
    """
    step = np.arange(first, first + count)
    # Row `step` is pair (top, low) of the triangle 0 <= low <= top <= 255.
    tops = ((np.sqrt(8.0 * step + 1) - 1) / 2).astype(np.int64)
    tops += (tops + 1) * (tops + 2) // 2 <= step
    tops -= tops * (tops + 1) // 2 > step
    low = step - tops * (tops + 1) // 2
    lane = np.arange(build.lanes)
    scores = (low[:, None] + 37 * lane) % (tops[:, None] + 1)
    if build.max_beats == 1:
        scores[np.arange(count), step % build.lanes] = tops
        beats = _beats(build, rng, np.full(count, 1), None)
        shown = np.arange(count)
    else:
        beats = _beats(build, rng, np.full(count, 2), None)
        swap = rng.integers(0, 2, count)
        shown, other = 2 * np.arange(count) + swap, 2 * np.arange(count) + 1 - swap
        beats.scores[other] %= (tops[:, None] + 1).astype(np.uint16)  # in 0..top, as offset codes
        beats.scores[other, step % build.lanes] = tops
        beats.scores[other] ^= 0x80
    beats.scores[shown] = scores.astype(np.uint8) ^ 0x80
    return _with_masks(build, beats, None)


def random_rows(build: Build, rng: Rng, count: int, without: int | None = None) -> Beats:
    """Return about `count` beats in rows of mixed length, shape and mask; some are over-long.

    In a quarter of the rows the beats before the last one have other head indices, which must not
    count. No beat has the head `without`.
    """
    longest = build.max_beats
    rows = max(1, 2 * count // (longest + 1))
    segments = -(-rows // SEGMENT)
    style = np.repeat(rng.integers(0, 4, segments), SEGMENT)[:rows]
    steady = np.repeat(rng.integers(1, longest + 1, segments), SEGMENT)[:rows]
    lengths = np.select(
        [style == 0, style == 1, style == 2],
        [1, longest, steady],
        rng.integers(1, longest + 1, rows),
    )
    # Few: what is dropped of them shows nothing else.
    too_long = rng.integers(0, 32, rows) == 0
    lengths = np.where(too_long, longest + rng.integers(1, longest + 2, rows), lengths)
    beats = _beats(build, rng, lengths, without)
    return _with_masks(build, beats, rng)


def _beats(build: Build, rng: Rng, lengths: npt.NDArray[np.int64], without: int | None) -> Beats:
    """Return rows of these lengths: scores of all shapes, no masks yet."""
    rows, total = len(lengths), int(lengths.sum())
    ends = np.cumsum(lengths) - 1
    last = np.zeros(total, dtype=np.uint8)
    last[ends] = 1
    row = np.repeat(np.arange(rows), lengths)

    kind = rng.integers(0, len(_SPREADS), rows)
    bits = rng.integers(0, 256, (total, build.lanes), dtype=np.uint8)
    offset = rng.integers(0, 256, rows, dtype=np.uint8)
    scores = (bits & _SPREADS[kind][row, None]) + offset[row, None]
    extreme = np.flatnonzero((kind == _EXTREME)[row])
    scores[extreme] = (bits[extreme].view(np.int8) >> 7).view(np.uint8) ^ 0x7F
    single = np.flatnonzero((kind == _ONE_HOT) & (rng.integers(0, 4, rows) > 0))
    place = ends[single] - rng.integers(0, lengths[single])
    scores[place, rng.integers(0, build.lanes, len(single))] ^= 0x80
    rising = np.flatnonzero(kind == _STAIRS)
    step = rng.integers(1, 64, len(rising), dtype=np.uint8)
    # Of the row's last beats one at least is higher: the sum before it is large.
    first = np.zeros(rows, dtype=np.int64)
    first[rising] = ends[rising] - rng.integers(0, (lengths[rising] + 1) // 2)
    stairs = np.zeros(rows, dtype=np.uint8)
    stairs[rising] = step
    high = np.arange(total) >= first[row]
    scores += (stairs[row] * high)[:, None]

    drawn = rng.integers(0, build.heads - (without is not None), (2, total), dtype=np.uint8)
    if without is not None:
        drawn += drawn >= without
    stray = (rng.integers(0, 4, rows) == 0)[row] & (last == 0)
    head = np.where(stray, drawn[1], drawn[0][ends][row])
    mask = np.zeros((total, (build.lanes + 7) // 8), dtype=np.uint8)
    return Beats(scores=scores, mask=mask, head=head, last=last)


def _with_masks(build: Build, beats: Beats, rng: Rng | None) -> Beats:
    """Return the beats with masks of all kinds, or none without `rng`."""
    if rng is None:
        return beats
    mask, rows = beats.mask, find_rows(beats.last, build.max_beats)
    lengths = rows.sent
    ends = rows.begin + lengths - 1
    row = np.repeat(np.arange(len(ends)), lengths)
    kind = rng.integers(0, len(_MASK_AND), len(ends))
    # All and all but one are rarer.
    kind[(kind >= _ALL) & (rng.integers(0, 4, len(ends)) > 0)] = 0
    mask |= rng.integers(0, 256, mask.shape, dtype=np.uint8)
    sparse = np.flatnonzero((kind != _DENSE)[row])
    mask[sparse] &= rng.integers(0, 256, (len(sparse), mask.shape[1]), dtype=np.uint8)
    mask &= _MASK_AND[kind][row, None]
    mask |= _MASK_OR[kind][row, None]

    # Padding: the row ends within its last beat, or even before.
    padded = np.flatnonzero(np.isin(kind, _PADDED))
    valid = rng.integers(1, build.lanes + 1, len(padded))
    suffix = np.packbits(
        np.arange(build.lanes) >= np.arange(build.lanes + 1)[:, None], axis=1, bitorder="little"
    )
    mask[ends[padded]] = suffix[valid]

    single = np.flatnonzero(kind == _ALL_BUT_ONE)
    lane = rng.integers(0, build.lanes, len(single))
    place = ends[single] - rng.integers(0, lengths[single])
    mask[place, lane // 8] &= ~(1 << lane % 8).astype(np.uint8)
    mask[:, -1] &= 0xFF >> (8 * mask.shape[1] - build.lanes)
    return beats
