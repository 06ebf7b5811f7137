# SPDX-License-Identifier: Apache-2.0
"""Widths and layouts of a Softermax unit, from the bounds of its configuration."""

from dataclasses import dataclass
from functools import cached_property

from amaranth.hdl import unsigned
from amaranth.lib import data
from surmax.golden import SoftermaxConfig
from surmax.rtl.rows.shape import RowShape


@dataclass(frozen=True)
class SoftermaxShape(RowShape):
    """How wide everything in a unit is.

    A score q counts 2**(f/4 - k), f being its two fraction bits and k its distance below the
    integer maximum: {k, f} says all of it. k with all bits set stands for a score that counts
    nothing, because it is masked or so far down that no bit of it is left.
    """

    config: SoftermaxConfig

    @property
    def rounded_up(self) -> int:
        """1 where the integer maximum may lie above all scores: their exponents are one lower."""
        return int(self.config.maximum == "ceil")

    @property
    def top_bits(self) -> int:
        """Bits of an integer maximum, offset by 32."""
        return 6 + self.rounded_up

    @property
    def term_bits(self) -> int:
        """Bits of k where it says what a score adds to the sum: 2**-value_bits is the least."""
        return (self.config.value_bits + 1).bit_length()

    @property
    def product_bits(self) -> int:
        """Bits of a row's products of mantissa and reciprocal, in half codes."""
        config = self.config
        largest = config.mantissas[-1] * int(config.lines[0].max()) >> config.shift
        return largest.bit_length() + self.rounded_up

    @property
    def place_bits(self) -> int:
        """Bits of k where it says by how much a product is shifted: product_bits leave nothing."""
        return self.product_bits.bit_length()

    @property
    def sum_bits(self) -> int:
        """Bits of a row sum."""
        config = self.config
        largest = (
            max(config.values[0], config.values[3] >> 1) if self.rounded_up else config.values[3]
        )
        total = self.max_length * largest + self.max_beats * config.rounding
        return (total >> (config.value_bits - config.sum_bits)).bit_length()

    @property
    def rise_bits(self) -> int:
        """Bits of the shift that renormalises a sum; with all of them set nothing is left of it."""
        return self.sum_bits.bit_length()

    @property
    def exponent_bits(self) -> int:
        """Bits of a row's exponent: integer maximum plus place of the sum's leading one."""
        return (64 + self.sum_bits - self.config.sum_bits).bit_length()

    @cached_property
    def terms(self) -> data.StructLayout:
        """Layout of a beat that is summed: {k, f} of each score, and what the maximum has risen."""
        return data.StructLayout(
            {
                "values": data.ArrayLayout(unsigned(self.term_bits + 2), self.lanes),
                "rise": unsigned(self.rise_bits),
                "top": unsigned(self.top_bits),
                "last": unsigned(1),
            }
        )

    @cached_property
    def kept_places(self) -> data.StructLayout:
        """Layout of a beat that waits for its row's sum: {k, f} below the maximum so far."""
        kept = self.kept(self.place_bits + 2, mask=False)
        fields = {name: field.shape for name, field in kept}
        return data.StructLayout({**fields, "top": unsigned(self.top_bits)})

    @cached_property
    def total(self) -> data.StructLayout:
        """Layout of a summed row: its sum, in units of the integer maximum `top`."""
        return data.StructLayout({"sum": unsigned(self.sum_bits), "top": unsigned(self.top_bits)})

    @cached_property
    def line(self) -> data.StructLayout:
        """Layout of what a row's codes need: reciprocal of the normalised sum, and exponent."""
        return data.StructLayout(
            {
                "rho": unsigned(int(self.config.lines[0].max()).bit_length()),
                "exponent": unsigned(self.exponent_bits),
            }
        )
