# SPDX-License-Identifier: Apache-2.0
"""FIFO buffers over a memory with one write port and one registered read port."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.logic import equals, following


class RowStorage(wiring.Component):
    """Memory of `depth` words of `width` bits: a write port, and a read port with a register.

    Block RAM and compiled SRAM have ports like these. The memory is a Verilog module of its own,
    `surmax_row_storage_WxD`: a macro with the same ports can replace it, or synthesis maps it.
    RowFifo never reads a word in the cycle in which it is written, so it does not matter which
    value such a read returns.

    Parameters:
        width: bits of a word, at least 1.
        depth: words, at least 1.

    Members:
        write_enable, write_address, write_data: write port.
        read_enable, read_address, read_data: read port. `read_data` appears in the cycle after an
            enabled read and stays until the next enabled read.
    """

    def __init__(self, width: int, depth: int) -> None:
        self.width, self.depth = width, depth
        super().__init__(
            {
                "write_enable": In(1),
                "write_address": In(range(max(depth, 2))),
                "write_data": In(width),
                "read_enable": In(1),
                "read_address": In(range(max(depth, 2))),
                "read_data": Out(width),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Place a memory. It needs no initial contents: every word is written before it is read."""
        m = Module()
        m.submodules.memory = memory = Memory(shape=self.width, depth=self.depth, init=[])
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [
            write.en.eq(self.write_enable),
            write.addr.eq(self.write_address),
            write.data.eq(self.write_data),
            read.en.eq(self.read_enable),
            read.addr.eq(self.read_address),
            self.read_data.eq(read.data),
        ]
        return m


class RowFifo(wiring.Component):
    """FIFO of `depth` words, and one more in the output register of its memory.

    Takes and gives one word a cycle. A word reaches the output two cycles after it was taken, or
    later if others wait before it. `i.ready` and `o.valid` depend on registers only. With a depth
    of 1 the memory takes a word every second cycle.

    Parameters:
        width: bits of a word, at least 1.
        depth: words in the memory, at least 1.

    Members:
        i: stream in: words.
        o: stream out: the same words, in the same order.
    """

    def __init__(self, width: int, depth: int) -> None:
        self.width, self.depth = width, depth
        word = stream.Signature(unsigned(width))
        super().__init__({"i": In(word), "o": Out(word)})

    def elaborate(self, platform: object) -> Module:
        """Keep two pointers into the memory, and the number of words between them."""
        m = Module()
        depth = self.depth
        storage = RowStorage(self.width, depth)
        place(m, platform, "storage", storage, f"surmax_row_storage_{self.width}x{depth}")
        level = Signal(range(depth + 1))
        put = Signal()
        get = Signal()
        m.d.comb += [
            self.i.ready.eq(~equals(level, depth)),
            put.eq(self.i.valid & self.i.ready),
            get.eq(level.any() & (~self.o.valid | self.o.ready)),
            storage.write_enable.eq(put),
            storage.write_data.eq(self.i.payload),
            storage.read_enable.eq(get),
            self.o.payload.eq(storage.read_data),
        ]
        for moved, address in ((put, storage.write_address), (get, storage.read_address)):
            pointer = Signal.like(address, name="write_at" if moved is put else "read_at")
            m.d.comb += address.eq(pointer)
            with m.If(moved):
                m.d.sync += pointer.eq(following(pointer, depth))
        with m.If(put ^ get):
            m.d.sync += level.eq(Mux(put, level + 1, level - 1))
        with m.If(get | self.o.ready):
            m.d.sync += self.o.valid.eq(get)
        return m


def place_fifo(m: Module, platform: object, name: str, source: object, depth: int) -> RowFifo:
    """Place a FIFO behind stream `source` and connect its input, except for `source.ready`.

    The caller drives `source.ready`, which may depend on more than this FIFO.
    """
    payload = source.payload.as_value()
    fifo = RowFifo(len(payload), depth)
    place(m, platform, name, fifo, f"surmax_fifo_{len(payload)}x{depth}")
    m.d.comb += [fifo.i.valid.eq(source.valid), fifo.i.payload.eq(payload)]
    return fifo


def feed(m: Module, source: object, sink: object) -> None:
    """Connect the output of a FIFO, plain bits, to a stream whose payload has a layout."""
    m.d.comb += [
        sink.valid.eq(source.valid),
        sink.payload.as_value().eq(source.payload),
        source.ready.eq(sink.ready),
    ]
