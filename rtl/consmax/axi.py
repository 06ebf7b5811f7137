# SPDX-License-Identifier: Apache-2.0
"""AXI top of the ConSmax unit: table loads, registers, address map."""

from amaranth.hdl import Const, Module, Value
from surmax.golden import ConsmaxConfig, check_range
from surmax.golden.consmax.config import TABLE_ENTRIES
from surmax.rtl.consmax.unit import ConsmaxUnit
from surmax.rtl.parts.logic import choose, equals
from surmax.rtl.tops.address_map import HEADS_WINDOW, Register, unit_map
from surmax.rtl.tops.axi import AxiTop

IDENTITY = 0x53584343  # "SXCC"
VERSION = 1

# All of them are read-only.
REGISTERS: tuple[Register, ...] = (
    ("ID", 0x00, "0x53584343"),
    ("VERSION", 0x04, "version of this address map: 1"),
    ("SHAPE", 0x08, "[7:0] byte lanes, [15:8] heads, [23:16] pipeline stages"),
    (
        "FORMAT",
        0x0C,
        "[4:0] score bits, [12:8] output bits, [23:16] upper and [31:24] lower word bits",
    ),
)


def table_address(
    config: ConsmaxConfig, head: int, table: int, index: int, *, heads: int = 64
) -> int:
    """Return the byte address of a table word, which can only be written.

    Args:
        config: the datapath.
        head: index of the head.
        table: 0 for the table of the lowest nibble, 1 for the next one, and so on. With 16-bit
            scores, table 4 with index 0 is the mode of the head: bit 0 is 1 for 16-bit scores.
        index: value of the nibble, unsigned.
        heads: number of heads of the unit.

    Raises:
        InputError: an argument is out of range.
    """
    check_range("head", head, 0, heads - 1)
    check_range("table", table, 0, config.tables - (config.score_bits == 8))
    check_range("index", index, 0, TABLE_ENTRIES - 1)
    return HEADS_WINDOW | head << 9 | table << 6 | index << 2


class ConsmaxAxiTop(AxiTop):
    """ConSmax unit behind AXI (see AxiTop): latency `stages` cycles, one beat a cycle.

    Writes at `table_address` load table words; reads give the registers.

    Parameters:
        unit: wrapped unit.
    """

    def __init__(self, unit: ConsmaxUnit) -> None:
        super().__init__(unit, "consmax_unit")

    def write(self, m: Module, go: Value) -> Value:
        """Load a table word, if the storage is loadable."""
        unit, address = self.unit, self.s_axil_awaddr
        if unit.storage != "loadable":
            return Const(0, 1)
        tables, write = unit.config.tables, unit.load.payload
        table, index = address[6:9], address[2:6]
        good = address[15] & (address[9:15] < Const(unit.heads, 7))
        mode = (
            equals(table, tables) & equals(index, 0) if unit.config.score_bits == 16 else Const(0)
        )
        good &= (table < Const(tables, 3)) | mode
        m.d.comb += [
            unit.load.valid.eq(go & good),
            write.head.eq(address[9:]),
            write.table.eq(table),
            write.index.eq(index),
            write.word.eq(self.s_axil_wdata),
        ]
        return good

    def read(self, m: Module) -> tuple[Value, Value]:
        """Read a register."""
        unit, config = self.unit, self.unit.config
        shape = unit.lanes | unit.heads << 8 | unit.stages << 16
        words = config.upper.word_bits << 16 | config.lower.word_bits << 24
        formats = config.score_bits | config.output_bits << 8 | words
        values = [Const(value, 32) for value in (IDENTITY, VERSION, shape, formats)]
        address = self.s_axil_araddr
        return equals(address[4:], 0), choose(values, address[2:4])


def consmax_map() -> str:
    """Return the address map of consmax_axi as Markdown."""
    rest = f"""\
Table words, write only (loadable storage): byte address = 0x{HEADS_WINDOW:04x} + head * 512 +
table * 64 + index * 4.

| field | bits | meaning |
|---|---|---|
| head | 14:9 | head index, below the number of heads |
| table | 8:6 | 0 the lowest nibble's table, 1 the next one's; with 16-bit scores also 2 and 3 |
| index | 5:2 | nibble value, unsigned: in the highest table 8 is -8 |

Data is the stored word {{exponent, mantissa}}, mantissa in the low bits, without its hidden bit.
With 16-bit scores table 4, index 0 is the mode of the head, to be written with its tables: bit 0 is
1 for 16-bit scores, 0 for 8-bit scores. An 8-bit head has its two tables loaded as 0, 1 and 2, 3.

Writing one head while another one computes changes nothing for that one. A beat that is accepted
in the cycle of a write to its own head still reads the old word. Reset leaves tables and modes as
they are.
"""
    return unit_map("`consmax_axi`", REGISTERS, rest)
