# SPDX-License-Identifier: Apache-2.0
"""Beats as NumPy arrays: made, joined, packed into the integers that the ports take."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Bits = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Beats:
    """A stream into the unit: scores and mask (beats, lanes), heads and last (beats,)."""

    scores: Bytes
    mask: Bits
    heads: npt.NDArray[np.int64]
    last: Bits

    def __len__(self) -> int:
        """Return the number of beats."""
        return len(self.heads)

    def __getitem__(self, part: slice) -> "Beats":
        """Return some of the beats."""
        return Beats(self.scores[part], self.mask[part], self.heads[part], self.last[part])

    def __add__(self, other: "Beats") -> "Beats":
        """Return these beats and then the others."""
        return join((self, other))


def random_beats(
    rng: np.random.Generator, count: int, lanes: int, heads: int, *, masked: float = 0.1
) -> Beats:
    """Return beats with random codes, heads that stay or change, and rows of random length.

    A share `masked` of the lanes is masked, and now and then a whole beat.
    """
    scores = rng.integers(0, 256, (count, lanes), dtype=np.uint8)
    mask = rng.random((count, lanes)) < masked
    mask |= (rng.random(count) < masked / 4)[:, None]
    # A beat keeps the head of the one before it half of the time.
    drawn = rng.integers(0, heads, count)
    fresh = rng.random(count) < 0.5
    fresh[:1] = True
    chosen = drawn[np.maximum.accumulate(np.where(fresh, np.arange(count), 0))]
    return Beats(scores, mask, chosen, rng.random(count) < 0.2)


def plain_beats(scores: Bytes, head: int | npt.NDArray[np.int64]) -> Beats:
    """Return unmasked beats with these scores, TLAST on the last one."""
    count = len(scores)
    last = np.arange(count) == count - 1
    heads = np.broadcast_to(np.asarray(head, dtype=np.int64), (count,)).copy()
    return Beats(scores, np.zeros(scores.shape, dtype=bool), heads, last)


def pack(rows: Bytes) -> list[int]:
    """Return each row's bytes as one integer, lane 0 in the low bits."""
    return [int.from_bytes(row.tobytes(), "little") for row in np.ascontiguousarray(rows)]


def pack_bits(rows: Bits) -> list[int]:
    """Return each row's bits as one integer, lane 0 in bit 0."""
    return pack(np.packbits(rows, axis=1, bitorder="little"))


def join(parts: Sequence[Beats]) -> Beats:
    """Return the beats of all parts, one after the other; at least one part."""
    return Beats(*(np.concatenate([getattr(p, f) for p in parts]) for f in Beats.__match_args__))
