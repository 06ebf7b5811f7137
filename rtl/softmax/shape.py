# SPDX-License-Identifier: Apache-2.0
"""Widths and layouts of an integer softmax unit."""

from dataclasses import dataclass
from functools import cached_property

from amaranth.hdl import unsigned
from amaranth.lib import data
from surmax.golden import SoftmaxConfig
from surmax.rtl.rows.shape import RowShape


@dataclass(frozen=True)
class SoftmaxShape(RowShape):
    """How wide everything in a unit is."""

    config: SoftmaxConfig

    @property
    def rate_bits(self) -> int:
        """Bits of a head's rate."""
        return self.config.max_rate.bit_length()

    @property
    def whole_bits(self) -> int:
        """Bits of t before its point that matter: from sum_bits on, 2**-t is 0."""
        return (self.config.sum_bits - 1).bit_length()

    @property
    def beat_sum_bits(self) -> int:
        """Bits of the sum of a beat's exponentials."""
        return (self._largest * self.lanes).bit_length()

    @property
    def sum_bits(self) -> int:
        """Bits of a row sum Z."""
        return (self._largest * self.max_length).bit_length()

    @property
    def _largest(self) -> int:
        """2**-0 as a term of the sum."""
        config = self.config
        return ((1 << config.value_bits) - 1) << (config.sum_bits - config.value_bits)

    @property
    def exponents(self) -> range:
        """Exponents that a row sum can have."""
        return range(self.sum_bits - self.config.sum_bits + 1)

    @cached_property
    def constants(self) -> data.StructLayout:
        """Layout of a head's constants."""
        return data.StructLayout({"rate": unsigned(self.rate_bits)})

    @cached_property
    def time(self) -> data.StructLayout:
        """Layout of t of a score; `dead` where 2**-t counts 0, masked or too far away."""
        return data.StructLayout(
            {
                "fraction": unsigned(self.config.fraction_bits),
                "whole": unsigned(self.whole_bits),
                "dead": unsigned(1),
            }
        )

    @cached_property
    def kept_values(self) -> data.StructLayout:
        """Layout of a beat that waits for its row's reciprocal; a masked value is 0."""
        return self.kept(self.config.value_bits, mask=False)

    @cached_property
    def total(self) -> data.StructLayout:
        """Layout of a summed row."""
        return data.StructLayout({"sum": unsigned(self.sum_bits)})

    @cached_property
    def divided(self) -> data.StructLayout:
        """Layout of what the divider takes: the leading bits of Z."""
        return data.StructLayout({"divisor": unsigned(self.config.reciprocal_bits)})

    @cached_property
    def quotient(self) -> data.StructLayout:
        """Layout of what the divider gives."""
        return data.StructLayout({"rho": unsigned(self.config.reciprocal_bits)})

    @cached_property
    def factor(self) -> data.StructLayout:
        """Layout of what the codes of a row are made with."""
        exponent_bits = max(1, (len(self.exponents) - 1).bit_length())
        return data.StructLayout(
            {
                "rho": unsigned(self.config.reciprocal_bits),
                "exponent": unsigned(exponent_bits),
            }
        )
