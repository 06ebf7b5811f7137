# SPDX-License-Identifier: Apache-2.0
"""What an HCCS datapath computes: output, reciprocal, rounding, widths; and the named presets."""

from dataclasses import dataclass, replace

from surmax.common.config import JsonConfig
from surmax.common.errors import InputError, check_choice, check_range
from surmax.golden.formats import FULL_SCALE, IntegerOutput

# Largest code of each output: full scale of a probability.
# Mantissa bits that a reciprocal takes of the row sum behind its leading one; None: all of them.
MANTISSA_BITS = {"div": None, "clb": 0, "clb1": 1, "clb2": 2}
PUBLISHED_FRACTION_BITS = {"u8": 15, "i16": 0}


@dataclass(frozen=True)
class HccsConfig(IntegerOutput, JsonConfig):
    """The row function p = (s * rho) >> fraction_bits, with s = B - S*min(max - x, Dmax).

    rho is the reciprocal of the row sum Z = sum(s) (arXiv 2604.02292). With the defaults, any
    `output`, reciprocal "div" or "clb" and rounding "floor" it is the published kernel, bit for
    bit; everything else is a mode of ours beside it.

    Attributes:
        output: "u8" (code = 255 p) or "i16" (code = 32767 p).
        reciprocal: "div" is floor(full << fraction_bits / Z). "clb" takes Z for the power of two
            at or below it, so that rho is up to 2 times too large and codes saturate; "clb1" and
            "clb2" look at one or two more bits of Z (1.5 and 1.25 times).
        rounding: of the last shift: "floor", or "nearest" (half up).
        fraction_bits: fraction bits of rho, 0 to 24; None is the published 15 for u8, 0 for i16.
        sum_bits: bits of a row sum, 15 (published) to 23: n*B is at most 2**sum_bits - 1.
        min_sum: least row sum that rho has room for, a power of two, 1 to 16384; 256 is the
            published one. It decides the width of rho and which constants are legal (see
            HccsConstants.check), never a bit of the result.

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
        """Fill in the default and refuse what cannot be built."""
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
        """Bits of Z that the reciprocal looks at behind the leading one; None: it divides."""
        return MANTISSA_BITS[self.reciprocal]

    @property
    def dividend(self) -> int:
        """What is divided by the row sum: full scale with fraction_bits zeros behind it."""
        return self.max_code << self.fraction_bits

    @property
    def half(self) -> int:
        """What is added before the last shift: half a code for "nearest", else 0."""
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
        """Whether a code can exceed full scale before it is saturated."""
        return self.mantissa_bits is not None

    @property
    def max_product(self) -> int:
        """Bound on s*rho plus the rounding half, over all legal rows."""
        return self.dividend * (2 if self.saturates else 1) + self.half

    def max_b(self, length: int) -> int:
        """Return the largest legal B for rows of up to `length` positions."""
        return min(32767, self.max_sum // length)


HCCS_PRESETS: dict[str, HccsConfig] = {
    # The four published forms.
    "div": HccsConfig(),
    "clb": HccsConfig(reciprocal="clb"),
    "div16": HccsConfig(output="i16"),
    "clb16": HccsConfig(output="i16", reciprocal="clb"),
    # uint8 rounded to nearest: flat rows keep their sum.
    "nearest": HccsConfig(rounding="nearest"),
    # No divider, and rho at most 1.25 times too large.
    "clb2": HccsConfig(reciprocal="clb2", rounding="nearest"),
    # int16 whose reciprocal has fraction bits.
    "fine16": HccsConfig(output="i16", rounding="nearest", fraction_bits=15),
    # uint8 for rows of up to 4096 with B up to 1023.
    "long": HccsConfig(rounding="nearest", fraction_bits=22, sum_bits=22),
}


def hccs_preset(name: str) -> HccsConfig:
    """Return the preset of that name; raises InputError naming the known ones."""
    check_choice("preset", name, tuple(HCCS_PRESETS))
    return HCCS_PRESETS[name]


def fit_min_sum(config: HccsConfig, max_length: int) -> HccsConfig:
    """Return `config` for rows so long that no B would be legal with a lower min_sum.

    Lowered to the largest power of two up to half of the largest legal B; otherwise as it is.
    """
    high = config.max_b(max_length)
    if not 1 < high < config.min_sum:
        return config
    return replace(config, min_sum=1 << ((high // 2).bit_length() - 1))
