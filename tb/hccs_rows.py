# SPDX-License-Identifier: Apache-2.0
"""Rows for the HCCS benches: random ones of every length and mask, and adversarial ones."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from surmax.tb.beats import Beats, Bits, Bytes, join

# Which positions of a row are masked; see `random_mask`.
MASKS = ("all valid", "one valid", "all masked", "tail masked", "holes")
_MASK_WEIGHTS = (0.2, 0.1, 0.1, 0.2, 0.4)


def make_row(scores: npt.ArrayLike, head: int, lanes: int, mask: Bits | None = None) -> Beats:
    """Return one row as beats; a partial last beat is filled with masked scores of 127.

    Args:
        scores: (positions,), int8 codes.
        head: of every beat.
        lanes: scores a beat.
        mask: (positions,), True is masked; None: none is.
    """
    x = np.asarray(scores, dtype=np.int8)
    count = -(-len(x) // lanes)
    padded = np.full(count * lanes, 127, dtype=np.int8)
    masked = np.ones(count * lanes, dtype=bool)
    padded[: len(x)] = x
    masked[: len(x)] = False if mask is None else mask
    return Beats(
        padded.view(np.uint8).reshape(count, lanes),
        masked.reshape(count, lanes),
        np.full(count, head, dtype=np.int64),
        np.arange(count) == count - 1,
    )


def row_lengths(max_beats: int) -> tuple[int, ...]:
    """Return one length in beats for each class: one, two, between, longest; those that exist."""
    return tuple(sorted({1, min(2, max_beats), (max_beats + 1) // 2, max_beats}))


def random_rows(
    rng: np.random.Generator,
    count: int,
    lanes: int,
    max_beats: int,
    heads: int,
    *,
    overlong: float = 0.05,
) -> Beats:
    """Return rows with at least `count` beats together: all lengths, masks, heads, score ranges.

    A share `overlong` of the rows has up to twice the beats that fit. A row keeps the head of the
    one before it half of the time.
    """
    rows: list[Beats] = []
    total, head = 0, 0
    while total < count:
        if rng.random() < 0.5:
            head = int(rng.integers(heads))
        beats = int(rng.choice([*row_lengths(max_beats), rng.integers(1, max_beats + 1)]))
        if rng.random() < overlong:
            beats = max_beats + int(rng.integers(1, max_beats + 1))
        kept = min(beats, max_beats) * lanes
        mask = rng.random(beats * lanes) < 0.2
        mask[:kept] = random_mask(rng, kept)
        rows.append(make_row(random_scores(rng, beats * lanes), head, lanes, mask))
        total += beats
    return join(rows)


def random_mask(rng: np.random.Generator, length: int) -> Bits:
    """Return a mask of one of the kinds MASKS."""
    kind = rng.choice(MASKS, p=_MASK_WEIGHTS)
    mask = np.zeros(length, dtype=bool)
    if kind == "one valid":
        mask[:] = True
        mask[rng.integers(length)] = False
    elif kind == "all masked":
        mask[:] = True
    elif kind == "tail masked":
        mask[rng.integers(1, length + 1) :] = True
    elif kind == "holes":
        mask = rng.random(length) < rng.choice([0.05, 0.3, 0.8])
    return mask


def random_scores(rng: np.random.Generator, length: int) -> npt.NDArray[np.int8]:
    """Return int8 scores: over the whole range, or close to some code, or far below one peak."""
    kind = rng.random()
    if kind < 0.5:
        return rng.integers(-128, 128, length).astype(np.int8)
    centre, width = int(rng.integers(-128, 128)), int(rng.choice([1, 4, 16, 64]))
    scores = np.clip(centre + rng.integers(-width, width + 1, length), -128, 127)
    if kind > 0.8:
        scores[rng.integers(length)] = 127
    return scores.astype(np.int8)


def _alternating(length: int) -> npt.NDArray[np.int64]:
    return np.where(np.arange(length) % 2, 127, -128)


def _peak(place: Callable[[int], int]) -> Callable[[int], npt.NDArray[np.int64]]:
    return lambda length: np.where(np.arange(length) == place(length), 100, -20)


# Unmasked rows of any length that are hard on the maximum, the clamp or the sum.
ADVERSARIAL: dict[str, Callable[[int], npt.NDArray[np.int64]]] = {
    "all -128": lambda length: np.full(length, -128),
    "all equal": lambda length: np.full(length, 5),
    "all 127": lambda length: np.full(length, 127),
    "peak first": _peak(lambda length: 0),
    "peak last": _peak(lambda length: length - 1),
    "peak in the middle": _peak(lambda length: length // 2),
    "alternating": _alternating,
    "alternating, other way": lambda length: -1 - _alternating(length),
    "descending": lambda length: 127 - np.arange(length) * 255 // max(length - 1, 1),
    "descending by one": lambda length: np.maximum(127 - np.arange(length), -128),
    "ascending": lambda length: np.arange(length) * 255 // max(length - 1, 1) - 128,
}


def scores_near(distances: npt.ArrayLike, top: int) -> Bytes:
    """Return the bytes of int8 scores that lie so far below `top`, as far as int8 goes."""
    return np.maximum(top - np.asarray(distances), -128).astype(np.int8).view(np.uint8)
