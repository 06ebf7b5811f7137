# SPDX-License-Identifier: Apache-2.0
"""Storage of the head constants of row units: built in, or loadable flip-flops."""

from collections.abc import Mapping, Sequence

from amaranth.hdl import Module, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts.logic import choose, equals


def constants_load_signature(constants: data.StructLayout, head_bits: int) -> wiring.Signature:
    """Return the signature of a load port: `payload` is taken in every cycle with `valid`.

    The payload holds `head` and its `constants`.
    """
    payload = data.StructLayout({"head": unsigned(head_bits), "constants": constants})
    return wiring.Signature({"valid": Out(1), "payload": Out(payload)})


class ConstantStorage(wiring.Component):
    """Constants of all heads, with a combinational read port for each reader.

    With `words` the constants are built in and the storage is combinational. Otherwise `load`
    writes those of one head a cycle into flip-flops, which reset does not change.

    Parameters:
        constants: layout of the constants of a head.
        heads: number of heads, 1 to 64.
        readers: names of the parts of the unit that read. Rows of different heads are in the unit
            at the same time, so each part has a read port of its own. The host, which loads the
            constants and reads them back, has one as well.
        words: constants of each head, field by field; None when they are loaded.

    Members:
        READER_head, host_head: index of the head that the reader selects.
        READER_constants, host_constants: constants of that head, in the same cycle.
        load: `valid` and `payload` (head, constants); only without `words`.
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
        """Build the words, and a multiplexer for each reader."""
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
