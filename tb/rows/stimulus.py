# SPDX-License-Identifier: Apache-2.0
"""Rows for the benches of row units: random ones of every length and mask, and adversarial ones."""

from bisect import bisect
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from surmax.tb.core.beats import Beats, Bits

# Classes of row lengths; those that a short unit does not know are left out of length_names.
LENGTHS = ("one beat", "two beats", "between", "longest", "over-long")
# Which positions of a row are masked.
MASKS = ("all valid", "one valid", "all masked", "tail masked", "holes")
_MASK_SHARES = (0.2, 0.3, 0.4, 0.6)  # of all kinds before the second, third, fourth, fifth


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


def endless_row(rng: np.random.Generator, beats: int, lanes: int) -> Beats:
    """Return a random row of head 0 without its end."""
    row = make_row(random_scores(rng, beats * lanes), 0, lanes)
    row.last[:] = False
    return row


def length_names(max_beats: int) -> tuple[str, ...]:
    """Return those of the classes LENGTHS that a unit knows."""
    least = {"one beat": 2, "two beats": 3, "between": 4}
    return tuple(name for name in LENGTHS if max_beats >= least.get(name, 1))


def random_length(rng: np.random.Generator, name: str, max_beats: int) -> int:
    """Return a number of beats of a class: over-long rows have up to twice what fits."""
    if name == "over-long":
        return max_beats + int(rng.integers(1, max_beats + 1))
    if name == "between":
        return int(rng.integers(3, max_beats))
    return {"one beat": 1, "two beats": 2, "longest": max_beats}[name]


def random_rows(
    rng: np.random.Generator,
    count: int,
    lanes: int,
    max_beats: int,
    heads: int,
    *,
    overlong: float = 0.05,
    kinds: Sequence[tuple[str, str, bool]] = (),
) -> Beats:
    """Return rows with at least `count` beats together: all lengths, masks, heads, score ranges.

    A share `overlong` of the rows is over-long. A row keeps the head of the one before it half of
    the time. `kinds`: what to draw from, if not all: length class, mask kind, other head.
    """
    scores: list[npt.NDArray[np.int8]] = []
    masks: list[Bits] = []
    lengths: list[int] = []
    row_heads: list[int] = []
    total, head = 0, 0
    names = length_names(max_beats)
    while total < count:
        if kinds:
            name, masked, change = kinds[rng.integers(len(kinds))]
            head = (head + int(rng.integers(1, heads))) % heads if change else head
        else:
            name = names[-1] if rng.random() < overlong else names[rng.integers(len(names) - 1)]
            masked = MASKS[bisect(_MASK_SHARES, rng.random())]
            head = int(rng.integers(heads)) if rng.random() < 0.5 else head
        beats = random_length(rng, name, max_beats)
        kept = min(beats, max_beats)
        scores.append(random_scores(rng, beats * lanes))
        masks.append(random_mask(rng, kept * lanes, masked))
        if beats > kept:
            masks.append(rng.random((beats - kept) * lanes) < 0.2)
        lengths.append(beats)
        row_heads.append(head)
        total += beats
    last = np.zeros(total, dtype=bool)
    last[np.cumsum(lengths) - 1] = True
    return Beats(
        np.concatenate(scores).view(np.uint8).reshape(total, lanes),
        np.concatenate(masks).reshape(total, lanes),
        np.repeat(np.array(row_heads, dtype=np.int64), lengths),
        last,
    )


def random_mask(rng: np.random.Generator, length: int, kind: str) -> Bits:
    """Return a mask of one of the kinds MASKS; the next best where the row is too short for it."""
    mask = np.zeros(length, dtype=bool)
    if kind == "one valid":
        mask[:] = True
        mask[rng.integers(length)] = False
    elif kind == "all masked":
        mask[:] = True
    elif kind == "tail masked":
        mask[rng.integers(min(2, length), max(length, 3)) :] = True
    elif kind == "holes":
        mask = rng.random(length) < (0.05, 0.3, 0.8)[rng.integers(3)]
        if length > 2:
            # At least one hole, with a valid position behind it and one more.
            third = rng.integers(2, length)
            second = rng.integers(1, third)
            which = rng.random() < 0.5
            mask[[rng.integers(second), second]] = which, not which
            mask[third] = False
    return mask


def random_scores(rng: np.random.Generator, length: int) -> npt.NDArray[np.int8]:
    """Return int8 scores: over the whole range, close to a code, below a peak, or in steps."""
    kind = rng.random()
    if kind < 0.4:
        return rng.integers(-128, 128, length).astype(np.int8)
    if kind < 0.5:
        return stairs(rng, length, int(rng.integers(length + 1)), int(rng.integers(1, 64)))
    centre, width = int(rng.integers(-128, 128)), (1, 4, 16, 64)[rng.integers(4)]
    scores = np.clip(centre + rng.integers(-width, width + 1, length), -128, 127)
    if kind > 0.8:
        scores[rng.integers(length)] = 127
    return scores.astype(np.int8)


def stairs(rng: np.random.Generator, length: int, place: int, step: int) -> npt.NDArray[np.int8]:
    """Return equal scores that rise by `step` at a place: a large sum before a rising maximum."""
    start = int(rng.integers(-128, 128 - step))
    # A multiple of 4 is a whole exponent of base 2: then each of the equal scores adds 1.
    start &= ~3 if rng.random() < 0.5 else ~0
    return (start + step * (np.arange(length) >= place)).astype(np.int8)


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
    "plateau, then a step": lambda length: np.where(np.arange(length) < 2 * length // 3, -40, -20),
    "ascending": lambda length: np.arange(length) * 255 // max(length - 1, 1) - 128,
}
