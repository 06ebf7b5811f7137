# SPDX-License-Identifier: Apache-2.0
"""Configuration of Softermax: output and formats; the named presets."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from surmax.common.config import JsonConfig
from surmax.common.errors import InputError, check_choice, check_range
from surmax.golden.formats import FULL_SCALE, check_length, fill_defaults
from surmax.golden.reference import IntArray

# Score codes for each unit of the exponent: scores are Q(6,2), a code is a quarter.
FRACTIONS = 4
_FULL = {"uq1.7": 128, **FULL_SCALE}
OUTPUTS = tuple(_FULL)
_WIDTHS = {
    # Formats of the paper: exponential UQ(1,15), sum UQ(10,6), reciprocal UQ(1,7); four segments.
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
# The integers of 8 and of 12 bits whose ratios are nearest to those of 2**(f/4), f = 0..3.
NARROW_MANTISSAS = (138, 164, 195, 232)
WIDE_MANTISSAS = (2093, 2489, 2960, 3520)


@dataclass(frozen=True)
class SoftermaxConfig(JsonConfig):
    """Base-2 softmax of scores q/4 with an integer running maximum (arXiv 2103.09301).

    A field of None becomes the default for the output. The default configuration has the published
    formats: scores Q(6,2), exponentials UQ(1,15), row sum with 6 fraction bits, reciprocal UQ(1,7),
    output UQ(1,7). The published sum has 10 integer bits; here it has as many as a row needs.

    Attributes:
        output: "uq1.7" (code = 128 p), "u8" (code = 255 p) or "i16" (code = 32767 p).
        maximum: integer that stands for the maximum of the scores so far. "ceil" (published) is the
            smallest integer that is not below it. "floor" is the largest integer that is not above
            it; it needs no adder and leaves exponentials one more bit.
        value_bits: fraction bits of an exponential in the row sum, mantissa_bits to 20.
        sum_bits: fraction bits of the row sum, 4 to value_bits.
        reciprocal_bits: fraction bits of the normalised row sum and of its reciprocal, 7 to 18.
        segments: number of straight lines that approximate the reciprocal, a power of two, 4 to
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
        """Fill in the defaults and check all fields."""
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
                f"reciprocal_bits must be at least {self.reciprocal_bits - self.shift} for output "
                f"{self.output}, not {self.reciprocal_bits}"
            )

    @property
    def max_code(self) -> int:
        """Full scale: the code for p = 1."""
        return _FULL[self.output]

    @property
    def code_bits(self) -> int:
        """Bits of a code below full scale."""
        return (self.max_code - 1).bit_length()

    @property
    def output_bits(self) -> int:
        """Bits of an output code."""
        return 16 if self.output == "i16" else 8

    @property
    def mantissas(self) -> tuple[int, ...]:
        """Integers that stand for 2**(f/4), f = 0..3, the only mantissas of two fraction bits.

        Exponentials are divided by their sum, so that only the ratios of the mantissas matter. The
        common factor (1.08, if a 1 with mantissa_bits - 1 zeros is 1.0) is chosen so that integers
        of few bits have nearly the right ratios.
        """
        return WIDE_MANTISSAS if self.output == "i16" else NARROW_MANTISSAS

    @property
    def mantissa_bits(self) -> int:
        """Bits of a mantissa."""
        return self.mantissas[0].bit_length()

    @property
    def values(self) -> tuple[int, ...]:
        """Exponentials for f = 0..3 of a score at the maximum, with value_bits fraction bits."""
        return tuple(m << (self.value_bits + 1 - self.mantissa_bits) for m in self.mantissas)

    @property
    def rounding(self) -> int:
        """Constant added to a beat's sum before it is cut to sum_bits: half a unit, or 0."""
        return (1 << (self.value_bits - self.sum_bits)) >> 1

    @property
    def shift(self) -> int:
        """Fraction bits of a product of mantissa and reciprocal in units of half a code."""
        return self.mantissa_bits + self.reciprocal_bits - self.code_bits - 2

    @property
    def offset_bits(self) -> int:
        """Bits of the normalised sum within a segment, and fraction bits of a slope."""
        return self.reciprocal_bits - (self.segments.bit_length() - 1)

    @cached_property
    def lines(self) -> tuple[IntArray, IntArray]:
        """Starts C and slopes A of the segments of the reciprocal, each of shape (segments,).

        rho = C - (A*x >> offset_bits), where x is the distance of a normalised sum from the start
        of its segment. For each of five slopes around the true one, the start with the smallest
        maximal error is taken; the best of these five lines is the segment.
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
        """Full scale as a fraction of 2**code_bits; the reciprocal contains this factor."""
        return self.max_code / (1 << self.code_bits)

    def reciprocals(self, mantissas: IntArray) -> IntArray:
        """Return rho of normalised sums m, 1 <= m < 2.

        `mantissas` is (m - 1) * 2**reciprocal_bits. rho has reciprocal_bits fraction bits and is
        near full scale / m, with full scale as a fraction of 2**code_bits.
        """
        starts, slopes = self.lines
        segment = mantissas >> self.offset_bits
        x = mantissas & ((1 << self.offset_bits) - 1)
        return starts[segment] - (slopes[segment] * x >> self.offset_bits)

    @cached_property
    def overshoots(self) -> bool:
        """Whether a code can exceed full scale and must be saturated; False for "uq1.7".

        The output "uq1.7" has codes above full scale. Only the code of the largest exponential can
        exceed it. That exponential is itself in the sum, which bounds the sum from below.
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
        """Return a bound in codes on |code - full scale * p| for rows of up to `length`.

        p is the real base-2 softmax, `lanes` the scores of a beat. The bound adds the largest error
        of each step: the ratios of the mantissas, exponentials cut to value_bits, beats cut to
        sum_bits, bits shifted out when the maximum rises, the lines of the reciprocal, the last
        rounding.

        Raises InputError unless `length` is 1 to MOST_POSITIONS and `lanes` 1 to 65536.
        """
        length, lanes = check_length(length), check_range("lanes", lanes, 1, 1 << 16)
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
        # Errors of the sum are relative to the smallest sum of a row: that of its largest score.
        least = min(self.values[0], self.values[1] / 2 if self.maximum == "ceil" else np.inf)
        part = 2.0**self.value_bits / least
        low = part * ((length - 1) * lost + beats * rounded + shifted)
        high = part * beats * rounded
        # The exponential of a score is itself in the sum, so that no output is far above 1.
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
    """Return the preset called `name`. Raises InputError when there is none."""
    check_choice("preset", name, tuple(SOFTERMAX_PRESETS))
    return SOFTERMAX_PRESETS[name]
