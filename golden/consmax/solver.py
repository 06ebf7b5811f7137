# SPDX-License-Identifier: Apache-2.0
"""Choose table entries so that the datapath's outputs are the correctly rounded ones.

For a fixed lower table every upper entry has a feasible set: the words that give the right code
for all 16 lower nibbles. The solver walks through the lower nibbles, keeps for each upper entry
the set of words that still work as a bit mask, and follows the most promising lower tables (a beam
search). What the datapath does deterministically (dropped columns, coarse shifts, saturation) is
inside the sets, so it costs nothing but room. The split of C*exp(s*q) into the two tables has a
free factor; several are tried.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.golden.consmax.config import TABLE_ENTRIES, ConsmaxConfig, WordFormat
from surmax.golden.consmax.law import (
    ConsmaxTables,
    all_scores,
    evaluate_words,
    round_product,
    truncated_product,
)
from surmax.golden.reference import FloatArray, IntArray, check_head, correctly_rounded

BitSets = npt.NDArray[np.uint64]

_SIGNED = np.array([*range(8), *range(-8, 0)], dtype=np.float64)  # nibble value by table index
_NIBBLE = np.arange(TABLE_ENTRIES, dtype=np.float64)
_SET_WORDS = 2  # 64-bit words of a feasible set: 128 candidate words an upper entry


@dataclass(frozen=True)
class _Effort:
    """How hard to look: beam width, candidates either side of a lower entry, factors tried."""

    beam: int
    reach: int
    factors: int


_EFFORTS = (_Effort(48, 3, 8), _Effort(256, 5, 24))


def solve_tables(
    config: ConsmaxConfig, *, scale: float, beta: float, gamma: float
) -> ConsmaxTables:
    """Return tables for one head: C*exp(scale*q) with C = exp(-beta)/gamma.

    With config.table_rounding "solved" the entries are searched so that every output equals the
    correctly rounded value; where none is found the tables with the fewest wrong codes seen are
    returned, and their `wrong_codes` and `max_ulp` say so. "nearest" rounds each entry alone.
    Deterministic.

    Args:
        config: the datapath.
        scale: real score units per score code, above 0.
        beta, gamma: the head's constants, gamma above 0.

    Raises:
        InputError: scale, beta or gamma is no finite number or out of range.
    """
    scale, beta, gamma = check_head(scale, beta, gamma)
    if config.score_bits == 16:
        return _solve_wide(config, scale, beta, gamma)
    problem = _Problem(config, scale, beta, gamma)
    if config.table_rounding == "nearest":
        return problem.tables(*problem.nearest(problem.natural_factor()))
    for effort in _EFFORTS:
        for factor in problem.factors(effort.factors):
            found = problem.search(factor, effort)
            if found is not None:
                return problem.tables(*found)
    return problem.fewest_wrong(_EFFORTS[0])


def _nearest_words(form: WordFormat, values: FloatArray) -> tuple[IntArray, IntArray]:
    """Return (mantissas, exponents) of the words nearest to `values`, any shape."""
    exponents = np.arange(form.max_exponent + 1)
    with np.errstate(over="ignore"):
        scaled = np.ldexp(values[..., None], form.step * exponents)
    mantissas = np.clip(np.rint(scaled), form.min_mantissa, form.max_mantissa).astype(np.int64)
    error = np.abs(
        np.ldexp(mantissas.astype(np.float64), -form.step * exponents) - values[..., None]
    )
    best = np.argmin(error, axis=-1)
    return np.take_along_axis(mantissas, best[..., None], -1)[..., 0], best.astype(np.int64)


def _near_words(form: WordFormat, values: FloatArray, count: int) -> tuple[IntArray, IntArray]:
    """Return (mantissas, exponents) of `count` words near each value, nearest first.

    `values` has shape (16,), the result (16, count). Words that stand for the same value with
    another exponent count as different ones: a truncated product tells them apart. Where fewer
    distinct words exist the farthest are repeated.
    """
    exponents = np.arange(form.max_exponent + 1)
    offsets = np.arange(-(count // 2), count // 2 + 1)
    with np.errstate(over="ignore"):
        scaled = np.rint(np.ldexp(values[:, None], form.step * exponents))
    inner = np.clip(
        scaled, form.min_mantissa + count // 2, max(form.max_mantissa - count // 2, 0)
    ).astype(np.int64)
    mantissas = np.clip(inner[:, :, None] + offsets, form.min_mantissa, form.max_mantissa)
    shifted = np.ldexp(mantissas.astype(np.float64), -form.step * exponents[:, None])
    error = np.abs(shifted - values[:, None, None]).reshape(len(values), -1)
    order = np.argsort(error, axis=1, kind="stable")[:, :count]
    chosen = np.take_along_axis(mantissas.reshape(len(values), -1), order, 1)
    return chosen, order // len(offsets)


class _Problem:
    """One head's 8-bit problem: the reference codes, and the search for tables."""

    def __init__(self, config: ConsmaxConfig, scale: float, beta: float, gamma: float) -> None:
        self.config, self.head = config, (scale, beta, gamma)
        scores = (16 * _SIGNED[:, None] + _NIBBLE).astype(np.int64)
        self.reference = correctly_rounded(
            scores, config.output_bits, scale=scale, beta=beta, gamma=gamma
        )
        self.lower_ideal = np.exp(scale * _NIBBLE)
        # In units of the product with no shift; clipped where it saturates in any case.
        x = np.clip(16 * scale * _SIGNED - beta, -600, 600)
        full = config.output_bits + config.point_bits
        self.upper_ideal = np.ldexp(np.exp(x) / gamma, full)

    def tables(
        self, upper: tuple[IntArray, IntArray], lower: tuple[IntArray, IntArray]
    ) -> ConsmaxTables:
        """Wrap (mantissas, exponents) of both tables."""
        mantissas = np.stack([lower[0], upper[0]])
        exponents = np.stack([lower[1], upper[1]])
        return ConsmaxTables(self.config, *self.head, mantissas, exponents)

    def _largest_factor(self) -> float:
        """Factor at which the largest lower entry fills its mantissa."""
        return self.config.lower.max_mantissa / self.lower_ideal[-1]

    def natural_factor(self) -> float:
        """The power of two below the largest factor: the lower table is exp(s*l) itself."""
        return 2.0 ** np.floor(np.log2(self._largest_factor()))

    def factors(self, count: int) -> Iterator[float]:
        """Yield factors of the lower table, from the largest (most significant bits) down.

        Down to where the upper entries no longer reach the values that they must show, at most an
        octave (below it the lower table only loses bits).
        """
        largest = self._largest_factor()
        limit = self.config.max_code + 0.6
        needed = np.where(self.reference[:, 0] < self.config.max_code, self.upper_ideal, 0.0)
        saturated = np.ldexp(limit, self.config.point_bits)
        if np.any(self.reference[:, 0] == self.config.max_code):
            needed = np.append(needed, saturated)
        smallest = max(needed.max() / self.config.upper.max_mantissa, largest / 2)
        if smallest < largest:
            yield from np.geomspace(largest, smallest, count)
        else:
            # The range does not fit (a steep head): the middle ground has the fewest wrong codes.
            yield from np.geomspace(largest, min(smallest, 4 * largest), count)

    def nearest(self, factor: float) -> tuple[tuple[IntArray, IntArray], tuple[IntArray, IntArray]]:
        """Round every entry alone."""
        return (
            _nearest_words(self.config.upper, self.upper_ideal / factor),
            _nearest_words(self.config.lower, self.lower_ideal * factor),
        )

    def _candidates(
        self, factor: float, reach: int
    ) -> tuple[tuple[IntArray, IntArray], tuple[IntArray, IntArray]]:
        """Return candidate words: upper (16, 128), lower (16, 2*reach + 1), nearest first."""
        return (
            _near_words(self.config.upper, self.upper_ideal / factor, 64 * _SET_WORDS),
            _near_words(self.config.lower, self.lower_ideal * factor, 2 * reach + 1),
        )

    def _right(
        self,
        upper: tuple[IntArray, IntArray],
        lower: tuple[IntArray, IntArray],
        nibble: int,
    ) -> npt.NDArray[np.bool_]:
        """Return which candidate pairs give the right code: (16, lower candidates, 128)."""
        config = self.config
        mantissa, exponent = lower[0][nibble], lower[1][nibble]
        product = truncated_product(config, upper[0][:, None, :], mantissa[None, :, None])
        shift = config.exponent_step * (upper[1][:, None, :] + exponent[None, :, None])
        return round_product(config, product, shift) == self.reference[:, nibble, None, None]

    def search(
        self, factor: float, effort: _Effort
    ) -> tuple[tuple[IntArray, IntArray], tuple[IntArray, IntArray]] | None:
        """Return exact (upper, lower) tables for this factor, or None."""
        upper, lower = self._candidates(factor, effort.reach)
        state = np.full((1, TABLE_ENTRIES, _SET_WORDS), ~np.uint64(0))
        paths = np.zeros((1, 0), dtype=np.int64)
        for nibble in range(TABLE_ENTRIES - 1, -1, -1):
            sets = np.packbits(self._right(upper, lower, nibble), axis=-1).view(np.uint64)
            joined = state[:, None] & sets.transpose(1, 0, 2)[None]
            sizes = np.bitwise_count(joined).sum(axis=-1, dtype=np.int64)
            alive = np.argwhere((sizes > 0).all(axis=-1))
            if not len(alive):
                return None
            room = np.log(sizes[alive[:, 0], alive[:, 1]]).sum(axis=-1)
            alive = alive[np.argsort(-room, kind="stable")[: effort.beam]]
            state = joined[alive[:, 0], alive[:, 1]]
            paths = np.concatenate([paths[alive[:, 0]], alive[:, 1:]], axis=1)
        pick = paths[0][::-1]  # paths run from nibble 15 down
        rows = np.arange(TABLE_ENTRIES)
        members = np.unpackbits(state[0].view(np.uint8), axis=-1)
        first = np.argmax(members, axis=-1)
        return (upper[0][rows, first], upper[1][rows, first]), (
            lower[0][rows, pick],
            lower[1][rows, pick],
        )

    def fewest_wrong(self, effort: _Effort) -> ConsmaxTables:
        """Return the tables with the fewest wrong codes that coordinate descent finds."""
        best: ConsmaxTables | None = None
        for factor in self.factors(effort.factors):
            tables = self._descend(factor, effort)
            if best is None or (tables.wrong_codes, tables.max_ulp) < (
                best.wrong_codes,
                best.max_ulp,
            ):
                best = tables
        assert best is not None
        return best

    def _descend(self, factor: float, effort: _Effort) -> ConsmaxTables:
        """Change one lower entry at a time while that lowers the number of wrong codes."""
        upper, lower = self._candidates(factor, effort.reach)
        wrong = np.stack(
            [~self._right(upper, lower, nibble) for nibble in range(TABLE_ENTRIES)]
        ).astype(np.int64)
        pick = np.zeros(TABLE_ENTRIES, dtype=np.int64)
        rows = np.arange(TABLE_ENTRIES)
        total = wrong[rows, :, pick].sum(axis=0)  # (upper entry, candidate)
        count = total.min(axis=-1).sum()
        improved = True
        while improved and count:
            improved = False
            for nibble in range(TABLE_ENTRIES):
                others = total - wrong[nibble, :, pick[nibble]]
                trial = (others[:, None] + wrong[nibble]).min(axis=-1).sum(axis=0)
                choice = int(np.argmin(trial))
                if trial[choice] < count:
                    count, improved = trial[choice], True
                    pick[nibble] = choice
                    total = others + wrong[nibble, :, choice]
        first = np.argmin(total, axis=-1)
        return self.tables(
            (upper[0][rows, first], upper[1][rows, first]),
            (lower[0][rows, pick], lower[1][rows, pick]),
        )


def _solve_wide(config: ConsmaxConfig, scale: float, beta: float, gamma: float) -> ConsmaxTables:
    """Tables for 16-bit scores: the lower three rounded to nearest, the top one chosen.

    Each of the lower three is scaled so that it fills its mantissa. Then every entry of the top
    table, whose 4096 scores no other entry shares, takes the word with the fewest wrong codes
    among those near the ideal one (with rounding "nearest": the nearest one).
    """
    mantissas = np.zeros((4, TABLE_ENTRIES), dtype=np.int64)
    exponents = np.zeros_like(mantissas)
    ideal = np.ldexp(
        np.exp(np.clip(4096 * scale * _SIGNED - beta, -600, 600)) / gamma,
        config.output_bits + config.point_bits + 2 * (config.product_bits - config.chain_bits),
    )
    for table in range(3):
        form = config.word_format(table)
        values = np.exp(np.minimum(scale * 16.0**table * _NIBBLE, 300))
        factor = form.max_mantissa / values[-1]
        mantissas[table], exponents[table] = _nearest_words(form, values * factor)
        # Infinite far above what any word can be: the largest one is nearest.
        with np.errstate(over="ignore"):
            ideal = ideal / factor
    if config.table_rounding == "nearest":
        mantissas[3], exponents[3] = _nearest_words(config.upper, ideal)
        return ConsmaxTables(config, scale, beta, gamma, mantissas, exponents)
    reference = correctly_rounded(
        all_scores(16), config.output_bits, scale=scale, beta=beta, gamma=gamma
    ).reshape(TABLE_ENTRIES, 4096)
    candidates = _near_words(config.upper, ideal, 33)
    scores = all_scores(12) & 4095
    for entry in range(TABLE_ENTRIES):
        # The reference ascends from the most negative score: the top nibble's order is 8..15, 0..7.
        wanted = reference[(entry + 8) % TABLE_ENTRIES]
        best: tuple[int, int] | None = None
        for choice in range(candidates[0].shape[1]):
            mantissas[3][:], exponents[3][:] = (c[entry, choice] for c in candidates)
            codes = evaluate_words(config, mantissas, exponents, np.sort(scores))
            key = int(np.count_nonzero(codes != wanted)), choice
            best = key if best is None else min(best, key)
            if best[0] == 0:
                break
        picked = best[1] if best else 0
        candidates[0][entry, 0], candidates[1][entry, 0] = (c[entry, picked] for c in candidates)
    mantissas[3], exponents[3] = candidates[0][:, 0], candidates[1][:, 0]
    return ConsmaxTables(config, scale, beta, gamma, mantissas, exponents)
