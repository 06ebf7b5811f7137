# SPDX-License-Identifier: Apache-2.0
"""AXI top of the integer softmax unit: rates, status, registers, address map."""

from amaranth.hdl import Module, Value
from surmax.golden import SoftmaxConstants
from surmax.rtl.softmax.unit import SoftmaxUnit
from surmax.rtl.tops.address_map import HEADS_WINDOW, row_registers, unit_map
from surmax.rtl.tops.row_axi import RowAxiTop

IDENTITY = 0x5358534D  # "SXSM"
VERSION = 1

REGISTERS = row_registers(
    IDENTITY,
    VERSION,
    "[4:0] output bits, [12:8] rate bits, [20:16] sum bits, [28:24] reciprocal bits",
)


def rate_word(constants: SoftmaxConstants) -> int:
    """Return the 32-bit word that loads `constants`: the rate."""
    return constants.rate


class SoftmaxAxiTop(RowAxiTop):
    """Integer softmax unit behind AXI (see RowAxiTop, and SoftmaxUnit for the timing).

    A rate is legal from 1 to the largest one of the configuration.

    Parameters:
        unit: wrapped unit.
    """

    def __init__(self, unit: SoftmaxUnit) -> None:
        config = unit.config
        formats = config.output_bits | config.rate_bits << 8
        formats |= config.sum_bits << 16 | config.reciprocal_bits << 24
        super().__init__(unit, "softmax_unit", IDENTITY, VERSION, formats)

    def fields(self) -> dict[str, tuple[int, int]]:
        """Return the bits of the rate in a word."""
        return {"rate": (0, 32)}

    def legal(self, m: Module, word: Value) -> Value:
        """Return whether the rate is at least 1 and fits the bits that the unit stores."""
        return word.any() & ~word[self.unit.shape.rate_bits :].any()


def softmax_map() -> str:
    """Return the address map of softmax_axi as Markdown."""
    rest = f"""\
Rate of a head, read and write (a built-in one read only): byte address =
0x{HEADS_WINDOW:04x} + head * 8, one word. It is legal from 1 to 2^(rate bits - 1) - 1; else
the write answers SLVERR, the head keeps what it had, and STATUS[1] is set. A rate may be written
while rows of other heads are in the unit, not while one of the same head is. Reset clears STATUS
and leaves the rates as they are.
"""
    return unit_map("`softmax_axi`", REGISTERS, rest)
