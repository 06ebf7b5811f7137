# SPDX-License-Identifier: Apache-2.0
"""Configuration of a ConSmax datapath: word formats, product, output; and the named presets."""

from dataclasses import dataclass, replace

from surmax.common.config import JsonConfig
from surmax.common.errors import InputError, check_choice, check_range, shown
from surmax.common.plain import PlainFields

OUTPUT_BITS = {"uq0.8": 8, "uq0.16": 16}
TABLE_ENTRIES = 16


@dataclass(frozen=True)
class WordFormat(PlainFields):
    """Format of a table entry: an unsigned mantissa and a right shift.

    The value of a word is mantissa * 2**-(step*exponent). It is stored as {exponent, mantissa}, the
    mantissa in the low bits.

    Attributes:
        mantissa_bits: significant bits, a hidden one included.
        exponent_bits: bits of the exponent; 0 is a fixed-point word.
        step: right shift for each unit of the exponent, in bits.
        hidden_bit: whether the top bit of the mantissa is always 1 and is not stored.

    Raises:
        InputError: a field is out of range.
    """

    mantissa_bits: int
    exponent_bits: int
    step: int
    hidden_bit: bool

    def __post_init__(self) -> None:
        """Check the ranges."""
        super().__post_init__()
        check_range("mantissa_bits", self.mantissa_bits, 1, 24)
        check_range("exponent_bits", self.exponent_bits, 0, 6)
        check_range("step", self.step, 1, 4)

    @property
    def word_bits(self) -> int:
        """Bits of a stored word."""
        return self.mantissa_bits - self.hidden_bit + self.exponent_bits

    @property
    def min_mantissa(self) -> int:
        """Smallest mantissa that a word can hold."""
        return 1 << (self.mantissa_bits - 1) if self.hidden_bit else 0

    @property
    def max_mantissa(self) -> int:
        """Largest mantissa that a word can hold."""
        return (1 << self.mantissa_bits) - 1

    @property
    def max_exponent(self) -> int:
        """Largest exponent that a word can hold."""
        return (1 << self.exponent_bits) - 1


@dataclass(frozen=True)
class ConsmaxConfig(JsonConfig):
    """A datapath that computes round(2**output_bits * C * exp(s*q)) of a score q by two tables.

    The score is split into nibbles, and each nibble reads a word of its own 16-entry table. An
    upper and a lower word are multiplied, the sum of their exponents shifts the product right, and
    the result is rounded half up and saturated (arXiv 2402.10930, section on the bitwidth-split
    look-up table). With 16-bit scores there are two such products. They are cut to `chain_bits` and
    multiplied (the paper's reduction unit). That unit also takes 8-bit scores (see `narrow`).

    Attributes:
        score_bits: 8, or 16 for the mixed-precision unit.
        mantissa_bits: significant bits of an upper word, 4 to 24.
        exponent_bits: bits of an upper word's exponent, 0 to 6; 0 is fixed point.
        output: "uq0.8" or "uq0.16": code = round(2**bits * p), saturating at the largest code.
        lower_mantissa_bits: significant bits of a lower word, 4 to 24; None is mantissa_bits.
        lower_exponent_bits: bits of a lower word's exponent, 0 to 6; None is exponent_bits.
        exponent_step: right shift for each unit of an exponent, 1 to 4 bits.
        hidden_bit: whether words with an exponent store a normalised mantissa without its top bit.
        dropped_columns: number of the least significant partial-product columns that are left out
            of the product; their mean is added as a constant instead.
        headroom_bits: bits above full scale that the product has, 1 to 6, so that larger values
            saturate and do not wrap. 3 bits cover exp(15*s) < 8, that is s < 0.138.
        chain_bits: width of each of the two products that are multiplied for a 16-bit score, 8 to
            32.
        table_rounding: "solved" (entries are searched so that outputs are correctly rounded) or
            "nearest" (each entry is rounded by itself).

    Raises:
        InputError: a field is out of range; the message names it, its value and the bound.
    """

    score_bits: int = 8
    mantissa_bits: int = 12
    exponent_bits: int = 5
    output: str = "uq0.8"
    lower_mantissa_bits: int | None = None
    lower_exponent_bits: int | None = None
    exponent_step: int = 1
    hidden_bit: bool = True
    dropped_columns: int = 0
    headroom_bits: int = 3
    chain_bits: int = 24
    table_rounding: str = "solved"

    def __post_init__(self) -> None:
        """Fill in the defaults of the lower word and check all fields."""
        super().__post_init__()
        if self.score_bits not in (8, 16):
            raise InputError(f"score_bits must be 8 or 16, not {shown(self.score_bits)}")
        check_choice("output", self.output, tuple(OUTPUT_BITS))
        check_choice("table_rounding", self.table_rounding, ("solved", "nearest"))
        check_range("mantissa_bits", self.mantissa_bits, 4, 24)
        check_range("exponent_bits", self.exponent_bits, 0, 6)
        if self.lower_mantissa_bits is None:
            object.__setattr__(self, "lower_mantissa_bits", self.mantissa_bits)
        if self.lower_exponent_bits is None:
            object.__setattr__(self, "lower_exponent_bits", self.exponent_bits)
        check_range("lower_mantissa_bits", self.lower_mantissa_bits, 4, 24)
        check_range("lower_exponent_bits", self.lower_exponent_bits, 0, 6)
        check_range("exponent_step", self.exponent_step, 1, 4)
        if self.hidden_bit and self.exponent_bits and self.exponent_step != 1:
            raise InputError(
                f"exponent_step must be 1 with hidden_bit, not {self.exponent_step}: a normalised "
                "mantissa is shifted by single bits"
            )
        check_range("headroom_bits", self.headroom_bits, 1, 6)
        check_range("chain_bits", self.chain_bits, 8, 32)
        if self.score_bits == 16 and self.chain_bits > self.product_bits:
            raise InputError(
                f"chain_bits must be at most the {self.product_bits} bits of a product, "
                f"not {self.chain_bits}"
            )
        if self.score_bits == 16 and self.output != "uq0.16":
            raise InputError(
                f"output must be uq0.16, not {self.output} with score_bits 16 (two byte lanes "
                "make one score and one output)"
            )
        if self.point_bits < 1:
            raise InputError(
                "mantissa_bits and lower_mantissa_bits must be more than "
                f"{self.output_bits + self.headroom_bits} together for output {self.output} with "
                f"headroom_bits {self.headroom_bits}, not {self.mantissa_bits} and "
                f"{self.lower_mantissa_bits}"
            )
        limit = self.narrow.point_bits if self.score_bits == 16 else self.point_bits
        check_range("dropped_columns", self.dropped_columns, 0, limit - 1)

    @property
    def output_bits(self) -> int:
        """Bits of an output code."""
        return OUTPUT_BITS[self.output]

    @property
    def max_code(self) -> int:
        """Largest output code, where the output saturates."""
        return (1 << self.output_bits) - 1

    @property
    def tables(self) -> int:
        """Number of tables of a head: one for each nibble of the score."""
        return self.score_bits // 4

    @property
    def upper(self) -> WordFormat:
        """Format of the words that the odd nibbles (1 and 3) read."""
        hidden = self.hidden_bit and self.exponent_bits > 0
        return WordFormat(self.mantissa_bits, self.exponent_bits, self.exponent_step, hidden)

    @property
    def lower(self) -> WordFormat:
        """Format of the words that the even nibbles (0 and 2) read."""
        hidden = self.hidden_bit and self.lower_exponent_bits > 0
        return WordFormat(
            self.lower_mantissa_bits, self.lower_exponent_bits, self.exponent_step, hidden
        )

    def word_format(self, table: int) -> WordFormat:
        """Return the format of the words of table `table`, which nibble `table` reads."""
        return self.upper if table % 2 else self.lower

    @property
    def product_bits(self) -> int:
        """Bits of the product of an upper and a lower mantissa."""
        return self.mantissa_bits + self.lower_mantissa_bits

    @property
    def point_bits(self) -> int:
        """Fraction bits of the last product before exponents shift it."""
        last = 2 * self.chain_bits if self.score_bits == 16 else self.product_bits
        return last - self.output_bits - self.headroom_bits

    @property
    def compensation(self) -> int:
        """Constant added for the dropped columns: their mean for random mantissas.

        It is rounded to a multiple of 2**dropped_columns. Column c has a partial product for each
        pair of bits i + j = c, and each partial product is 1 in a quarter of all cases.
        """
        upper, lower, drop = self.mantissa_bits, self.lower_mantissa_bits, self.dropped_columns
        quarters = sum(min(c + 1, upper, lower, upper + lower - 1 - c) << c for c in range(drop))
        unit = 4 << drop
        return (quarters + unit // 2) // unit << drop

    @property
    def narrow(self) -> "ConsmaxConfig":
        """Configuration of the unit's mode for 8-bit scores (output uQ0.8); itself for 8 bits."""
        return self if self.score_bits == 8 else replace(self, score_bits=8, output="uq0.8")


# The smallest datapath known whose tables can be solved (docs/consmax.md has the alternatives).
_SMALL = ConsmaxConfig(
    mantissa_bits=10,
    exponent_bits=2,
    lower_mantissa_bits=10,
    lower_exponent_bits=0,
    exponent_step=2,
    hidden_bit=False,
    dropped_columns=8,
)

CONSMAX_PRESETS: dict[str, ConsmaxConfig] = {
    # The paper's word size: 12-bit mantissa and 5-bit exponent in 16 bits, 512 table bits a head.
    "paper": ConsmaxConfig(),
    "small": _SMALL,
    # The same datapath; hardware of this preset has three stages, for a short clock period.
    "fast": _SMALL,
    # Nearly the same words and a whole product: with five stages for the clock rate of FPGAs, with
    # fewer stages for one multiplier block a lane.
    "fpga": replace(_SMALL, lower_mantissa_bits=11, dropped_columns=0),
    # 8-bit scores, 16-bit probabilities.
    "precise": ConsmaxConfig(
        mantissa_bits=20, lower_mantissa_bits=20, lower_exponent_bits=2, output="uq0.16"
    ),
    # Each head chooses: 8-bit scores, one on each lane, or 16-bit scores, one on a pair of lanes.
    "mixed": ConsmaxConfig(
        score_bits=16,
        output="uq0.16",
        mantissa_bits=18,
        exponent_bits=5,
        lower_mantissa_bits=18,
        lower_exponent_bits=0,
        chain_bits=22,
    ),
}


def consmax_preset(name: str) -> ConsmaxConfig:
    """Return the preset called `name`. Raises InputError when there is none."""
    check_choice("preset", name, tuple(CONSMAX_PRESETS))
    return CONSMAX_PRESETS[name]
