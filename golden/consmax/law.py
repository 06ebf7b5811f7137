# SPDX-License-Identifier: Apache-2.0
"""The ConSmax law: integer arithmetic from table words to output codes, and the table object."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError
from surmax.golden.consmax.config import TABLE_ENTRIES, ConsmaxConfig
from surmax.golden.reference import IntArray, check_head, correctly_rounded


def truncated_product(config: ConsmaxConfig, upper: IntArray, lower: IntArray) -> IntArray:
    """Return the product of two mantissas as the lane builds it, broadcast over any shapes.

    Partial products of the lowest `dropped_columns` columns are left out and replaced by
    `compensation`; otherwise exact.
    """
    product = upper * lower
    for row in range(min(config.dropped_columns, config.lower_mantissa_bits)):
        dropped = upper & ((1 << (config.dropped_columns - row)) - 1)
        product = product - np.where((lower >> row) & 1, dropped << row, 0)
    return product + config.compensation


def round_product(config: ConsmaxConfig, product: IntArray, shift: IntArray) -> IntArray:
    """Return the output code: `product` shifted right, rounded half up, saturated.

    `shift` is the sum of the exponents times the step; it adds to the fixed `point_bits`.
    """
    # Beyond 62 bits a shift is undefined in C; the product is shorter than that, so the code is 0.
    guard = np.minimum(shift + (config.point_bits - 1), 62)
    return np.minimum(((product >> guard) + 1) >> 1, config.max_code)


def evaluate_words(
    config: ConsmaxConfig, mantissas: IntArray, exponents: IntArray, scores: IntArray
) -> IntArray:
    """Return the output codes of `scores` (any shape) from tables of shape (config.tables, 16).

    The law itself: every body of the unit equals this.
    """
    products, shift = [], 0
    for pair in range(config.tables // 2):
        low = (scores >> (8 * pair)) & 15
        high = (scores >> (8 * pair + 4)) & 15
        lower, upper = 2 * pair, 2 * pair + 1
        products.append(truncated_product(config, mantissas[upper][high], mantissas[lower][low]))
        shift = shift + config.exponent_step * (exponents[upper][high] + exponents[lower][low])
    if len(products) == 1:
        return round_product(config, products[0], shift)
    cut = config.product_bits - config.chain_bits
    return round_product(config, (products[0] >> cut) * (products[1] >> cut), shift)


def all_scores(score_bits: int) -> IntArray:
    """Return every score code, ascending from the most negative."""
    half = 1 << (score_bits - 1)
    return np.arange(-half, half, dtype=np.int64)


def check_scores(scores: npt.ArrayLike, score_bits: int) -> IntArray:
    """Return `scores` as int64; raises InputError when one is no integer or out of range."""
    array = np.asarray(scores)
    if array.dtype.kind not in "iu":
        raise InputError(f"scores have dtype {array.dtype}: an integer dtype is needed")
    half = 1 << (score_bits - 1)
    if array.size and not (-half <= int(array.min()) and int(array.max()) < half):
        worst = int(array.min()) if int(array.min()) < -half else int(array.max())
        raise InputError(f"scores hold {worst}: {-half} to {half - 1} is allowed")
    return array.astype(np.int64)


@dataclass(frozen=True)
class ConsmaxTables:
    """The tables of one head, what they stand for and how exact they are.

    Attributes:
        config: the datapath that they were made for.
        scale: real score units per score code.
        beta, gamma: the head's learned constants; C = exp(-beta)/gamma.
        mantissas: int64 (tables, 16), entry n of table t for nibble value n. The nibble that holds
            the sign is indexed by its unsigned value, as the hardware reads it: 8 is -8.
        exponents: int64 (tables, 16), right shifts in units of config.exponent_step bits.

    Raises:
        InputError: scale, beta or gamma is out of range, or an entry does not fit its word.
    """

    config: ConsmaxConfig
    scale: float
    beta: float
    gamma: float
    mantissas: IntArray = field(repr=False)
    exponents: IntArray = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse heads that cannot be and entries that no stored word can hold."""
        for name, value in zip(
            ("scale", "beta", "gamma"), check_head(self.scale, self.beta, self.gamma), strict=True
        ):
            object.__setattr__(self, name, value)
        shape = (self.config.tables, TABLE_ENTRIES)
        for name, values in (("mantissas", self.mantissas), ("exponents", self.exponents)):
            if values.shape != shape:
                raise InputError(f"{name} have shape {values.shape}: {shape} is needed")
        for table in range(self.config.tables):
            form = self.config.word_format(table)
            for name, values, low, high in (
                ("mantissa", self.mantissas[table], form.min_mantissa, form.max_mantissa),
                ("exponent", self.exponents[table], 0, form.max_exponent),
            ):
                bad = np.nonzero((values < low) | (values > high))[0]
                if bad.size:
                    raise InputError(
                        f"table {table} entry {bad[0]} has {name} {values[bad[0]]}: "
                        f"{low} to {high} is allowed"
                    )

    @cached_property
    def codes(self) -> IntArray:
        """Output code of every score, ascending from the most negative; shape (2**score_bits,)."""
        return evaluate_words(
            self.config, self.mantissas, self.exponents, all_scores(self.config.score_bits)
        )

    @cached_property
    def reference(self) -> IntArray:
        """Correctly rounded code of every score, in the order of `codes`."""
        return correctly_rounded(
            all_scores(self.config.score_bits),
            self.config.output_bits,
            scale=self.scale,
            beta=self.beta,
            gamma=self.gamma,
        )

    @cached_property
    def wrong_codes(self) -> int:
        """How many score codes give something else than the correctly rounded output."""
        return int(np.count_nonzero(self.codes != self.reference))

    @cached_property
    def max_ulp(self) -> int:
        """Largest distance from the correctly rounded output, in output codes."""
        return int(np.max(np.abs(self.codes - self.reference)))

    @property
    def words(self) -> IntArray:
        """Stored words, int64 (tables, 16): {exponent, mantissa without its hidden bit}."""
        rows = []
        for table in range(self.config.tables):
            form = self.config.word_format(table)
            mantissa_bits = form.mantissa_bits - form.hidden_bit
            stored = self.mantissas[table] & ((1 << mantissa_bits) - 1)
            rows.append(self.exponents[table] << mantissa_bits | stored)
        return np.array(rows, dtype=np.int64)

    @classmethod
    def from_words(
        cls, config: ConsmaxConfig, words: IntArray, *, scale: float, beta: float, gamma: float
    ) -> "ConsmaxTables":
        """Rebuild from stored words of shape (tables, 16), as `words` gives them.

        Raises InputError when a word needs more bits than its format has.
        """
        mantissas, exponents = np.zeros_like(words), np.zeros_like(words)
        if words.shape != (config.tables, TABLE_ENTRIES):
            raise InputError(
                f"words have shape {words.shape}: {(config.tables, TABLE_ENTRIES)} is needed"
            )
        for table in range(config.tables):
            form = config.word_format(table)
            top = int(words[table].max()), int(words[table].min())
            if top[0] >> form.word_bits or top[1] < 0:
                worst = top[1] if top[1] < 0 else top[0]
                raise InputError(
                    f"table {table} holds word {worst}: 0 to {(1 << form.word_bits) - 1} is allowed"
                )
            mantissa_bits = form.mantissa_bits - form.hidden_bit
            mantissas[table] = words[table] & ((1 << mantissa_bits) - 1) | form.min_mantissa
            exponents[table] = words[table] >> mantissa_bits
        return cls(config, scale, beta, gamma, mantissas, exponents)


def consmax(
    scores: npt.ArrayLike, tables: ConsmaxTables, mask: npt.ArrayLike | None = None
) -> IntArray:
    """Return the output codes of integer scores of any shape; masked (True) positions give 0.

    Args:
        scores: integers of config.score_bits bits, two's complement range.
        tables: the head's tables.
        mask: broadcastable to `scores`, True where a position is masked.

    Returns:
        int64 codes 0..config.max_code, probability = code / 2**output_bits.

    Raises:
        InputError: scores that are no integers or out of range.
    """
    array = check_scores(scores, tables.config.score_bits)
    codes = tables.codes[array + (1 << (tables.config.score_bits - 1))]
    if mask is None:
        return codes
    return np.where(np.asarray(mask, dtype=bool), 0, codes)
