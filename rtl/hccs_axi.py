# SPDX-License-Identifier: Apache-2.0
"""The AXI top of the HCCS unit: constants, status and registers; its address map."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from surmax.golden import HccsConstants, check_range
from surmax.golden.hccs_config import MANTISSA_BITS
from surmax.rtl.axi import AxiTop, map_text
from surmax.rtl.hccs import HccsUnit
from surmax.rtl.logic import choose, equals

CONSTANTS_WINDOW = 0x8000
IDENTITY = 0x53584843  # "SXHC"
VERSION = 1
STATUS_ADDRESS = 0x14
OVERLONG, ILLEGAL = 1, 2

REGISTERS = (
    ("ID", 0x00, "0x53584843"),
    ("VERSION", 0x04, "version of this address map: 1"),
    ("SHAPE", 0x08, "[7:0] lanes, [15:8] heads"),
    (
        "FORMAT",
        0x0C,
        "[4:0] output bits, [9:8] reciprocal (0 div, 1 clb, 2 clb1, 3 clb2), [12] round to "
        "nearest, [20:16] fraction bits, [28:24] sum bits",
    ),
    ("LENGTH", 0x10, "positions of the longest row"),
    (
        "STATUS",
        STATUS_ADDRESS,
        "sticky, write 1 to clear: [0] a row was too long and was cut, [1] illegal constants were "
        "written and not taken",
    ),
)


def constants_address(head: int, *, heads: int = 64) -> int:
    """Return the byte address of a head's constants; raises InputError when out of range."""
    return CONSTANTS_WINDOW | check_range("head", head, 0, heads - 1) << 3


def constants_word(constants: HccsConstants) -> int:
    """Return the word that loads `constants`: {Dmax[31:24], S[23:16], B[15:0]}."""
    return constants.Dmax << 24 | constants.S << 16 | constants.B


class HccsAxiTop(AxiTop):
    """The HCCS unit behind AXI (see AxiTop and HccsUnit).

    One write at `constants_address` loads a head's constants, all three at once. Constants that
    are illegal for the unit (HccsConstants.check with masks) answer SLVERR, change nothing and set
    a sticky bit of STATUS, as a row that is too long does.
    """

    def __init__(self, unit: HccsUnit) -> None:
        super().__init__(unit, "hccs_unit")
        self._status = Signal(2)

    def write(self, m: Module, go: Value) -> Value:
        """Load constants if they are legal; clear status bits."""
        unit, address, word = self.unit, self.s_axil_awaddr, self.s_axil_wdata
        is_status = ~address[15] & equals(address[2:15], STATUS_ADDRESS >> 2)
        load, legal = Signal(), Signal()
        if unit.storage == "loadable":
            B, S, Dmax = word[:16], word[16:24], word[24:]
            product = Signal(16)
            high = Const(unit.config.max_b(unit.shape.max_length), 16)
            m.d.comb += [
                product.eq(S * Dmax),
                legal.eq(
                    (Const(unit.config.min_sum, 16) <= B)
                    & (high >= B)
                    & ~S[7]
                    & ~Dmax[7]
                    & (product <= B)
                ),
                load.eq(
                    address[15]
                    & ~address[2:3].any()
                    & ~address[9:15].any()
                    & (address[3:9] < Const(unit.heads, 7))
                ),
            ]
            write = unit.load.payload
            m.d.comb += [
                unit.load.valid.eq(go & load & legal),
                write.head.eq(address[3:]),
                write.constants.B.eq(B),
                write.constants.S.eq(S),
                write.constants.Dmax.eq(Dmax),
            ]
        clear = Mux(go & is_status, word[:2], 0)
        events = Cat(unit.overlong, go & load & ~legal)
        m.d.sync += self._status.eq((self._status & ~clear) | events)
        return is_status | (load & legal)

    def read(self, m: Module) -> tuple[Value, Value]:
        """Give REGISTERS and constants."""
        unit, config, address = self.unit, self.unit.config, self.s_axil_araddr
        kind = tuple(MANTISSA_BITS).index(config.reciprocal)
        formats = config.output_bits | kind << 8 | (config.rounding == "nearest") << 12
        formats |= config.fraction_bits << 16 | config.sum_bits << 24
        fixed = (IDENTITY, VERSION, unit.lanes | unit.heads << 8, formats, unit.shape.max_length)
        values = [*(Const(value, 32) for value in fixed), self._status]
        register = ~address[5:].any() & (address[2:5] < len(values))
        in_window = address[15] & ~address[2] & ~address[9:15].any()
        in_window &= address[3:9] < Const(unit.heads, 7)
        word = unit.host
        m.d.comb += unit.host_head.eq(address[3:])
        constants = Cat(_wide(word.B, 16), _wide(word.S, 8), _wide(word.Dmax, 8))
        return register | in_window, Mux(address[15], constants, choose(values, address[2:5]))


def _wide(value: Value, bits: int) -> Value:
    return Cat(value, Const(0, bits - len(value)))


def hccs_map() -> str:
    """Return the address map of hccs_axi as Markdown."""
    rest = f"""\
Constants of a head, read and write (built-in ones read only): byte address =
0x{CONSTANTS_WINDOW:04x} + head * 8, one word {{Dmax[31:24], S[23:16], B[15:0]}}.

A write loads all three at once. It is legal when B is at least min_sum and at most
(2^sum_bits - 1) / LENGTH, S and Dmax are at most 127, and S*Dmax is at most B; else it answers
SLVERR, the head keeps what it had, and STATUS[1] is set. Constants may be written while rows of
other heads are in the unit, not while one of the same head is. Reset clears STATUS and leaves the
constants as they are.
"""
    return map_text("`hccs_axi`", REGISTERS, rest)
