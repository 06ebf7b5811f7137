# SPDX-License-Identifier: Apache-2.0
"""Random rows of scores with their masks, and random constants, to check the kernels with."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.aie.forms import Form
from surmax.aie.limits import check_kernel
from surmax.golden import HccsConfig, HccsConstants, InputError
from surmax.golden.hccs.config import fit_min_sum
from surmax.golden.hccs.law import reciprocal

# Classes of row lengths, each with its share of all rows: up to one vector, up to three vectors,
# and longer rows around whole vectors. Short rows meet every tail, and a million of them are fast.
LENGTHS = (
    (range(1, 33), 0.86),
    (range(33, 71), 0.128),
    ((72, 80, 95, 96, 97, 127, 128, 129, 160, 191, 192, 193, 224, 255, 256), 0.0115),
    ((1000, 4096), 0.0005),
)
BATCH_ROWS = 4096  # so that the arrays stay in the processor's cache
HEADS = (3, 3, 1, 5)  # heads of a batch, in turn

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RowBatch:
    """A batch of rows of one length; row r belongs to head r % heads.

    Attributes:
        number: of the batch, from 0.
        heads: number of heads.
        scores: int8, (count, length), count a multiple of heads.
        whole: every row is masked everywhere or nowhere.
        valid: (count,), number of positions from the first that take part; Masking::length.
        keep: (count, length), True where a position takes part; Masking::bits.
    """

    number: int
    heads: int
    scores: npt.NDArray[np.int8]
    whole: bool
    valid: npt.NDArray[np.int64]
    keep: Bools

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.scores)

    @property
    def length(self) -> int:
        """Number of positions of a row."""
        return self.scores.shape[1]

    def kept(self, masking: str) -> Bools:
        """Return bool (count, length), True where a position takes part with that masking."""
        if masking == "bits":
            return self.keep
        return np.arange(self.length) < self.valid[:, None]

    def head(self, row: int) -> int:
        """Return the number of a row's head."""
        return row % self.heads

    def without_parts(self) -> "RowBatch":
        """Return the same scores with no mask in rows that were masked in part."""
        valid = np.where(self.valid > 0, self.length, 0)
        keep = np.broadcast_to(self.keep.any(axis=1)[:, None], self.keep.shape)
        return RowBatch(self.number, self.heads, self.scores, True, valid, keep)


def draw_batches(
    rows: int, seed: int, *, lengths: Sequence[int] | None = None, heads: int | None = None
) -> Iterator[RowBatch]:
    """Yield batches of at least `rows` rows in all; the same arguments give the same batches.

    Every length has at least one batch. `lengths` and `heads` replace LENGTHS and HEADS.
    """
    if lengths is None:
        shares = [(length, share / len(group)) for group, share in LENGTHS for length in group]
    else:
        shares = [(length, 1 / len(lengths)) for length in lengths]
    number = 0
    for length, share in shares:
        left = math.ceil(rows * share)
        while left > 0:
            own = HEADS[number % len(HEADS)] if heads is None else heads
            count = -(-min(left, BATCH_ROWS) // own) * own
            yield draw_batch(seed, number, count, length, own)
            left -= count
            number += 1


def draw_batch(seed: int, number: int, count: int, length: int, heads: int) -> RowBatch:
    """Return batch `number` of a seed; `count`, its rows, must be a multiple of `heads`.

    In a quarter of all batches no row is masked in part.
    """
    rng = np.random.Generator(np.random.SFC64([seed, number]))
    scores = _scores(rng, count, length)
    # Full rows, empty rows, rows of one position and random masks, in the ratio 3 : 1 : 1 : 3.
    kind = rng.integers(8, size=count)
    valid = rng.integers(0, length + 1, count)
    valid[kind < 3], valid[kind == 3] = length, 0
    valid[kind == 4] = 1
    # Every row has a density, 0 and 1 among them; some rows keep a single position anywhere.
    density = np.array([0, 32, 128, 128, 224, 256])[rng.integers(6, size=count)]
    keep = rng.integers(0, 256, (count, length), np.uint8) < density[:, None]
    alone = np.flatnonzero(kind == 4)
    keep[alone] = False
    keep[alone, rng.integers(length, size=alone.size)] = True
    drawn = RowBatch(number, heads, scores, False, valid, keep)
    return drawn.without_parts() if number % 4 == 3 else drawn


def _scores(rng: np.random.Generator, count: int, length: int) -> npt.NDArray[np.int8]:
    """Return rows of several kinds, mixed: uniform, near the clip, equal, outliers, two values."""
    scores = rng.integers(-128, 128, (count, length), np.int8)
    kinds = rng.integers(10, size=count)
    top = rng.integers(-128, 128, count)

    def put(kind: int, values: npt.NDArray[np.int64]) -> None:
        scores[kinds == kind] = np.clip(values, -128, 127)

    def shape(kind: int) -> tuple[int, int]:
        return np.count_nonzero(kinds == kind), length

    # Kinds 0, 1 and 2 stay uniform. Kinds 3 to 5 have distances around the clip of the line.
    for kind, reach in ((3, 8), (4, 64), (5, 140)):
        put(kind, top[kinds == kind, None] - rng.integers(0, reach, shape(kind)))
    # Kind 6: all scores are equal, some of them at the ends of the range.
    ends = np.array([-128, 127, -128, 127, 0, -1])
    same = np.where(rng.random(count) < 0.5, top, ends[rng.integers(6, size=count)])
    put(6, np.broadcast_to(same[kinds == 6, None], shape(6)))
    # Kind 7: one score is above or below all others; its position changes from row to row.
    outlier = np.arange(length) == np.arange(count)[:, None] % length
    other = rng.integers(-128, 128, count)
    put(7, np.where(outlier, top[:, None], other[:, None])[kinds == 7])
    # Kind 8: only two values. Kind 9: only -128 and 127.
    coins = rng.integers(0, 2, (count, length), np.uint8) > 0
    put(8, np.where(coins, top[:, None], other[:, None])[kinds == 8])
    put(9, np.where(coins, -128, 127)[kinds == 9])
    return scores


def draw_constants(
    rng: np.random.Generator, form: Form, length: int, count: int, *, whole: bool
) -> tuple[HccsConfig, list[HccsConstants]] | None:
    """Return a configuration and legal constants of `count` heads.

    Many of the constants have fields at the bounds of what is legal. `whole`: no row is masked in
    part. None when the form has no legal constants for such rows.
    """
    config = form.config()
    if not whole:
        config = fit_min_sum(config, length)
    high = config.max_b(length)
    low = -(-config.min_sum // length) if whole else config.min_sum
    if low > high or not _fits(config, HccsConstants(high, 0, 0), length, whole):
        return None
    floor = low if whole else 0  # the least legal floor
    found: list[HccsConstants] = []
    while len(found) < count:
        kinds = rng.integers(6, size=3)
        B = (low, low + 1, high, high - 1, *rng.integers(low, high + 1, 2))[kinds[0]]
        # The largest S that forms with one multiplication allow, given the largest rho.
        most = 32767 // max(1, int(reciprocal(config, np.array(max(B, 1)))))
        S = (0, 1, 127, min(127, most), *rng.integers(0, 128, 2))[kinds[1]]
        reach = min(127, max(0, B - floor) // S) if S else 127
        Dmax = (0, 1, reach, reach, *rng.integers(0, 128, 2))[kinds[2]]
        if kinds[2] == 5:
            B = S * Dmax + floor
        if not max(1, low, S * Dmax) <= B <= high:
            continue
        constants = HccsConstants(int(B), int(S), int(Dmax))
        if _fits(config, constants, length, whole):
            found.append(constants)
    return config, found


def _fits(config: HccsConfig, constants: HccsConstants, length: int, whole: bool) -> bool:
    try:
        check_kernel(config, constants, length, masked=not whole)
    except InputError:
        return False
    return True
