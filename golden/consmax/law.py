# SPDX-License-Identifier: Apache-2.0
"""The ConSmax law: output codes from table words in integer arithmetic; the tables of a head."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError, check_kind
from surmax.golden.checks import IntArray, check_scores, number_array, row_mask
from surmax.golden.consmax.config import TABLE_ENTRIES, ConsmaxConfig
from surmax.golden.reference import check_head, correctly_rounded


def truncated_product(config: ConsmaxConfig, upper: IntArray, lower: IntArray) -> IntArray:
    """Return the product of two mantissas as a lane computes it; the shapes broadcast.

    The partial products of the lowest `dropped_columns` columns are left out and replaced by the
    constant `compensation`. With no dropped columns the product is exact.
    """
    product = upper * lower
    for row in range(min(config.dropped_columns, config.lower_mantissa_bits)):
        dropped = upper & ((1 << (config.dropped_columns - row)) - 1)
        product = product - np.where((lower >> row) & 1, dropped << row, 0)
    return product + config.compensation


def round_product(config: ConsmaxConfig, product: IntArray, shift: IntArray) -> IntArray:
    """Return the output code: `product` shifted right, rounded half up, saturated.

    `shift` is the sum of the exponents times the step, in bits; it adds to the fixed `point_bits`.
    """
    # Shifts of int64 beyond 62 bits are undefined in C. The product is shorter, so that a shift by
    # 62 gives the same code: 0.
    guard = np.minimum(shift + (config.point_bits - 1), 62)
    return np.minimum(((product >> guard) + 1) >> 1, config.max_code)


def evaluate_words(
    config: ConsmaxConfig, mantissas: IntArray, exponents: IntArray, scores: IntArray
) -> IntArray:
    """Return the output codes of `scores` (any shape) from tables of shape (config.tables, 16).

    This is the law: RTL, gate-level netlist, kernels and PyTorch modules equal it bit for bit.
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
    """Return all score codes in ascending order, shape (2**score_bits,)."""
    half = 1 << (score_bits - 1)
    return np.arange(-half, half, dtype=np.int64)


@dataclass(frozen=True)
class ConsmaxTables:
    """The tables of one head, the function that they stand for, and their errors.

    Attributes:
        config: the datapath that they were made for.
        scale: real score units a code.
        beta, gamma: the learned constants of the head; C = exp(-beta)/gamma.
        mantissas: int64 (tables, 16), entry n of table t for the value n of nibble t. The nibble
            that holds the sign is indexed by its unsigned value, as the hardware reads it: entry 8
            is for -8.
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
        """Check scale, beta, gamma, the shapes, and that each entry fits a stored word."""
        for name, value in zip(
            ("scale", "beta", "gamma"), check_head(self.scale, self.beta, self.gamma), strict=True
        ):
            object.__setattr__(self, name, value)
        check_kind("config", self.config, ConsmaxConfig)
        for name in ("mantissas", "exponents"):
            object.__setattr__(self, name, _entries(name, getattr(self, name), self.config))
        for table in range(self.config.tables):
            form = self.config.word_format(table)
            for name, values, low, high in (
                ("mantissa", self.mantissas[table], form.min_mantissa, form.max_mantissa),
                ("exponent", self.exponents[table], 0, form.max_exponent),
            ):
                bad = np.nonzero((values < low) | (values > high))[0]
                if bad.size:
                    raise InputError(
                        f"table {table} entry {bad[0]}: {name} must be {low} to {high}, "
                        f"not {values[bad[0]]}"
                    )

    @cached_property
    def codes(self) -> IntArray:
        """Output code of every score in the order of all_scores, shape (2**score_bits,)."""
        return evaluate_words(
            self.config, self.mantissas, self.exponents, all_scores(self.config.score_bits)
        )

    @cached_property
    def reference(self) -> IntArray:
        """Correctly rounded code of every score in the order of `codes`."""
        return correctly_rounded(
            all_scores(self.config.score_bits),
            self.config.output_bits,
            scale=self.scale,
            beta=self.beta,
            gamma=self.gamma,
        )

    @cached_property
    def wrong_codes(self) -> int:
        """Number of scores whose code is not the correctly rounded one."""
        return int(np.count_nonzero(self.codes != self.reference))

    @cached_property
    def max_ulp(self) -> int:
        """Largest distance from the correctly rounded code, in codes."""
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
        """Return the tables of stored words of shape (tables, 16), as `words` gives them.

        Raises InputError when the shape is another one, or a word does not fit its format.
        """
        check_kind("config", config, ConsmaxConfig)
        words = _entries("words", words, config)
        mantissas, exponents = np.zeros_like(words), np.zeros_like(words)
        for table in range(config.tables):
            form = config.word_format(table)
            top = int(words[table].max()), int(words[table].min())
            if top[0] >> form.word_bits or top[1] < 0:
                worst = top[1] if top[1] < 0 else top[0]
                raise InputError(
                    f"table {table}: words must be 0 to {(1 << form.word_bits) - 1}, not {worst}"
                )
            mantissa_bits = form.mantissa_bits - form.hidden_bit
            mantissas[table] = words[table] & ((1 << mantissa_bits) - 1) | form.min_mantissa
            exponents[table] = words[table] >> mantissa_bits
        return cls(config, scale, beta, gamma, mantissas, exponents)


def _entries(name: str, values: npt.ArrayLike, config: ConsmaxConfig) -> IntArray:
    """Return integers of shape (config.tables, 16) as int64; raises InputError for others."""
    array = number_array(name, values, "iu")
    shape = (config.tables, TABLE_ENTRIES)
    if array.shape != shape:
        raise InputError(f"{name} must have shape {shape}, not {array.shape}")
    if array.dtype.kind == "u" and int(array.max()) >> 63:
        raise InputError(f"{name} must be below 2**63, not {array.max()}")
    return array.astype(np.int64, copy=False)


def consmax(
    scores: npt.ArrayLike, tables: ConsmaxTables, mask: npt.ArrayLike | None = None
) -> IntArray:
    """Return the output codes of integer scores, each score by itself.

    Args:
        scores: integers in the two's complement range of config.score_bits, any shape.
        tables: the tables of the head.
        mask: broadcastable to `scores`, True where a position is masked; it gives 0.

    Returns:
        int64 codes from 0 to config.max_code of the shape of `scores`; p = code / 2**output_bits.

    Raises:
        InputError: scores are not integers or out of range, or the mask does not broadcast.
    """
    check_kind("tables", tables, ConsmaxTables)
    array = check_scores(scores, tables.config.score_bits)
    codes = tables.codes[array + (1 << (tables.config.score_bits - 1))]
    if mask is None:
        return codes
    return np.where(row_mask(mask, array.shape), 0, codes)
