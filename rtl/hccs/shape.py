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
    """Widths of all values of an HCCS unit.

    They follow from the legal constants: B <= max_b and S*Dmax <= B, and therefore S*d <= B,
    Z <= max_sum and s*rho <= max_product. No value has more bits than its bound needs.
    """

    config: HccsConfig

    @property
    def b_bits(self) -> int:
        """Bits of B, and of the height s = B - S*d of a score."""
        return self.config.max_b(self.max_length).bit_length()

    @property
    def sum_bits(self) -> int:
        """Bits of a row sum Z."""
        return (self.config.max_b(self.max_length) * self.max_length).bit_length()

    @property
    def count_bits(self) -> int:
        """Bits of the number of unmasked positions of a beat."""
        return self.lanes.bit_length()

    @property
    def distance_bits(self) -> int:
        """Bits of the sum of the clipped distances d of a beat."""
        return (127 * self.lanes).bit_length()

    @property
    def shifts(self) -> bool:
        """Whether lanes shift 255*s right by the place of the leading one of the row sum.

        So it is for output "u8" with reciprocal "clb" and enough fraction bits that rho is never
        cut. Otherwise the lanes evaluate the line B*rho, S*rho.
        """
        config = self.config
        return (
            config.output == "u8"
            and config.mantissa_bits == 0
            and config.fraction_bits >= self.sum_bits - 1
        )

    @property
    def exponents(self) -> range:
        """Places that the leading one of a legal row sum can have."""
        return range(self.config.min_sum.bit_length() - 1, self.sum_bits)

    @property
    def offset_bits(self) -> int:
        """Bits of B*rho plus the rounding half."""
        return self.config.max_product.bit_length()

    @property
    def slope_bits(self) -> int:
        """Bits of S*rho, at most those of B*rho: if S*rho needs more, d is 0 in every legal row."""
        return min(self.config.reciprocal_bits + SLOPE_BITS, self.offset_bits)

    @cached_property
    def constants(self) -> data.StructLayout:
        """Layout of the constants of a head."""
        return data.StructLayout(
            {"B": unsigned(self.b_bits), "S": unsigned(SLOPE_BITS), "Dmax": unsigned(SLOPE_BITS)}
        )

    @cached_property
    def kept_distances(self) -> data.StructLayout:
        """Layout of a beat that waits for the reciprocal of its row: clipped distances d."""
        return self.kept(SLOPE_BITS)

    @cached_property
    def total(self) -> data.StructLayout:
        """Layout of a summed row: `sum` is Z, or with `shifts` the place of its leading one."""
        bits = (self.sum_bits - 1).bit_length() if self.shifts else self.sum_bits
        return data.StructLayout({"sum": unsigned(bits), "head": unsigned(self.head_bits)})

    @cached_property
    def line(self) -> data.StructLayout:
        """Layout of the line of a row: a code is (~base - d*slope) >> fraction_bits.

        `base` is the complement of B*rho plus the rounding half (see ScaleLane).
        """
        return data.StructLayout(
            {"base": unsigned(self.offset_bits), "slope": unsigned(self.slope_bits)}
        )

    @cached_property
    def divided(self) -> data.StructLayout:
        """Layout of a divider's input: the divisor Z, and the factors of rho."""
        return data.StructLayout(
            {
                "divisor": unsigned(self.sum_bits),
                "B": unsigned(self.b_bits),
                "S": unsigned(SLOPE_BITS),
            }
        )

    @cached_property
    def products(self) -> data.StructLayout:
        """Layout of a divider's output: offset = B*rho and slope = S*rho."""
        return data.StructLayout(
            {"offset": unsigned(self.offset_bits), "slope": unsigned(self.slope_bits)}
        )
