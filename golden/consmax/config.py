# SPDX-License-Identifier: Apache-2.0
"""What a ConSmax datapath is made of: word formats, product, output; and the named presets."""

from dataclasses import dataclass, replace

from surmax.common.config import JsonConfig
from surmax.common.errors import InputError, check_choice, check_range
from surmax.common.plain import PlainFields

OUTPUT_BITS = {"uq0.8": 8, "uq0.16": 16}
TABLE_ENTRIES = 16


@dataclass(frozen=True)
class WordFormat(PlainFields):
    """One table entry: an unsigned mantissa and a right shift.

    Its value is mantissa * 2**-(step*exponent). A word is stored as {exponent, mantissa}, mantissa
    in the low bits. With `hidden_bit` the mantissa's top bit is always one and is not stored.

    Attributes:
        mantissa_bits: significant bits, the hidden one included.
        exponent_bits: bits of the shift field; 0 is a fixed-point word.
        step: right shift per exponent unit, in bits.
        hidden_bit: the top mantissa bit is one by rule.
    """

    mantissa_bits: int
    exponent_bits: int
    step: int
    hidden_bit: bool

    @property
    def word_bits(self) -> int:
        """Stored bits of one entry."""
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
        """Largest exponent field that a word can hold."""
        return (1 << self.exponent_bits) - 1


@dataclass(frozen=True)
class ConsmaxConfig(JsonConfig):
    """The datapath that turns a score q into round(2**output_bits * C * exp(s*q)).

    A score is cut into nibbles; each nibble reads one word of a 16-entry table; an upper and a
    lower word are multiplied; the sum of their exponents shifts the product right; the result is
    rounded half up and saturated (arXiv 2402.10930, section on the bitwidth-split look-up table).
    With 16-bit scores two such products are cut to `chain_bits` and multiplied (the paper's
    reduction unit); the same unit then also takes 8-bit scores: see `narrow`.

    Attributes:
        score_bits: 8, or 16 for the mixed-precision unit.
        mantissa_bits: significant bits of an upper word, 4 to 24.
        exponent_bits: shift field of an upper word, 0 to 6; 0 is fixed point.
        output: "uq0.8" or "uq0.16": code = round(2**bits * p), saturating at the largest code.
        lower_mantissa_bits: the same for a lower word, None: as the upper word.
        lower_exponent_bits: the same for a lower word, None: as the upper word.
        exponent_step: bits of right shift per exponent unit, 1 to 4.
        hidden_bit: words with an exponent store a normalised mantissa without its top one.
        dropped_columns: the product's partial-product columns that are not built, counted from
            the least significant; their mean is added as a constant instead.
        headroom_bits: how far a product may exceed full scale and still be told from it,
            in bits; 3 covers exp(15*s) < 8, that is s < 0.138.
        chain_bits: width of each of the two products that make a 16-bit score, 8 to 32.
        table_rounding: "solved" (entries chosen so that outputs are correctly rounded), "nearest".

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
        """Fill in the lower word's defaults and refuse what cannot be built."""
        super().__post_init__()
        if self.score_bits not in (8, 16):
            raise InputError(f"score_bits must be 8 or 16, not {self.score_bits!r}")
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
        if not isinstance(self.hidden_bit, bool):
            raise InputError(f"hidden_bit must be true or false, not {self.hidden_bit!r}")
        if self.hidden_bit and self.exponent_bits and self.exponent_step != 1:
            raise InputError(
                f"exponent_step is {self.exponent_step} with hidden_bit: a normalised mantissa "
                "needs exponent_step 1"
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
                f"output must be uq0.16, not {self.output!r} with score_bits 16 (two byte lanes "
                "make one score and one output)"
            )
        if self.point_bits < 1:
            raise InputError(
                f"mantissa_bits is {self.mantissa_bits}, lower_mantissa_bits "
                f"{self.lower_mantissa_bits}: a product of more than "
                f"{self.output_bits + self.headroom_bits} bits is needed for output {self.output} "
                f"with headroom_bits {self.headroom_bits}"
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
        """Tables a head: one a nibble of the score."""
        return self.score_bits // 4

    @property
    def upper(self) -> WordFormat:
        """Format of the words read by the odd nibbles (1 and 3)."""
        hidden = self.hidden_bit and self.exponent_bits > 0
        return WordFormat(self.mantissa_bits, self.exponent_bits, self.exponent_step, hidden)

    @property
    def lower(self) -> WordFormat:
        """Format of the words read by the even nibbles (0 and 2)."""
        hidden = self.hidden_bit and self.lower_exponent_bits > 0
        return WordFormat(
            self.lower_mantissa_bits, self.lower_exponent_bits, self.exponent_step, hidden
        )

    def word_format(self, table: int) -> WordFormat:
        """Format of the words of table `table` (the table of nibble `table`, 0 the lowest)."""
        return self.upper if table % 2 else self.lower

    @property
    def product_bits(self) -> int:
        """Bits of the product of an upper and a lower mantissa."""
        return self.mantissa_bits + self.lower_mantissa_bits

    @property
    def point_bits(self) -> int:
        """Fraction bits of the last product where no exponent shifts it."""
        last = 2 * self.chain_bits if self.score_bits == 16 else self.product_bits
        return last - self.output_bits - self.headroom_bits

    @property
    def compensation(self) -> int:
        """Constant that stands for the dropped columns: their mean over random bits.

        A multiple of 2**dropped_columns. Column c of a product has as many partial products as
        there are pairs i + j = c, each one in a quarter of all cases.
        """
        upper, lower, drop = self.mantissa_bits, self.lower_mantissa_bits, self.dropped_columns
        quarters = sum(min(c + 1, upper, lower, upper + lower - 1 - c) << c for c in range(drop))
        unit = 4 << drop
        return (quarters + unit // 2) // unit << drop

    @property
    def narrow(self) -> "ConsmaxConfig":
        """The 8-bit, uQ0.8 configuration that runs on the same lanes; itself for 8-bit scores."""
        return self if self.score_bits == 8 else replace(self, score_bits=8, output="uq0.8")


# The cheapest datapath found that still solves (docs/consmax.md has the alternatives).
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
    # The same words, to be built in three stages: for the clock rate in standard cells.
    "fast": _SMALL,
    # Nearly the same words and a whole product: for the clock rate of FPGAs in five stages, or with
    # fewer in one multiplier block a lane.
    "fpga": replace(_SMALL, lower_mantissa_bits=11, dropped_columns=0),
    # 8-bit scores, 16-bit probabilities.
    "precise": ConsmaxConfig(
        mantissa_bits=20, lower_mantissa_bits=20, lower_exponent_bits=2, output="uq0.16"
    ),
    # 8-bit scores at one a lane, or 16-bit scores at one a pair of lanes, chosen per head.
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
    """Return the preset of that name; raises InputError naming the known ones."""
    check_choice("preset", name, tuple(CONSMAX_PRESETS))
    return CONSMAX_PRESETS[name]
