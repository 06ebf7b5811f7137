# SPDX-License-Identifier: Apache-2.0
"""First-in first-out buffers over a memory with one write and one registered read port."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.logic import equals, following


class RowStorage(wiring.Component):
    """`depth` words of `width` bits: one write port, one read port with a registered output.

    What block RAM and compiled SRAM offer. It is a module of its own, `surmax_row_storage_WxD`:
    replace that module by a macro of the same ports, or leave it to synthesis. The word written in
    a cycle is never read in the same one by RowFifo.

    Attributes:
        write_enable, write_address, write_data: write port.
        read_enable, read_address, read_data: read port; `read_data` stands from the cycle after an
            enabled read to the next one.
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
        """Place a memory, without initial contents: nothing is read before it is written."""
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
    """A buffer of `depth` words and one more in the output register of its memory.

    One word in and one out every cycle; a word is at the output two cycles after it was taken, or
    later when others wait before it. `i.ready` and `o.valid` depend on registers only.

    Parameters:
        width: bits of a word, at least 1.
        depth: words in the memory, at least 1.

    Attributes:
        i, o: streams of words.
    """

    def __init__(self, width: int, depth: int) -> None:
        self.width, self.depth = width, depth
        word = stream.Signature(unsigned(width))
        super().__init__({"i": In(word), "o": Out(word)})

    def elaborate(self, platform: object) -> Module:
        """Keep two pointers that wrap at `depth`, and the number of words between them."""
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
    """Place a buffer behind stream `source` and connect its input, all but `ready`."""
    payload = source.payload.as_value()
    fifo = RowFifo(len(payload), depth)
    place(m, platform, name, fifo, f"surmax_fifo_{len(payload)}x{depth}")
    m.d.comb += [fifo.i.valid.eq(source.valid), fifo.i.payload.eq(payload)]
    return fifo


def feed(m: Module, source: object, sink: object) -> None:
    """Connect a buffer's output to a stream whose payload has a layout."""
    m.d.comb += [
        sink.valid.eq(source.valid),
        sink.payload.as_value().eq(source.payload),
        source.ready.eq(sink.ready),
    ]
