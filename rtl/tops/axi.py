# SPDX-License-Identifier: Apache-2.0
"""AXI tops: a unit behind AXI4-Stream for data and AXI4-Lite for everything else."""

from abc import abstractmethod

from amaranth.hdl import Cat, ClockDomain, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.logic import equals
from surmax.rtl.tops.address_map import ADDRESS_BITS

OKAY, SLVERR = 0, 2


class AxiTop(wiring.Component):
    """Unit behind AXI. Latency and throughput of data are those of the unit.

    Data: a beat carries `lanes` bytes. TUSER in is {mask[lanes], head}, with the head in the low
    bits; TUSER out is the head. A byte without TKEEP counts as masked and leaves without TKEEP.
    TLAST ends a row.

    AXI4-Lite: whole 32-bit words at multiples of 4. Every other access, and every address that has
    no meaning, answers SLVERR and changes nothing. An answer comes in the cycle after its request.

    Parameters:
        unit: wrapped unit: streams `i` and `o`, and as many tag bits as `tag_bits()` returns.
        kind: name of the unit's Verilog module.

    Members:
        aclk, aresetn: clock, and reset (active low, synchronous).
        s_axis_*: AXI4-Stream in: scores.
        m_axis_*: AXI4-Stream out: codes.
        s_axil_*: AXI4-Lite.
    """

    def __init__(self, unit: wiring.Component, kind: str) -> None:
        self.unit, self._kind = unit, kind
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
        """Return the tag bits that the wrapped unit needs: TKEEP and head travel with a beat."""
        return lanes + max(1, (heads - 1).bit_length())

    @abstractmethod
    def write(self, m: Module, go: Value) -> Value:
        """Decode a write and perform it in cycles with `go`; return whether it is legal."""

    @abstractmethod
    def read(self, m: Module) -> tuple[Value, Value]:
        """Return whether s_axil_araddr can be read, and the word at that address."""

    def elaborate(self, platform: object) -> Module:
        """Connect the streams to the unit, and answer AXI4-Lite."""
        m = Module()
        m.domains.sync = domain = ClockDomain(local=True)
        m.d.comb += [domain.clk.eq(self.aclk), domain.rst.eq(~self.aresetn)]
        unit = self.unit
        place(m, platform, "unit", unit, self._kind)
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
        """Take address and data of a write together; answer in the next cycle."""
        go = Signal()
        whole = Signal()
        m.d.comb += [
            go.eq(self.s_axil_awvalid & self.s_axil_wvalid & ~self.s_axil_bvalid),
            whole.eq(self.s_axil_wstrb.all() & equals(self.s_axil_awaddr[:2], 0)),
            self.s_axil_awready.eq(go),
            self.s_axil_wready.eq(go),
        ]
        good = self.write(m, go & whole)
        with m.If(go):
            m.d.sync += [
                self.s_axil_bvalid.eq(1),
                self.s_axil_bresp.eq(Mux(good & whole, OKAY, SLVERR)),
            ]
        with m.Elif(self.s_axil_bready):
            m.d.sync += self.s_axil_bvalid.eq(0)

    def _reads(self, m: Module) -> None:
        """Answer a read in the cycle after its address."""
        there, value = self.read(m)
        known = there & equals(self.s_axil_araddr[:2], 0)
        m.d.comb += self.s_axil_arready.eq(~self.s_axil_rvalid)
        with m.If(self.s_axil_arvalid & self.s_axil_arready):
            m.d.sync += [
                self.s_axil_rvalid.eq(1),
                self.s_axil_rdata.eq(Mux(known, value, 0)),
                self.s_axil_rresp.eq(Mux(known, OKAY, SLVERR)),
            ]
        with m.Elif(self.s_axil_rready):
            m.d.sync += self.s_axil_rvalid.eq(0)
