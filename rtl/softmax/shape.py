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
    """Widths of all values of an integer softmax unit."""

    config: SoftmaxConfig

    @property
    def rate_bits(self) -> int:
        """Bits of the rate of a head."""
        return self.config.max_rate.bit_length()

    @property
    def whole_bits(self) -> int:
        """Bits of the integer part of t that matter: 2**-t is 0 for t from sum_bits on."""
        return (self.config.sum_bits - 1).bit_length()

    @property
    def beat_sum_bits(self) -> int:
        """Bits of the sum of the exponentials of a beat."""
        return (self._largest * self.lanes).bit_length()

    @property
    def sum_bits(self) -> int:
        """Bits of a row sum Z."""
        return (self._largest * self.max_length).bit_length()

    @property
    def _largest(self) -> int:
        """Largest term of a sum, that of t = 0."""
        config = self.config
        return ((1 << config.value_bits) - 1) << (config.sum_bits - config.value_bits)

    @property
    def exponents(self) -> range:
        """Exponents that a row sum can have."""
        return range(self.sum_bits - self.config.sum_bits + 1)

    @cached_property
    def constants(self) -> data.StructLayout:
        """Layout of the constants of a head."""
        return data.StructLayout({"rate": unsigned(self.rate_bits)})

    @cached_property
    def time(self) -> data.StructLayout:
        """Layout of t; `dead` where 2**-t counts 0, because it is masked or too small."""
        return data.StructLayout(
            {
                "fraction": unsigned(self.config.fraction_bits),
                "whole": unsigned(self.whole_bits),
                "dead": unsigned(1),
            }
        )

    @cached_property
    def kept_values(self) -> data.StructLayout:
        """Layout of a beat that waits for the reciprocal of its row; a masked value is 0."""
        return self.kept(self.config.value_bits, mask=False)

    @cached_property
    def total(self) -> data.StructLayout:
        """Layout of a summed row."""
        return data.StructLayout({"sum": unsigned(self.sum_bits)})

    @cached_property
    def divided(self) -> data.StructLayout:
        """Layout of the divider's input: the leading bits of Z."""
        return data.StructLayout({"divisor": unsigned(self.config.reciprocal_bits)})

    @cached_property
    def quotient(self) -> data.StructLayout:
        """Layout of the divider's output: rho."""
        return data.StructLayout({"rho": unsigned(self.config.reciprocal_bits)})

    @cached_property
    def factor(self) -> data.StructLayout:
        """Layout of the factor of a row: rho, and the exponent of its sum."""
        exponent_bits = max(1, (len(self.exponents) - 1).bit_length())
        return data.StructLayout(
            {
                "rho": unsigned(self.config.reciprocal_bits),
                "exponent": unsigned(exponent_bits),
            }
        )
