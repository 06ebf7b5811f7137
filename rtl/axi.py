# SPDX-License-Identifier: Apache-2.0
"""The AXI top of the ConSmax unit: AXI4-Stream for data, AXI4-Lite for tables; its address map."""

from amaranth.hdl import Cat, ClockDomain, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from surmax.golden import ConsmaxConfig, check_range
from surmax.golden.consmax_config import TABLE_ENTRIES
from surmax.rtl.consmax import ConsmaxUnit
from surmax.rtl.hierarchy import place
from surmax.rtl.tables import choose, equals

ADDRESS_BITS = 16
TABLE_WINDOW = 0x8000
IDENTITY = 0x53584343  # "SXCC"
VERSION = 1
OKAY, SLVERR = 0, 2

# Read-only registers: name, byte address, meaning.
REGISTERS = (
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
    """Return the byte address of a table word (write only).

    `table` 0 is the lowest nibble's, `index` the nibble's unsigned value. With 16-bit scores table
    4, index 0 is the head's mode, bit 0 set for 16-bit scores. Raises InputError when out of range.
    """
    check_range("head", head, 0, heads - 1)
    check_range("table", table, 0, config.tables - (config.score_bits == 8))
    check_range("index", index, 0, TABLE_ENTRIES - 1)
    return TABLE_WINDOW | head << 9 | table << 6 | index << 2


class ConsmaxAxiTop(wiring.Component):
    """The unit behind AXI: s_axis_*, m_axis_*, s_axil_*, clock aclk, reset aresetn.

    Data: one beat carries `lanes` bytes. TUSER in is {mask[lanes], head}; the head sits in the low
    bits. TUSER out is the head. A byte without TKEEP counts as masked and stays without TKEEP.
    TLAST passes through. Latency `stages` cycles, one beat a cycle.

    Tables: AXI4-Lite writes of whole 32-bit words to `table_address`; anything else than a whole
    word at a table's address answers SLVERR and changes nothing. Reads give REGISTERS; other
    addresses answer SLVERR.
    """

    def __init__(self, unit: ConsmaxUnit) -> None:
        self.unit = unit
        beat, result = unit.i.payload.shape(), unit.o.payload.shape()
        self._head_bits = beat["head"].width
        self._bytes_out = result["codes"].width // 8
        members = {
            "aclk": In(1),
            "aresetn": In(1),
            "s_axis_tdata": In(8 * unit.lanes),
            "s_axis_tvalid": In(1),
            "s_axis_tready": Out(1),
            "s_axis_tlast": In(1),
            "s_axis_tkeep": In(unit.lanes),
            "s_axis_tuser": In(unit.lanes + self._head_bits),
            "m_axis_tdata": Out(8 * self._bytes_out),
            "m_axis_tvalid": Out(1),
            "m_axis_tready": In(1),
            "m_axis_tlast": Out(1),
            "m_axis_tkeep": Out(self._bytes_out),
            "m_axis_tuser": Out(self._head_bits),
        }
        for channel, direction, payload in (
            ("aw", In, {"addr": ADDRESS_BITS, "prot": 3}),
            ("w", In, {"data": 32, "strb": 4}),
            ("b", Out, {"resp": 2}),
            ("ar", In, {"addr": ADDRESS_BITS, "prot": 3}),
            ("r", Out, {"data": 32, "resp": 2}),
        ):
            back = Out if direction is In else In
            members |= {f"s_axil_{channel}{name}": direction(w) for name, w in payload.items()}
            members |= {f"s_axil_{channel}valid": direction(1), f"s_axil_{channel}ready": back(1)}
        super().__init__(members)

    @staticmethod
    def tag_bits(lanes: int, heads: int) -> int:
        """Tag width that the wrapped unit needs: TKEEP and the head index travel with a beat."""
        return lanes + max(1, (heads - 1).bit_length())

    def elaborate(self, platform: object) -> Module:
        """Map the streams and decode AXI4-Lite."""
        m = Module()
        m.domains.sync = domain = ClockDomain(local=True)
        m.d.comb += [domain.clk.eq(self.aclk), domain.rst.eq(~self.aresetn)]
        unit = self.unit
        place(m, platform, "unit", unit, "consmax_unit")
        lanes, beat, result = unit.lanes, unit.i.payload, unit.o.payload
        head = self.s_axis_tuser[: self._head_bits]
        m.d.comb += [
            unit.i.valid.eq(self.s_axis_tvalid),
            self.s_axis_tready.eq(unit.i.ready),
            beat.scores.as_value().eq(self.s_axis_tdata),
            beat.mask.eq(self.s_axis_tuser[self._head_bits :] | ~self.s_axis_tkeep),
            beat.head.eq(head),
            beat.last.eq(self.s_axis_tlast),
            beat.tag.eq(Cat(self.s_axis_tkeep, head)),
            self.m_axis_tvalid.eq(unit.o.valid),
            unit.o.ready.eq(self.m_axis_tready),
            self.m_axis_tdata.eq(result.codes.as_value()),
            self.m_axis_tlast.eq(result.last),
            self.m_axis_tuser.eq(result.tag[lanes:]),
        ]
        per_lane = self._bytes_out // lanes
        keep = (result.tag[lane].replicate(per_lane) for lane in range(lanes))
        m.d.comb += self.m_axis_tkeep.eq(Cat(*keep))
        self._writes(m)
        self._reads(m)
        return m

    def _writes(self, m: Module) -> None:
        """Take address and data together; answer in the next cycle."""
        unit, address = self.unit, self.s_axil_awaddr
        go = Signal()
        m.d.comb += [
            go.eq(self.s_axil_awvalid & self.s_axil_wvalid & ~self.s_axil_bvalid),
            self.s_axil_awready.eq(go),
            self.s_axil_wready.eq(go),
        ]
        good = Const(0, 1)
        if unit.storage == "loadable":
            tables, write = unit.config.tables, unit.load.payload
            table, index = address[6:9], address[2:6]
            good = address[15] & self.s_axil_wstrb.all() & equals(address[:2], 0)
            good &= address[9:15] < Const(unit.heads, 7)
            mode = (
                equals(table, tables) & equals(index, 0)
                if unit.config.score_bits == 16
                else Const(0)
            )
            good &= (table < Const(tables, 3)) | mode
            m.d.comb += [
                unit.load.valid.eq(go & good),
                write.head.eq(address[9:]),
                write.table.eq(table),
                write.index.eq(index),
                write.word.eq(self.s_axil_wdata),
            ]
        with m.If(go):
            m.d.sync += [self.s_axil_bvalid.eq(1), self.s_axil_bresp.eq(Mux(good, OKAY, SLVERR))]
        with m.Elif(self.s_axil_bready):
            m.d.sync += self.s_axil_bvalid.eq(0)

    def _reads(self, m: Module) -> None:
        """Answer the read-only registers in the cycle after the address."""
        unit, config = self.unit, self.unit.config
        shape = unit.lanes | unit.heads << 8 | unit.stages << 16
        words = config.upper.word_bits << 16 | config.lower.word_bits << 24
        formats = config.score_bits | config.output_bits << 8 | words
        values = [Const(value, 32) for value in (IDENTITY, VERSION, shape, formats)]
        address = self.s_axil_araddr
        known = equals(address[4:], 0) & equals(address[:2], 0)
        m.d.comb += self.s_axil_arready.eq(~self.s_axil_rvalid)
        with m.If(self.s_axil_arvalid & self.s_axil_arready):
            m.d.sync += [
                self.s_axil_rvalid.eq(1),
                self.s_axil_rdata.eq(Mux(known, choose(values, address[2:4]), 0)),
                self.s_axil_rresp.eq(Mux(known, OKAY, SLVERR)),
            ]
        with m.Elif(self.s_axil_rready):
            m.d.sync += self.s_axil_rvalid.eq(0)


def address_map() -> str:
    """Return the AXI4-Lite address map as Markdown; docs/registers.md is this text."""
    rows = "".join(f"| 0x{address:04x} | {name} | {text} |\n" for name, address, text in REGISTERS)
    return f"""\
<!-- made by: surmax registers -o docs/registers.md -->
# AXI4-Lite address map of `consmax_axi`

{ADDRESS_BITS} address bits, 32 data bits. Whole words only: another write strobe than 1111, or an
address that is not a multiple of 4, answers SLVERR and changes nothing, and so does every address
that is not listed.

## Read only

| address | name | content |
|---|---|---|
{rows}
## Tables, write only (loadable storage)

Byte address = 0x{TABLE_WINDOW:04x} + head * 512 + table * 64 + index * 4.

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
