# SPDX-License-Identifier: Apache-2.0
"""Configuration of the integer softmax: output and widths; the named presets."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from surmax.common.config import JsonConfig
from surmax.common.errors import check_choice, check_range
from surmax.golden.formats import FULL_SCALE, IntegerOutput, check_length, fill_defaults
from surmax.golden.reference import IntArray

_WIDTHS = {
    "u8": {
        "rate_bits": 12,
        "fraction_bits": 7,
        "table_bits": 7,
        "value_bits": 10,
        "sum_bits": 16,
        "reciprocal_bits": 12,
        "dropped_columns": 9,
    },
    "i16": {
        "rate_bits": 18,
        "fraction_bits": 12,
        "table_bits": 7,
        "value_bits": 16,
        "sum_bits": 22,
        "reciprocal_bits": 17,
        "dropped_columns": 12,
    },
}
# Fraction bits of the slopes between two entries of the table.
SLOPE_FRACTION = 4


@dataclass(frozen=True)
class SoftmaxConfig(IntegerOutput, JsonConfig):
    """An integer softmax: row maximum, 2**-t by table and shift, row sum, reciprocal, product.

    A width of None becomes the default for the output.

    Attributes:
        output: "u8" (code = 255 p) or "i16" (code = 32767 p).
        rate_bits: fraction bits of a head's rate scale*log2(e), 8 to 20. The rate is below 1/2.
        fraction_bits: fraction bits of t, 4 to 12 and below rate_bits.
        table_bits: those of fraction_bits that address the table, 4 to 8. The other ones
            interpolate between its entries.
        value_bits: bits of an exponential that is kept for its output, 9 to 17 (i16: from 16).
        sum_bits: fraction bits of an exponential in the row sum, value_bits to 24.
        reciprocal_bits: bits of the normalised row sum and of its reciprocal, 9 to 18 (i16: from
            16), at most sum_bits.
        dropped_columns: number of the least significant columns that are left out of the last
            product, 0 to 14.

    Raises:
        InputError: a field is out of range; the message names it, its value and the bound.
    """

    output: str = "u8"
    rate_bits: int | None = None
    fraction_bits: int | None = None
    table_bits: int | None = None
    value_bits: int | None = None
    sum_bits: int | None = None
    reciprocal_bits: int | None = None
    dropped_columns: int | None = None

    def __post_init__(self) -> None:
        """Fill in the defaults and check all fields."""
        super().__post_init__()
        check_choice("output", self.output, tuple(FULL_SCALE))
        fill_defaults(self, _WIDTHS[self.output])
        check_range("rate_bits", self.rate_bits, 8, 20)
        check_range("fraction_bits", self.fraction_bits, 4, min(12, self.rate_bits - 1))
        check_range("table_bits", self.table_bits, 4, min(8, self.fraction_bits))
        # With fewer bits, the rounding constants would lift the only score of a row above full
        # scale, and a masked one to code 1.
        least = self.max_code.bit_length() + 1
        check_range("value_bits", self.value_bits, least, 17)
        check_range("sum_bits", self.sum_bits, self.value_bits, 24)
        check_range("reciprocal_bits", self.reciprocal_bits, least, min(18, self.sum_bits))
        check_range("dropped_columns", self.dropped_columns, 0, 14)

    @property
    def max_rate(self) -> int:
        """Largest rate of a head."""
        return (1 << (self.rate_bits - 1)) - 1

    @property
    def linear_bits(self) -> int:
        """Fraction bits of t that interpolate between entries of the table."""
        return self.fraction_bits - self.table_bits

    @property
    def dividend(self) -> int:
        """Dividend of the reciprocal, divided by the normalised row sum."""
        bits = 2 * self.reciprocal_bits - 1 - self.max_code.bit_length()
        return self.max_code << bits

    @property
    def shift(self) -> int:
        """Fraction bits of a product of value and reciprocal for the smallest row sum."""
        return self.value_bits + self.reciprocal_bits - 1 - self.max_code.bit_length()

    @property
    def offset(self) -> int:
        """Constant added to a product: the mean of what earlier steps have cut off."""
        return 1 << (self.reciprocal_bits - 2)

    @cached_property
    def table(self) -> tuple[IntArray, IntArray]:
        """Table of (2**value_bits - 1) * 2**-f, and slopes between entries; each (2**table_bits,).

        f = entry / 2**table_bits. A slope is the decrease for each unit of the lowest bit of t,
        with SLOPE_FRACTION fraction bits; all are 0 without interpolation.
        """
        steps = np.arange((1 << self.table_bits) + 1)
        exact = ((1 << self.value_bits) - 1) * np.exp2(-steps / (1 << self.table_bits))
        values = np.rint(exact).astype(np.int64)
        fall = (exact[:-1] - exact[1:]) * 2.0 ** (SLOPE_FRACTION - self.linear_bits)
        slopes = np.rint(fall).astype(np.int64) if self.linear_bits else np.zeros_like(values[1:])
        return values[:-1], slopes

    def mantissas(self, fractions: IntArray) -> IntArray:
        """Return (2**value_bits - 1) * 2**-f by the table, f = fractions / 2**fraction_bits."""
        values, slopes = self.table
        entry = fractions >> self.linear_bits
        rest = fractions & ((1 << self.linear_bits) - 1)
        return values[entry] - (slopes[entry] * rest >> SLOPE_FRACTION)

    def max_error(self, length: int) -> float:
        """Return a bound in codes on |code - full scale * softmax| for rows of up to `length`.

        The softmax is at the scale that the rate stands for. The bound adds the largest error of
        each step: the rounding of t and of the table, which changes the ratio of a position to the
        others by at most (1 + r)/(1 - r); the bits cut from values and sum; the reciprocal; the
        dropped columns; the last rounding.

        Raises InputError unless `length` is 1 to MOST_POSITIONS.
        """
        length = check_length(length)
        full, top = self.max_code, (1 << self.value_bits) - 1
        fractions = np.arange(1 << self.fraction_bits)
        exact = top * np.exp2(-fractions / (1 << self.fraction_bits))
        table = float(np.abs(self.mantissas(fractions) / exact - 1).max())
        relative = (1 + table) * 2 ** (0.5 / (1 << self.fraction_bits)) - 1
        both = full * relative / (2 * (1 - relative)) + 0.5
        largest = top * (1 - relative)
        # So many bits are cut from the sum of a very long row that nothing bounds the error.
        room = largest * 2 ** (self.sum_bits - self.value_bits) - length
        cut_sum = length / room if room > 0 else math.inf
        added = self.offset / 2**self.shift
        above = full * (cut_sum + 2.0 ** (1 - self.reciprocal_bits)) + added
        digits = range(0, self.dropped_columns, 2)
        dropped = sum((1 << self.dropped_columns) - (1 << low) for low in digits) / 2**self.shift
        least = self.dividend >> self.reciprocal_bits
        below = full * (1 / largest + 1 / least) + dropped - added
        return both + max(above, below)


SOFTMAX_PRESETS: dict[str, SoftmaxConfig] = {
    "u8": SoftmaxConfig(),
    "i16": SoftmaxConfig(output="i16"),
}


def softmax_preset(name: str) -> SoftmaxConfig:
    """Return the preset called `name`. Raises InputError when there is none."""
    check_choice("preset", name, tuple(SOFTMAX_PRESETS))
    return SOFTMAX_PRESETS[name]
