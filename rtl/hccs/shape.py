# SPDX-License-Identifier: Apache-2.0
"""Widths and layouts of an HCCS unit, from the legal bounds of its configuration."""

from dataclasses import dataclass
from functools import cached_property

from amaranth.hdl import unsigned
from amaranth.lib import data
from surmax.golden import HccsConfig
from surmax.rtl.rows.shape import RowShape

SLOPE_BITS = 7  # S and Dmax, 0 to 127


@dataclass(frozen=True)
class HccsShape(RowShape):
    """How wide everything in a unit is.

    Legal constants bound all of it: B <= max_b, S*Dmax <= B, and so S*d <= B, Z <= max_sum and
    s*rho <= max_product. What cannot be larger gets no more bits.
    """

    config: HccsConfig

    @property
    def b_bits(self) -> int:
        """Bits of B, and of a score's s."""
        return self.config.max_b(self.max_length).bit_length()

    @property
    def sum_bits(self) -> int:
        """Bits of a row sum Z."""
        return (self.config.max_b(self.max_length) * self.max_length).bit_length()

    @property
    def count_bits(self) -> int:
        """Bits of the number of positions of a beat."""
        return self.lanes.bit_length()

    @property
    def distance_bits(self) -> int:
        """Bits of the sum of a beat's clipped distances d."""
        return (127 * self.lanes).bit_length()

    @property
    def shifts(self) -> bool:
        """Whether lanes shift 255*s right by k: uint8, leading bit, rho never cut.

        Else they are given the line B*rho, S*rho.
        """
        config = self.config
        return (
            config.output == "u8"
            and config.mantissa_bits == 0
            and config.fraction_bits >= self.sum_bits - 1
        )

    @property
    def exponents(self) -> range:
        """Positions k that the leading one of a legal row sum can have."""
        return range(self.config.min_sum.bit_length() - 1, self.sum_bits)

    @property
    def offset_bits(self) -> int:
        """Bits of B*rho plus the rounding half."""
        return self.config.max_product.bit_length()

    @property
    def slope_bits(self) -> int:
        """Bits of S*rho; where it would need more than B*rho has, d is 0 in every legal row."""
        return min(self.config.reciprocal_bits + SLOPE_BITS, self.offset_bits)

    @cached_property
    def constants(self) -> data.StructLayout:
        """Layout of a head's constants."""
        return data.StructLayout(
            {"B": unsigned(self.b_bits), "S": unsigned(SLOPE_BITS), "Dmax": unsigned(SLOPE_BITS)}
        )

    @cached_property
    def kept_distances(self) -> data.StructLayout:
        """Layout of a beat that waits for its row's reciprocal: clipped distances d."""
        return self.kept(SLOPE_BITS)

    @cached_property
    def total(self) -> data.StructLayout:
        """Layout of a summed row: Z, or the place k of its leading one where that is enough."""
        bits = (self.sum_bits - 1).bit_length() if self.shifts else self.sum_bits
        return data.StructLayout({"sum": unsigned(bits), "head": unsigned(self.head_bits)})

    @cached_property
    def line(self) -> data.StructLayout:
        """Layout of a row's line: a code is (~base - d*slope) >> fraction_bits.

        `base` is the complement of B*rho plus the rounding half, which is what lanes want.
        """
        return data.StructLayout(
            {"base": unsigned(self.offset_bits), "slope": unsigned(self.slope_bits)}
        )

    @cached_property
    def divided(self) -> data.StructLayout:
        """Layout of what a divider takes: Z, and the constants that rho is multiplied with."""
        return data.StructLayout(
            {
                "divisor": unsigned(self.sum_bits),
                "B": unsigned(self.b_bits),
                "S": unsigned(SLOPE_BITS),
            }
        )

    @cached_property
    def products(self) -> data.StructLayout:
        """Layout of a row's products: offset = B*rho, slope = S*rho."""
        return data.StructLayout(
            {"offset": unsigned(self.offset_bits), "slope": unsigned(self.slope_bits)}
        )
