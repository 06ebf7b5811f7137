# SPDX-License-Identifier: Apache-2.0
"""What a Softermax computes with: output, formats; and the named presets."""

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from surmax.golden.config_json import JsonConfig
from surmax.golden.errors import InputError, check_choice, check_range
from surmax.golden.hccs_config import FULL_SCALE
from surmax.golden.reference import FloatArray, IntArray

# A score code is a quarter: Q(6,2).
FRACTIONS = 4
_FULL = {"uq1.7": 128, **FULL_SCALE}
_WIDTHS = {
    # The operand formats of the paper: UQ(1,15), UQ(10,6), UQ(1,7), four segments.
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
        "reciprocal_bits": 11,
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


@dataclass(frozen=True)
class SoftermaxConfig(JsonConfig):
    """Base-2 softmax of scores q/4 with an integer running maximum (arXiv 2103.09301).

    A field of None takes what suits the output. The default is the published form: scores Q(6,2),
    exponentials UQ(1,15), their sum with 6 fraction bits (published: 10 before the point; here as
    many as a row needs), reciprocal UQ(1,7), output UQ(1,7).

    Attributes:
        output: "uq1.7" (code = 128 p), "u8" (255 p) or "i16" (32767 p).
        maximum: integer that stands for the maximum of the scores so far: the least one that is
            not below it, "ceil" (published), or the largest one that is not above it, "floor",
            which needs no adder and leaves exponentials one more bit.
        value_bits: fraction bits of an exponential in the row sum, 6 to 20.
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
        check_choice("output", self.output, tuple(_FULL))
        for one in fields(self)[1:]:
            if getattr(self, one.name) is None:
                object.__setattr__(self, one.name, _WIDTHS[self.output][one.name])
        check_choice("maximum", self.maximum, ("ceil", "floor"))
        check_range("value_bits", self.value_bits, 6, 20)
        check_range("sum_bits", self.sum_bits, 4, self.value_bits)
        check_range("reciprocal_bits", self.reciprocal_bits, 7, 18)
        check_range("segments", self.segments, 4, 1 << (self.reciprocal_bits - 2))
        if self.segments & (self.segments - 1):
            raise InputError(f"segments is {self.segments}: a power of two is needed")

    @property
    def max_code(self) -> int:
        """Full scale: the code of p = 1."""
        return _FULL[self.output]

    @property
    def output_bits(self) -> int:
        """Bits of an output code."""
        return 16 if self.output == "i16" else 8

    @property
    def rounding(self) -> int:
        """What is added to a beat's sum before it is cut to sum_bits: half a unit, or 0."""
        return (1 << (self.value_bits - self.sum_bits)) >> 1

    @cached_property
    def mantissas(self) -> tuple[int, ...]:
        """2**(f/4) for f = 0..3 with value_bits: with two fraction bits four lines are points."""
        return tuple(round(2 ** (self.value_bits + f / FRACTIONS)) for f in range(FRACTIONS))

    @cached_property
    def scales(self) -> tuple[int, ...]:
        """Full scale times 2**(f/4), f = 0..3, with as many bits as suit the reciprocal."""
        unit = 2.0 ** (self.scale_bits - self.max_code.bit_length())
        return tuple(round(self.max_code * 2 ** (f / FRACTIONS) * unit) for f in range(FRACTIONS))

    @property
    def scale_bits(self) -> int:
        """Bits of `scales`[0]."""
        return max(self.reciprocal_bits, self.max_code.bit_length()) + 1

    @property
    def shift(self) -> int:
        """Fraction bits of a product of scale and reciprocal, less the one that it keeps."""
        return self.scale_bits - self.max_code.bit_length() + self.reciprocal_bits - 1

    @property
    def offset_bits(self) -> int:
        """Bits of the normalised sum that go along a segment."""
        return self.reciprocal_bits - (self.segments.bit_length() - 1)

    @property
    def slope_bits(self) -> int:
        """Fraction bits of a segment's slope."""
        return self.offset_bits

    @cached_property
    def lines(self) -> tuple[IntArray, IntArray]:
        """Starts C and slopes A of the segments of 1/m, each shape (segments,).

        rho = C - (A*x >> slope_bits), x being what a normalised sum is beyond its segment's start.
        For each of a few slopes around the true one the start with the least largest error; then
        the best of them.
        """
        starts, slopes = [], []
        for exact in _cells(self).reshape(self.segments, -1):
            x = np.arange(len(exact))
            middle = len(exact) // 2
            slope = exact[middle] ** 2 * 2.0 ** (self.slope_bits - self.reciprocal_bits)
            steep = round(slope * 2.0**-self.reciprocal_bits)
            best = None
            for a in range(max(steep - 2, 0), steep + 3):
                gap = exact + (a * x >> self.slope_bits)
                c = round((gap.min() + gap.max()) / 2)
                error = np.abs(gap - c).max()
                if best is None or error < best[0]:
                    best = error, c, a
            starts.append(best[1])
            slopes.append(best[2])
        return np.array(starts, dtype=np.int64), np.array(slopes, dtype=np.int64)

    def reciprocals(self, mantissas: IntArray) -> IntArray:
        """Return rho ~ 2**reciprocal_bits / m of mantissas (m - 1) * 2**reciprocal_bits, m < 2."""
        starts, slopes = self.lines
        segment = mantissas >> self.offset_bits
        x = mantissas & ((1 << self.offset_bits) - 1)
        return starts[segment] - (slopes[segment] * x >> self.slope_bits)

    @cached_property
    def reciprocal_error(self) -> float:
        """Largest |rho*m - 1| over all normalised sums m, those between two mantissas included."""
        unit = 1 << self.reciprocal_bits
        mantissas = np.arange(unit)
        rho = self.reciprocals(mantissas) / unit
        low, high = 1 + mantissas / unit, 1 + (mantissas + 1) / unit
        return float(max(np.abs(rho * low - 1).max(), np.abs(rho * high - 1).max()))

    def max_error(self, length: int, lanes: int) -> float:
        """Return a bound on |code - full scale * p| for rows up to `length`, `lanes` at a time.

        p is the real base-2 softmax. The bound adds the worst of each step: exponentials cut to
        value_bits, beats cut to sum_bits, what renormalising shifts out, the reciprocal's lines,
        rounded scales, the last rounding.
        """
        places = np.arange(64)[:, np.newaxis]
        exact = np.exp2(np.arange(FRACTIONS) / FRACTIONS - places)
        cut = (np.array(self.mantissas) >> places) / 2.0**self.value_bits - exact
        beats = -(-length // lanes)
        beat = beats * self.rounding / 2.0**self.value_bits
        shifted = 2.0 ** (1 - self.sum_bits) if beats > 1 else 0.0
        least = 1.0 if self.maximum == "floor" else 2.0 ** (1 / FRACTIONS - 1)
        low = (length * max(-float(cut.min()), 0.0) + beat + shifted) / least
        high = (length * max(float(cut.max()), 0.0) + beat) / least
        scales = self.max_code * np.exp2(np.arange(FRACTIONS) / FRACTIONS)
        unit = 2.0 ** (self.max_code.bit_length() - self.scale_bits)
        scale = float(np.abs(np.array(self.scales) * unit / scales - 1).max())
        above = (1 + self.reciprocal_error) * (1 + scale)
        # A score's own exponential is in the sum: no output is far above 1.
        own = max(-float(cut.min()), 0.0) + self.rounding / 2.0**self.value_bits
        own = (own + shifted) / least
        above = min(above / max(1 - low, 0.1) - 1, above / (1 - own))
        below = 1 - (1 - self.reciprocal_error) * (1 - scale) / (1 + high)
        return 0.5 + self.max_code * max(above, below)


def _cells(config: SoftermaxConfig) -> FloatArray:
    """Return 2**reciprocal_bits / m at the middle of what each mantissa stands for."""
    unit = 1 << config.reciprocal_bits
    return 2 * unit * unit / (2 * (unit + np.arange(unit)) + 1)


SOFTERMAX_PRESETS: dict[str, SoftermaxConfig] = {
    "paper": SoftermaxConfig(),
    "u8": SoftermaxConfig(output="u8"),
    "i16": SoftermaxConfig(output="i16"),
}


def softermax_preset(name: str) -> SoftermaxConfig:
    """Return the preset of that name; raises InputError naming the known ones."""
    check_choice("preset", name, tuple(SOFTERMAX_PRESETS))
    return SOFTERMAX_PRESETS[name]
