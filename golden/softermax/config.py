# SPDX-License-Identifier: Apache-2.0
"""What a Softermax computes with: output, formats; and the named presets."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from surmax.common.config import JsonConfig
from surmax.common.errors import InputError, check_choice, check_range
from surmax.golden.formats import FULL_SCALE, fill_defaults
from surmax.golden.reference import IntArray

# A score code is a quarter: Q(6,2).
FRACTIONS = 4
_FULL = {"uq1.7": 128, **FULL_SCALE}
OUTPUTS = tuple(_FULL)
_WIDTHS = {
    # The operand formats of the paper: UQ(1,15), UQ(10,6), UQ(1,7); four segments.
    "uq1.7": {
        "maximum": "ceil",
        "value_bits": 15,
        "sum_bits": 6,
        "reciprocal_bits": 7,
        "segments": 4,
    },
    "u8": {
        "maximum": "floor",
        "value_bits": 15,
        "sum_bits": 15,
        "reciprocal_bits": 10,
        "segments": 16,
    },
    "i16": {
        "maximum": "floor",
        "value_bits": 20,
        "sum_bits": 20,
        "reciprocal_bits": 17,
        "segments": 64,
    },
}
# Of 8 and of 12 bits the integers whose ratios are nearest to 2**(f/4).
NARROW_MANTISSAS = (138, 164, 195, 232)
WIDE_MANTISSAS = (2093, 2489, 2960, 3520)


@dataclass(frozen=True)
class SoftermaxConfig(JsonConfig):
    """Base-2 softmax of scores q/4 with an integer running maximum (arXiv 2103.09301).

    A field of None takes what suits the output. The default has the published formats: scores
    Q(6,2), exponentials UQ(1,15), their sum with 6 fraction bits (published: 10 before the point;
    here as many as a row needs), reciprocal UQ(1,7), output UQ(1,7).

    Attributes:
        output: "uq1.7" (code = 128 p), "u8" (255 p) or "i16" (32767 p).
        maximum: integer that stands for the maximum of the scores so far: the least one that is
            not below it, "ceil" (published), or the largest one that is not above it, "floor",
            which needs no adder and leaves exponentials one more bit.
        value_bits: fraction bits of an exponential in the row sum, mantissa_bits to 20.
        sum_bits: fraction bits of the row sum, 4 to value_bits.
        reciprocal_bits: fraction bits of the normalised row sum and of its reciprocal, 7 to 18.
        segments: straight lines that make the reciprocal, a power of two, 4 to
            2**(reciprocal_bits - 2).

    Raises:
        InputError: a field is out of range; the message names it, its value and the bound.
    """

    output: str = "uq1.7"
    maximum: str | None = None
    value_bits: int | None = None
    sum_bits: int | None = None
    reciprocal_bits: int | None = None
    segments: int | None = None

    def __post_init__(self) -> None:
        """Fill in the defaults and refuse what cannot be built."""
        super().__post_init__()
        check_choice("output", self.output, OUTPUTS)
        fill_defaults(self, _WIDTHS[self.output])
        check_choice("maximum", self.maximum, ("ceil", "floor"))
        check_range("value_bits", self.value_bits, self.mantissa_bits, 20)
        check_range("sum_bits", self.sum_bits, 4, self.value_bits)
        check_range("reciprocal_bits", self.reciprocal_bits, 7, 18)
        check_range("segments", self.segments, 4, 1 << (self.reciprocal_bits - 2))
        if self.segments & (self.segments - 1):
            raise InputError(f"segments must be a power of two, not {self.segments}")
        if self.shift < 0:
            raise InputError(
                f"reciprocal_bits is {self.reciprocal_bits}: at least "
                f"{self.reciprocal_bits - self.shift} is needed for output {self.output!r}"
            )

    @property
    def max_code(self) -> int:
        """Full scale: the code of p = 1."""
        return _FULL[self.output]

    @property
    def code_bits(self) -> int:
        """Bits of a code less than full scale."""
        return (self.max_code - 1).bit_length()

    @property
    def output_bits(self) -> int:
        """Bits of an output code."""
        return 16 if self.output == "i16" else 8

    @property
    def mantissas(self) -> tuple[int, ...]:
        """Integers that stand for 2**(f/4), f = 0..3: all of 2**x that two fraction bits need.

        Only their ratios count, since exponentials are divided by their sum: a common factor,
        1.08 here where 1.0 is mantissa_bits - 1 zeros behind a one, lets few bits come close.
        """
        return WIDE_MANTISSAS if self.output == "i16" else NARROW_MANTISSAS

    @property
    def mantissa_bits(self) -> int:
        """Bits of a mantissa."""
        return self.mantissas[0].bit_length()

    @property
    def values(self) -> tuple[int, ...]:
        """Exponentials of f = 0..3 at the integer maximum, with value_bits behind the point."""
        return tuple(one << (self.value_bits + 1 - self.mantissa_bits) for one in self.mantissas)

    @property
    def rounding(self) -> int:
        """What is added to a beat's sum before it is cut to sum_bits: half a unit, or 0."""
        return (1 << (self.value_bits - self.sum_bits)) >> 1

    @property
    def shift(self) -> int:
        """Fraction bits of a product of mantissa and reciprocal, counted in half codes."""
        return self.mantissa_bits + self.reciprocal_bits - self.code_bits - 2

    @property
    def offset_bits(self) -> int:
        """Bits of the normalised sum that go along a segment; also fraction bits of a slope."""
        return self.reciprocal_bits - (self.segments.bit_length() - 1)

    @cached_property
    def lines(self) -> tuple[IntArray, IntArray]:
        """Starts C and slopes A of the segments of the reciprocal, each shape (segments,).

        rho = C - (A*x >> offset_bits), x being what a normalised sum is beyond its segment's start.
        For each of a few slopes around the true one the start with the least largest error; then
        the best of them.
        """
        unit = 1 << self.reciprocal_bits
        middles = 1 + (np.arange(unit) + 0.5) / unit
        starts, slopes = [], []
        for m in middles.reshape(self.segments, -1):
            exact = self._factor * unit / m
            x = np.arange(len(m))
            steep = round(self._factor * 2.0**self.offset_bits / m[len(m) // 2] ** 2)
            tried = []
            for a in range(max(steep - 2, 0), steep + 3):
                gap = exact + (a * x >> self.offset_bits)
                c = round((gap.min() + gap.max()) / 2)
                tried.append((np.abs(gap - c).max(), c, a))
            _, start, slope = min(tried)
            starts.append(start)
            slopes.append(slope)
        return np.array(starts, dtype=np.int64), np.array(slopes, dtype=np.int64)

    @property
    def _factor(self) -> float:
        """Full scale as a fraction of a power of two: the reciprocal's part of the scaling."""
        return self.max_code / (1 << self.code_bits)

    def reciprocals(self, mantissas: IntArray) -> IntArray:
        """Return rho of normalised sums m, 1 <= m < 2, given as (m - 1) * 2**reciprocal_bits.

        rho is near full scale / m, full scale counted as a fraction of 2**code_bits.
        """
        starts, slopes = self.lines
        segment = mantissas >> self.offset_bits
        x = mantissas & ((1 << self.offset_bits) - 1)
        return starts[segment] - (slopes[segment] * x >> self.offset_bits)

    @cached_property
    def overshoots(self) -> bool:
        """Whether a code can exceed full scale before it is saturated; "uq1.7" has room above it.

        Only the largest exponential's can, and that is itself in the sum.
        """
        unit, cut = 1 << self.reciprocal_bits, self.value_bits - self.sum_bits
        for f, (mantissa, value) in enumerate(zip(self.mantissas, self.values, strict=True)):
            lower = int(self.maximum == "ceil" and f > 0)
            least = ((value >> lower) + self.rounding >> cut) << lower
            first = (least << self.reciprocal_bits >> self.sum_bits) - unit
            cells = np.arange(max(first, 0), unit)
            codes = ((mantissa * self.reciprocals(cells) >> self.shift) + 1) >> 1
            if codes.max() > self.max_code:
                return self.output != "uq1.7"
        return False

    def max_error(self, length: int, lanes: int) -> float:
        """Return a bound on |code - full scale * p| for rows up to `length`, `lanes` at a time.

        p is the real base-2 softmax. The bound adds the worst of each step: ratios of mantissas,
        exponentials cut to value_bits, beats cut to sum_bits, what renormalising shifts out, the
        reciprocal's lines, the last rounding.
        """
        unit = 1 << self.reciprocal_bits
        rho = self.reciprocals(np.arange(unit)) / (unit * self._factor)
        starts = 1 + np.arange(unit) / unit
        line = max(np.abs(rho * starts - 1).max(), np.abs(rho * (starts + 1 / unit) - 1).max())
        factors = np.array(self.mantissas) / np.exp2(np.arange(FRACTIONS) / FRACTIONS)
        spread = (factors.max() - factors.min()) / (factors.max() + factors.min())
        # A score against the rest of its row is off by at most (1 + spread)/(1 - spread).
        ratio = self.max_code * spread / (2 * (1 - spread))

        places = np.arange(64)[:, np.newaxis]
        lost = float((np.array(self.values) / np.exp2(places) % 1).max()) / 2.0**self.value_bits
        rounded = self.rounding / 2.0**self.value_bits
        beats = -(-length // lanes)
        shifted = 2.0 ** (1 - self.sum_bits) if beats > 1 else 0.0
        # Counted in the least sum that a row can have: that of the largest score alone.
        least = min(self.values[0], self.values[1] / 2 if self.maximum == "ceil" else np.inf)
        part = 2.0**self.value_bits / least
        low = part * ((length - 1) * lost + beats * rounded + shifted)
        high = part * beats * rounded
        # A score's own exponential is in the sum: no output is far above 1.
        own = part * (lost + rounded + shifted)
        above = min((1 + line) / max(1 - low, 0.1) - 1, (1 + line) / (1 - own))
        below = 1 - (1 - line) / (1 + high)
        return 0.5 + float(ratio + self.max_code * max(above, below))


SOFTERMAX_PRESETS: dict[str, SoftermaxConfig] = {
    "paper": SoftermaxConfig(),
    "u8": SoftermaxConfig(output="u8"),
    "i16": SoftermaxConfig(output="i16"),
}


def softermax_preset(name: str) -> SoftermaxConfig:
    """Return the preset of that name; raises InputError naming the known ones."""
    check_choice("preset", name, tuple(SOFTERMAX_PRESETS))
    return SOFTERMAX_PRESETS[name]
