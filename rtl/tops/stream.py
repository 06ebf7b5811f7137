# SPDX-License-Identifier: Apache-2.0
"""Stream tops: a unit behind flat ports, s_* in and m_* out."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts.hierarchy import place


class StreamTop(wiring.Component):
    """Unit with flat ports, for use inside a Verilog design.

    Function, latency and throughput are those of the unit that it wraps.

    Parameters:
        unit: wrapped unit, with streams `i` and `o`.
        kind: name of the unit's Verilog module.
        more: ports that the subclass adds.

    Members:
        s_valid, s_ready, s_scores, s_mask, s_head, s_last: the unit's `i`. Lane 0 of `s_scores` is
            in the low bits; a set bit of `s_mask` masks its lane; `s_head` selects the head.
        m_valid, m_ready, m_codes, m_last: the unit's `o`, with lane 0 of `m_codes` in the low bits.
    """

    def __init__(self, unit: wiring.Component, kind: str, more: dict[str, wiring.Member]) -> None:
        self.unit, self._kind = unit, kind
        beat, result = unit.i.payload.shape(), unit.o.payload.shape()
        members = {
            "s_valid": In(1),
            "s_ready": Out(1),
            "s_scores": In(beat["scores"].width),
            "s_mask": In(beat["mask"].width),
            "s_head": In(beat["head"].width),
            "s_last": In(1),
            "m_valid": Out(1),
            "m_ready": In(1),
            "m_codes": Out(result["codes"].width),
            "m_last": Out(1),
        }
        super().__init__(members | more)

    def elaborate(self, platform: object) -> Module:
        """Wire the flat ports to the streams."""
        m = Module()
        unit = self.unit
        place(m, platform, "unit", unit, self._kind)
        m.d.comb += [
            unit.i.valid.eq(self.s_valid),
            unit.i.payload.scores.as_value().eq(self.s_scores),
            unit.i.payload.mask.eq(self.s_mask),
            unit.i.payload.head.eq(self.s_head),
            unit.i.payload.last.eq(self.s_last),
            self.s_ready.eq(unit.i.ready),
            self.m_valid.eq(unit.o.valid),
            self.m_codes.eq(unit.o.payload.codes.as_value()),
            self.m_last.eq(unit.o.payload.last),
            unit.o.ready.eq(self.m_ready),
        ]
        return m


class RowStreamTop(StreamTop):
    """Row unit with flat ports (see StreamTop).

    Parameters:
        unit: wrapped row unit.
        kind: name of its Verilog module.

    Members, besides those of StreamTop:
        overlong: high in the cycle in which the last beat before a cut is taken.
        load_valid, load_head and load_NAME for each constant: constants of a head, taken in every
            cycle with `load_valid`; only when constants are loaded.
    """

    def __init__(self, unit: wiring.Component, kind: str) -> None:
        more = {"overlong": Out(1)}
        if "load" in unit.signature.members:
            load = unit.load.payload.shape()
            more |= {"load_valid": In(1), "load_head": In(load["head"].width)}
            fields = load["constants"].shape.members.items()
            more |= {f"load_{name}": In(field.width) for name, field in fields}
        super().__init__(unit, kind, more)

    def elaborate(self, platform: object) -> Module:
        """Wire the load port and `overlong`."""
        m = super().elaborate(platform)
        unit = self.unit
        m.d.comb += self.overlong.eq(unit.overlong)
        if "load" in unit.signature.members:
            load = unit.load.payload
            m.d.comb += [unit.load.valid.eq(self.load_valid), load.head.eq(self.load_head)]
            for name in load.constants.shape().members:
                m.d.comb += load.constants[name].eq(getattr(self, f"load_{name}"))
        return m
