# SPDX-License-Identifier: Apache-2.0
"""Storage of HCCS head constants: built in, or in flip-flops and loadable."""

from collections.abc import Sequence

from amaranth.hdl import Module, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from surmax.golden import HccsConstants
from surmax.rtl.hccs_shape import HccsShape
from surmax.rtl.logic import choose, equals

# Each part of the unit that reads constants has a read port of its own: rows of different heads
# are in flight at a time. The host is whoever loads them.
READERS = ("score", "sum", "scale", "host")


def load_signature(shape: HccsShape) -> wiring.Signature:
    """Signature of the load port: `payload` (head, constants) is taken in cycles with `valid`."""
    payload = data.StructLayout({"head": unsigned(shape.head_bits), "constants": shape.constants})
    return wiring.Signature({"valid": Out(1), "payload": Out(payload)})


class ConstantStorage(wiring.Component):
    """B, S and Dmax of each head, read by each of READERS, combinationally.

    With `constants` given they are built in; without, `load` writes those of one head a cycle into
    flip-flops that nothing else touches, reset included.

    Attributes:
        score_head, sum_head, scale_head, host_head: which head each reader wants.
        score, sum, scale, host: its constants.
        load: loadable storage only.
    """

    def __init__(self, shape: HccsShape, constants: Sequence[HccsConstants] | None) -> None:
        self.shape, self.constants = shape, constants
        self.combinational = constants is not None
        members = {}
        for reader in READERS:
            members[f"{reader}_head"] = In(shape.head_bits)
            members[reader] = Out(shape.constants)
        if constants is None:
            members["load"] = In(load_signature(shape))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        """Build the words and a multiplexer for each reader."""
        m = Module()
        words: list[Value] = []
        for head in range(self.shape.heads):
            if self.constants is not None:
                one = self.constants[head]
                fields = {"B": one.B, "S": one.S, "Dmax": one.Dmax}
                words.append(Value.cast(self.shape.constants.const(fields)))
                continue
            word = Signal(self.shape.constants.size, name=f"head{head}", reset_less=True)
            mine = self.load.valid
            if self.shape.heads > 1:
                mine = mine & equals(self.load.payload.head, head)
            with m.If(mine):
                m.d.sync += word.eq(self.load.payload.constants.as_value())
            words.append(word)
        for reader in READERS:
            chosen = choose(words, getattr(self, f"{reader}_head"))
            m.d.comb += getattr(self, reader).as_value().eq(chosen)
        return m
