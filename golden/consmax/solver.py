# SPDX-License-Identifier: Apache-2.0
"""Solver: table entries with which the datapath's outputs are correctly rounded.

For a fixed lower table, every upper entry has a feasible set: the words that give the right code
with all 16 lower entries. The solver goes through the lower nibbles. For each upper entry it keeps
the set of words that still work, as a bit mask, and it follows the lower tables with the largest
sets (a beam search). The sets take account of everything that the datapath does (dropped columns,
coarse shifts, saturation): this makes them smaller, and no error is left over.

C*exp(s*q) can be split into the two tables with a free factor between them. Several are tried.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.common.errors import check_kind
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
_SET_WORDS = 2  # 64-bit words of a bit mask: 128 candidates for each upper entry


@dataclass(frozen=True)
class _Effort:
    """Effort of a search.

    Attributes:
        beam: lower tables that are followed.
        reach: candidates on either side of the ideal lower entry.
        factors: factors between the tables that are tried.
    """

    beam: int
    reach: int
    factors: int


_EFFORTS = (_Effort(48, 3, 8), _Effort(256, 5, 24))


# Ideal entries of steep heads overflow to infinity. That is harmless: the largest word is nearest.
@np.errstate(over="ignore")
def solve_tables(
    config: ConsmaxConfig, *, scale: float, beta: float, gamma: float
) -> ConsmaxTables:
    """Return the tables of one head for C*exp(scale*q), with C = exp(-beta)/gamma.

    With config.table_rounding "solved", entries are searched with which every output is the
    correctly rounded value. Where the search finds none, the tables with the fewest wrong codes are
    returned; their `wrong_codes` and `max_ulp` say how exact they are. "nearest" rounds each entry
    by itself. The result is deterministic.

    Args:
        config: the datapath.
        scale: real score units a code, 1e-9 to 16.
        beta: -300 to 300.
        gamma: 1e-30 to 1e30.

    Raises:
        InputError: scale, beta or gamma is out of range.
    """
    scale, beta, gamma = check_head(scale, beta, gamma)
    check_kind("config", config, ConsmaxConfig)
    if config.score_bits == 16:
        return _solve_wide(config, scale, beta, gamma)
    problem = _Problem(config, scale, beta, gamma)
    if config.table_rounding == "nearest":
        return problem.tables(*problem.nearest(problem.natural_factor()))
    for effort in _EFFORTS:
        for factor in problem.factors(effort.factors):
            exact = problem.search(factor, effort)
            if exact is not None:
                return problem.tables(*exact)
    return problem.fewest_wrong(_EFFORTS[0])


def _nearest_words(form: WordFormat, values: FloatArray) -> tuple[IntArray, IntArray]:
    """Return (mantissas, exponents) of the words nearest to `values`, any shape."""
    exponents = np.arange(form.max_exponent + 1)
    scaled = np.ldexp(values[..., None], form.step * exponents)
    mantissas = np.clip(np.rint(scaled), form.min_mantissa, form.max_mantissa).astype(np.int64)
    error = np.abs(
        np.ldexp(mantissas.astype(np.float64), -form.step * exponents) - values[..., None]
    )
    best = np.argmin(error, axis=-1)
    return np.take_along_axis(mantissas, best[..., None], -1)[..., 0], best.astype(np.int64)


def _near_words(form: WordFormat, values: FloatArray, count: int) -> tuple[IntArray, IntArray]:
    """Return (mantissas, exponents) of `count` words near each value, nearest first.

    `values` has shape (16,), the results (16, count). Words of the same value with different
    exponents are different candidates, because a truncated product distinguishes them. Where fewer
    words exist, the farthest one is repeated.
    """
    exponents = np.arange(form.max_exponent + 1)
    offsets = np.arange(-(count // 2), count // 2 + 1)
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
    """The search for the tables of one head for 8-bit scores, with the codes that they must give.

    A table is a pair (mantissas, exponents), each of shape (16,).
    """

    def __init__(self, config: ConsmaxConfig, scale: float, beta: float, gamma: float) -> None:
        self.config, self.head = config, (scale, beta, gamma)
        scores = (16 * _SIGNED[:, None] + _NIBBLE).astype(np.int64)
        self.reference = correctly_rounded(
            scores, config.output_bits, scale=scale, beta=beta, gamma=gamma
        )
        self.lower_ideal = np.exp(scale * _NIBBLE)
        # In units of an unshifted product. The clip only affects values that saturate anyway.
        x = np.clip(16 * scale * _SIGNED - beta, -600, 600)
        full = config.output_bits + config.point_bits
        self.upper_ideal = np.ldexp(np.exp(x) / gamma, full)

    def tables(
        self, upper: tuple[IntArray, IntArray], lower: tuple[IntArray, IntArray]
    ) -> ConsmaxTables:
        """Return the ConsmaxTables of an upper and a lower table."""
        mantissas = np.stack([lower[0], upper[0]])
        exponents = np.stack([lower[1], upper[1]])
        return ConsmaxTables(self.config, *self.head, mantissas, exponents)

    def _largest_factor(self) -> float:
        """Return the factor with which the largest lower entry fills its mantissa."""
        return self.config.lower.max_mantissa / self.lower_ideal[-1]

    def natural_factor(self) -> float:
        """Return the largest power of two that is a factor: the lower table is exp(s*l) itself."""
        return 2.0 ** np.floor(np.log2(self._largest_factor()))

    def factors(self, count: int) -> Iterator[float]:
        """Yield factors of the lower table in descending order: the first gives it the most bits.

        The last one is the smallest with which the upper entries still reach their values, at most
        an octave below the first: a smaller one would only take bits from the lower table.
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
            # A steep head has no factor that suits both tables. Factors in between have the fewest
            # wrong codes.
            yield from np.geomspace(largest, min(smallest, 4 * largest), count)

    def nearest(self, factor: float) -> tuple[tuple[IntArray, IntArray], tuple[IntArray, IntArray]]:
        """Return (upper, lower) tables with every entry rounded by itself."""
        return (
            _nearest_words(self.config.upper, self.upper_ideal / factor),
            _nearest_words(self.config.lower, self.lower_ideal * factor),
        )

    def _candidates(
        self, factor: float, reach: int
    ) -> tuple[tuple[IntArray, IntArray], tuple[IntArray, IntArray]]:
        """Return candidates, nearest first: upper (16, 128), lower (16, 2*reach + 1)."""
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
        """Return which pairs of candidates give the right code with lower entry `nibble`.

        Shape (16 upper entries, lower candidates, 128 upper candidates).
        """
        config = self.config
        mantissa, exponent = lower[0][nibble], lower[1][nibble]
        product = truncated_product(config, upper[0][:, None, :], mantissa[None, :, None])
        shift = config.exponent_step * (upper[1][:, None, :] + exponent[None, :, None])
        return round_product(config, product, shift) == self.reference[:, nibble, None, None]

    def search(
        self, factor: float, effort: _Effort
    ) -> tuple[tuple[IntArray, IntArray], tuple[IntArray, IntArray]] | None:
        """Return (upper, lower) tables without a wrong code for this factor, or None."""
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
        pick = paths[0][::-1]  # Paths were built from nibble 15 down to 0.
        rows = np.arange(TABLE_ENTRIES)
        members = np.unpackbits(state[0].view(np.uint8), axis=-1)
        first = np.argmax(members, axis=-1)
        return (upper[0][rows, first], upper[1][rows, first]), (
            lower[0][rows, pick],
            lower[1][rows, pick],
        )

    def fewest_wrong(self, effort: _Effort) -> ConsmaxTables:
        """Return the tables with the fewest wrong codes, by coordinate descent for each factor."""
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
        """Return tables by changing one lower entry at a time while the wrong codes decrease."""
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
    """Return tables for 16-bit scores: the lower three rounded to nearest, the top one searched.

    Each of the lower three tables is scaled so that its largest entry fills the mantissa. An entry
    of the top table has 4096 scores of its own, so that the entries are independent: each takes,
    among 33 words near its ideal value, the one with the fewest wrong codes. With rounding
    "nearest" it takes the nearest word.
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
        # The reference is in the order of all_scores, where the top nibble runs 8..15, then 0..7.
        expected = reference[(entry + 8) % TABLE_ENTRIES]
        best: tuple[int, int] | None = None
        for choice in range(candidates[0].shape[1]):
            mantissas[3][:], exponents[3][:] = (c[entry, choice] for c in candidates)
            codes = evaluate_words(config, mantissas, exponents, np.sort(scores))
            key = int(np.count_nonzero(codes != expected)), choice
            best = key if best is None else min(best, key)
            if best[0] == 0:
                break
        picked = best[1] if best else 0
        candidates[0][entry, 0], candidates[1][entry, 0] = (c[entry, picked] for c in candidates)
    mantissas[3], exponents[3] = candidates[0][:, 0], candidates[1][:, 0]
    return ConsmaxTables(config, scale, beta, gamma, mantissas, exponents)
