# SPDX-License-Identifier: Apache-2.0
"""Storage of a row unit's head constants: built in, or in flip-flops and loadable."""

from collections.abc import Mapping, Sequence

from amaranth.hdl import Module, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts.logic import choose, equals


def constants_load_signature(constants: data.StructLayout, head_bits: int) -> wiring.Signature:
    """Signature of the load port: `payload` (head, constants) is taken in cycles with `valid`."""
    payload = data.StructLayout({"head": unsigned(head_bits), "constants": constants})
    return wiring.Signature({"valid": Out(1), "payload": Out(payload)})


class ConstantStorage(wiring.Component):
    """The constants of each head, read combinationally by each reader and by the host.

    With `words` they are built in; without, `load` writes those of one head a cycle into
    flip-flops that nothing else touches, reset included.

    Parameters:
        constants: layout of a head's constants.
        heads: heads in storage.
        readers: names of the parts of the unit that read: rows of different heads are in flight at
            a time, so each has a port of its own. The host is whoever loads them.
        words: each head's constants, field by field, or None.

    Attributes:
        READER_head, host_head: which head each reader wants.
        READER_constants, host_constants: its constants.
        load: without `words` only.
    """

    def __init__(
        self,
        constants: data.StructLayout,
        heads: int,
        readers: Sequence[str],
        words: Sequence[Mapping[str, int]] | None,
    ) -> None:
        self.constants, self.heads, self.words = constants, heads, words
        self.readers = (*readers, "host")
        self.combinational = words is not None
        head_bits = max(1, (heads - 1).bit_length())
        members = {}
        for reader in self.readers:
            members[f"{reader}_head"] = In(head_bits)
            members[f"{reader}_constants"] = Out(constants)
        if words is None:
            members["load"] = In(constants_load_signature(constants, head_bits))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        """Build the words and a multiplexer for each reader."""
        m = Module()
        words: list[Value] = []
        for head in range(self.heads):
            if self.words is not None:
                words.append(Value.cast(self.constants.const(self.words[head])))
                continue
            word = Signal(self.constants.size, name=f"head{head}", reset_less=True)
            mine = self.load.valid
            if self.heads > 1:
                mine = mine & equals(self.load.payload.head, head)
            with m.If(mine):
                m.d.sync += word.eq(self.load.payload.constants.as_value())
            words.append(word)
        for reader in self.readers:
            chosen = choose(words, getattr(self, f"{reader}_head"))
            m.d.comb += getattr(self, f"{reader}_constants").as_value().eq(chosen)
        return m
