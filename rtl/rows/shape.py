# SPDX-License-Identifier: Apache-2.0
"""Layouts that all row units (HCCS and the two baselines) have in common."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from amaranth.hdl import unsigned
from amaranth.lib import data


@dataclass(frozen=True)
class RowShape:
    """Layouts of what streams into a row unit, waits in it and streams out.

    Attributes:
        config: configuration of the datapath; a code has `config.output_bits` bits.
        lanes: scores of a beat.
        heads: number of heads.
        max_length: positions of the longest row, a multiple of lanes.
        tag_bits: bits that travel with a beat unchanged.
    """

    config: Any
    lanes: int
    heads: int
    max_length: int
    tag_bits: int

    @property
    def max_beats(self) -> int:
        """Beats of the longest row."""
        return self.max_length // self.lanes

    @property
    def head_bits(self) -> int:
        """Bits of a head index, at least 1."""
        return max(1, (self.heads - 1).bit_length())

    @cached_property
    def beat(self) -> data.StructLayout:
        """Layout of an input beat; a bit of `mask` is 1 where a position is masked or absent."""
        return data.StructLayout(
            {
                "scores": data.ArrayLayout(unsigned(8), self.lanes),
                "mask": unsigned(self.lanes),
                "head": unsigned(self.head_bits),
                "last": unsigned(1),
                "tag": unsigned(self.tag_bits),
            }
        )

    @cached_property
    def codes(self) -> data.StructLayout:
        """Layout of an output beat."""
        return data.StructLayout(
            {
                "codes": data.ArrayLayout(unsigned(self.config.output_bits), self.lanes),
                "last": unsigned(1),
                "tag": unsigned(self.tag_bits),
            }
        )

    @cached_property
    def kept_scores(self) -> data.StructLayout:
        """Layout of a beat that waits for the maximum of its row; scores are offset by 128."""
        return self.kept(8)

    def kept(self, bits: int, *, mask: bool = True) -> data.StructLayout:
        """Return the layout of a beat that waits: values of `bits` bits, with or without a mask."""
        return data.StructLayout(
            {
                "values": data.ArrayLayout(unsigned(bits), self.lanes),
                "mask": unsigned(self.lanes if mask else 0),
                "last": unsigned(1),
                "tag": unsigned(self.tag_bits),
            }
        )

    @cached_property
    def top(self) -> data.StructLayout:
        """Layout of a received row: its maximum `top`, offset by 128, and its head."""
        return data.StructLayout({"top": unsigned(8), "head": unsigned(self.head_bits)})
