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
    """Widths of all values of a Softermax unit.

    A score q counts 2**(f/4 - k). f is its two fraction bits and k the distance of its integer part
    below the integer maximum, so {k, f} is all that is kept of it. A k with all bits set marks a
    score that counts 0, because it is masked or too small.
    """

    config: SoftermaxConfig

    @property
    def rounded_up(self) -> int:
        """1 when the maximum is rounded up: exponents of scores below it are one lower."""
        return int(self.config.maximum == "ceil")

    @property
    def top_bits(self) -> int:
        """Bits of an integer maximum, offset by 32."""
        return 6 + self.rounded_up

    @property
    def term_bits(self) -> int:
        """Bits of k in the sum, where the smallest term is 2**-value_bits."""
        return (self.config.value_bits + 1).bit_length()

    @property
    def product_bits(self) -> int:
        """Bits of the products of mantissas and the reciprocal of a row, in half codes."""
        config = self.config
        largest = config.mantissas[-1] * int(config.lines[0].max()) >> config.shift
        return largest.bit_length() + self.rounded_up

    @property
    def place_bits(self) -> int:
        """Bits of k in a code, where it shifts a product: product_bits places leave nothing."""
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
        """Bits of the shift that renormalises a sum; all of them set means that nothing is left."""
        return self.sum_bits.bit_length()

    @property
    def exponent_bits(self) -> int:
        """Bits of the exponent of a row: integer maximum plus place of the sum's leading one."""
        return (64 + self.sum_bits - self.config.sum_bits).bit_length()

    @cached_property
    def terms(self) -> data.StructLayout:
        """Layout of a beat that is summed: {k, f} of each score, and the rise of the maximum."""
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
        """Layout of a beat that waits for the sum of its row: {k, f} below the maximum so far."""
        kept = self.kept(self.place_bits + 2, mask=False)
        fields = {name: field.shape for name, field in kept}
        return data.StructLayout({**fields, "top": unsigned(self.top_bits)})

    @cached_property
    def total(self) -> data.StructLayout:
        """Layout of a summed row: its sum, in units of the integer maximum `top`."""
        return data.StructLayout({"sum": unsigned(self.sum_bits), "top": unsigned(self.top_bits)})

    @cached_property
    def line(self) -> data.StructLayout:
        """Layout of the values that the codes of a row need: reciprocal and exponent."""
        return data.StructLayout(
            {
                "rho": unsigned(int(self.config.lines[0].max()).bit_length()),
                "exponent": unsigned(self.exponent_bits),
            }
        )
