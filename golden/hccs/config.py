# SPDX-License-Identifier: Apache-2.0
"""Configuration of an HCCS datapath: output, reciprocal, rounding, widths; the named presets."""

from dataclasses import dataclass, replace

from surmax.common.config import JsonConfig
from surmax.common.errors import InputError, check_choice, check_kind, check_range
from surmax.golden.formats import FULL_SCALE, IntegerOutput, check_length

# Bits of the row sum below its leading one that each reciprocal uses; None: it divides by all bits.
MANTISSA_BITS = {"div": None, "clb": 0, "clb1": 1, "clb2": 2}
PUBLISHED_FRACTION_BITS = {"u8": 15, "i16": 0}


@dataclass(frozen=True)
class HccsConfig(IntegerOutput, JsonConfig):
    """A datapath that computes p = (s * rho) >> fraction_bits, with s = B - S*min(max - x, Dmax).

    rho is the reciprocal of the row sum Z = sum(s) (arXiv 2604.02292). With reciprocal "div" or
    "clb", rounding "floor" and the defaults of the widths, it equals the published kernel bit for
    bit, for both outputs. All other settings are modes of Surmax.

    Attributes:
        output: "u8" (code = 255 p) or "i16" (code = 32767 p).
        reciprocal: "div" is floor((full << fraction_bits) / Z). "clb" replaces Z by the power of
            two at or below it: rho is up to 2 times too large, and codes saturate. "clb1" and
            "clb2" use one and two more bits of Z: up to 1.5 and 1.25 times too large.
        rounding: rounding of the last shift, "floor" or "nearest" (half up).
        fraction_bits: fraction bits of rho, 0 to 24. None is the published value, 15 for u8 and 0
            for i16.
        sum_bits: bits of a row sum, 15 (published) to 23: n*B is at most 2**sum_bits - 1.
        min_sum: smallest row sum for which rho fits its width, a power of two, 1 to 16384;
            published is 256. It decides the width of rho and which constants are legal (see
            HccsConstants.check). It never changes a bit of the result.

    Raises:
        InputError: a field is out of range; the message names it, its value and the bound.
    """

    output: str = "u8"
    reciprocal: str = "div"
    rounding: str = "floor"
    fraction_bits: int | None = None
    sum_bits: int = 15
    min_sum: int = 256

    def __post_init__(self) -> None:
        """Fill in the default and check all fields."""
        super().__post_init__()
        check_choice("output", self.output, tuple(FULL_SCALE))
        check_choice("reciprocal", self.reciprocal, tuple(MANTISSA_BITS))
        check_choice("rounding", self.rounding, ("floor", "nearest"))
        if self.fraction_bits is None:
            object.__setattr__(self, "fraction_bits", PUBLISHED_FRACTION_BITS[self.output])
        check_range("fraction_bits", self.fraction_bits, 0, 24)
        check_range("sum_bits", self.sum_bits, 15, 23)
        check_range("min_sum", self.min_sum, 1, 1 << 14)
        if self.min_sum & (self.min_sum - 1):
            raise InputError(f"min_sum must be a power of two, not {self.min_sum}")

    @property
    def mantissa_bits(self) -> int | None:
        """Bits of Z below its leading one that the reciprocal uses; None: it divides by Z."""
        return MANTISSA_BITS[self.reciprocal]

    @property
    def dividend(self) -> int:
        """Dividend of the reciprocal: full scale with fraction_bits zeros behind it."""
        return self.max_code << self.fraction_bits

    @property
    def half(self) -> int:
        """Constant added before the last shift: half a code for "nearest", 0 for "floor"."""
        return (1 << self.fraction_bits) >> 1 if self.rounding == "nearest" else 0

    @property
    def max_sum(self) -> int:
        """Largest row sum."""
        return (1 << self.sum_bits) - 1

    @property
    def reciprocal_bits(self) -> int:
        """Bits of rho."""
        return (self.dividend // self.min_sum).bit_length()

    @property
    def saturates(self) -> bool:
        """Whether a code can exceed full scale and must be saturated."""
        return self.mantissa_bits is not None

    @property
    def max_product(self) -> int:
        """Bound on s*rho + half over all legal rows."""
        return self.dividend * (2 if self.saturates else 1) + self.half

    def max_b(self, length: int) -> int:
        """Return the largest legal B for rows of up to `length` positions, 0 if there is none.

        Raises InputError unless `length` is 1 to MOST_POSITIONS.
        """
        return min(32767, self.max_sum // check_length(length))


HCCS_PRESETS: dict[str, HccsConfig] = {
    # The four published forms.
    "div": HccsConfig(),
    "clb": HccsConfig(reciprocal="clb"),
    "div16": HccsConfig(output="i16"),
    "clb16": HccsConfig(output="i16", reciprocal="clb"),
    # uint8 rounded to nearest: the outputs of flat rows still sum to 1.
    "nearest": HccsConfig(rounding="nearest"),
    # Without a divider; rho is at most 1.25 times too large.
    "clb2": HccsConfig(reciprocal="clb2", rounding="nearest"),
    # int16 with fraction bits in the reciprocal.
    "fine16": HccsConfig(output="i16", rounding="nearest", fraction_bits=15),
    # uint8 for rows of up to 4096 positions, with B up to 1023.
    "long": HccsConfig(rounding="nearest", fraction_bits=22, sum_bits=22),
}


def hccs_preset(name: str) -> HccsConfig:
    """Return the preset called `name`. Raises InputError when there is none."""
    check_choice("preset", name, tuple(HCCS_PRESETS))
    return HCCS_PRESETS[name]


def fit_min_sum(config: HccsConfig, max_length: int) -> HccsConfig:
    """Return `config` with a min_sum for which some B is legal in rows of up to `max_length`.

    For short rows it is returned as it is. For rows so long that the largest legal B is below
    min_sum, min_sum becomes the largest power of two that is at most half of that B.

    Raises InputError as HccsConfig.max_b does.
    """
    check_kind("config", config, HccsConfig)
    high = config.max_b(max_length)
    if not 1 < high < config.min_sum:
        return config
    return replace(config, min_sum=1 << ((high // 2).bit_length() - 1))
