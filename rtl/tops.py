# SPDX-License-Identifier: Apache-2.0
"""Verilog tops of the ConSmax unit with plain port names: a stream top for use inside a design."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.consmax import ConsmaxUnit
from surmax.rtl.hierarchy import place


class ConsmaxStreamTop(wiring.Component):
    """The unit with flat ports: s_* in, m_* out, load_* for table words (loadable storage).

    Same function, latency and throughput as the ConsmaxUnit that it wraps. `s_scores` and `m_codes`
    are packed with lane 0 in the low bits; a set bit of `s_mask` makes its lane's code 0; `s_head`
    selects the head. A table word is taken in every cycle with `load_valid`.
    """

    def __init__(self, unit: ConsmaxUnit) -> None:
        self.unit = unit
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
        if unit.storage == "loadable":
            write = unit.load.payload.shape()
            members["load_valid"] = In(1)
            for name in ("head", "table", "index", "word"):
                members[f"load_{name}"] = In(write[name].width)
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        """Wire the flat ports to the streams."""
        m = Module()
        unit = self.unit
        place(m, platform, "unit", unit, "consmax_unit")
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
        if unit.storage == "loadable":
            m.d.comb += [
                unit.load.valid.eq(self.load_valid),
                unit.load.payload.head.eq(self.load_head),
                unit.load.payload.table.eq(self.load_table),
                unit.load.payload.index.eq(self.load_index),
                unit.load.payload.word.eq(self.load_word),
            ]
        return m
