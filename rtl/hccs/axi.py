# SPDX-License-Identifier: Apache-2.0
"""AXI top of the HCCS unit: head constants, status, registers, address map."""

from amaranth.hdl import Const, Module, Signal, Value
from surmax.golden import HccsConstants
from surmax.golden.hccs.config import MANTISSA_BITS
from surmax.rtl.hccs.unit import HccsUnit
from surmax.rtl.tops.address_map import HEADS_WINDOW, row_registers, unit_map
from surmax.rtl.tops.row_axi import RowAxiTop

IDENTITY = 0x53584843  # "SXHC"
VERSION = 1

REGISTERS = row_registers(
    IDENTITY,
    VERSION,
    "[4:0] output bits, [9:8] reciprocal (0 div, 1 clb, 2 clb1, 3 clb2), [12] round to "
    "nearest, [20:16] fraction bits, [28:24] sum bits",
)


def constants_word(constants: HccsConstants) -> int:
    """Return the 32-bit word that loads `constants`: {Dmax[31:24], S[23:16], B[15:0]}."""
    return constants.Dmax << 24 | constants.S << 16 | constants.B


class HccsAxiTop(RowAxiTop):
    """HCCS unit behind AXI (see RowAxiTop, and HccsUnit for latency and interval).

    Constants are legal if HccsConstants.check accepts them for rows with any mask.

    Parameters:
        unit: wrapped unit.
    """

    def __init__(self, unit: HccsUnit) -> None:
        config = unit.config
        kind = tuple(MANTISSA_BITS).index(config.reciprocal)
        formats = config.output_bits | kind << 8 | (config.rounding == "nearest") << 12
        formats |= config.fraction_bits << 16 | config.sum_bits << 24
        super().__init__(unit, "hccs_unit", IDENTITY, VERSION, formats)

    def fields(self) -> dict[str, tuple[int, int]]:
        """Return the bits of B, S and Dmax in a word."""
        return {"B": (0, 16), "S": (16, 24), "Dmax": (24, 32)}

    def legal(self, m: Module, word: Value) -> Value:
        """Check the bounds of each constant, and S*Dmax <= B."""
        unit = self.unit
        B, S, Dmax = (word[low:high] for low, high in self.fields().values())
        product = Signal(16)
        m.d.comb += product.eq(S * Dmax)
        low = Const(unit.config.min_sum, 16)
        high = Const(unit.config.max_b(unit.shape.max_length), 16)
        return (low <= B) & (high >= B) & ~S[7] & ~Dmax[7] & (product <= B)


def hccs_map() -> str:
    """Return the address map of hccs_axi as Markdown."""
    rest = f"""\
Constants of a head, read and write (built-in ones read only): byte address =
0x{HEADS_WINDOW:04x} + head * 8, one word {{Dmax[31:24], S[23:16], B[15:0]}}.

A write loads all three at once. It is legal when B is at least min_sum and at most
(2^sum_bits - 1) / LENGTH, S and Dmax are at most 127, and S*Dmax is at most B; else it answers
SLVERR, the head keeps what it had, and STATUS[1] is set. Constants may be written while rows of
other heads are in the unit, not while one of the same head is. Reset clears STATUS and leaves the
constants as they are.
"""
    return unit_map("`hccs_axi`", REGISTERS, rest)
