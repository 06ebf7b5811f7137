# SPDX-License-Identifier: Apache-2.0
"""AXI top of row units: registers, status, and a window of head constants."""

from abc import abstractmethod

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from surmax.rtl.parts.logic import choose, equals
from surmax.rtl.tops.address_map import STATUS_ADDRESS
from surmax.rtl.tops.axi import AxiTop


class RowAxiTop(AxiTop):
    """Row unit behind AXI (see AxiTop for members and timing).

    One write at `constants_address` loads all constants of a head at once. Illegal constants answer
    SLVERR, change nothing and set a sticky bit of STATUS. A row that is too long sets another one,
    when the first of its bytes is dropped; beats without TKEEP (null beats) behind a row of full
    length are dropped and not reported.

    Parameters:
        unit: the unit; it has the member `load` if its constants are loadable, and the members
            `host_head` and `host_constants` if it has constants at all.
        kind: name of the unit's Verilog module.
        identity, version, formats: contents of the registers ID, VERSION and FORMAT.
    """

    def __init__(
        self, unit: wiring.Component, kind: str, identity: int, version: int, formats: int
    ) -> None:
        super().__init__(unit, kind)
        self._fixed = (
            identity,
            version,
            unit.lanes | unit.heads << 8,
            formats,
            unit.shape.max_length,
        )
        self._status = Signal(2)

    @abstractmethod
    def legal(self, m: Module, word: Value) -> Value:
        """Return whether a word holds legal constants; used only when constants are loaded."""

    @abstractmethod
    def fields(self) -> dict[str, tuple[int, int]]:
        """Return the first bit, and the last bit + 1, of each constant in its word."""

    def write(self, m: Module, go: Value) -> Value:
        """Load constants if they are legal, or clear status bits."""
        unit, address, word = self.unit, self.s_axil_awaddr, self.s_axil_wdata
        is_status = ~address[15] & equals(address[2:15], STATUS_ADDRESS >> 2)
        load = Signal()
        legal = Signal()
        if "load" in unit.signature.members:
            write = unit.load.payload
            m.d.comb += [
                legal.eq(self.legal(m, word)),
                load.eq(self._in_window(address)),
                unit.load.valid.eq(go & load & legal),
                write.head.eq(address[3:]),
            ]
            for name, (low, high) in self.fields().items():
                m.d.comb += write.constants[name].eq(word[low:high])
        clear = Mux(go & is_status, word[:2], 0)
        # A null beat may end the frame of a row of full length: nothing of the row is lost with it.
        lost = Signal()
        m.d.comb += lost.eq(unit.dropped & self.s_axis_tkeep.any())
        events = Cat(lost, go & load & ~legal)
        m.d.sync += self._status.eq((self._status & ~clear) | events)
        return is_status | (load & legal)

    def read(self, m: Module) -> tuple[Value, Value]:
        """Read a register, or the constants of a head."""
        unit, address = self.unit, self.s_axil_araddr
        values = [*(Const(value, 32) for value in self._fixed), self._status]
        there = ~address[5:].any() & (address[2:5] < len(values))
        value = choose(values, address[2:5])
        if "host_constants" not in unit.signature.members:
            return there, value
        m.d.comb += unit.host_head.eq(address[3:])
        word = Signal(32)
        for name, (low, high) in self.fields().items():
            m.d.comb += word[low:high].eq(unit.host_constants[name])
        return there | self._in_window(address), Mux(address[15], word, value)

    def _in_window(self, address: Value) -> Value:
        """Return whether an address is that of a head's constants."""
        zeros = Cat(address[2], address[9:15])
        return address[15] & ~zeros.any() & (address[3:9] < Const(self.unit.heads, 7))
