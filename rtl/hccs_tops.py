# SPDX-License-Identifier: Apache-2.0
"""Verilog top of the HCCS unit with plain port names, for use inside a design."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.hccs import HccsUnit
from surmax.rtl.hierarchy import place


class HccsStreamTop(wiring.Component):
    """The unit with flat ports: s_* in, m_* out, load_* for constants (loadable storage).

    Same function, latency and throughput as the HccsUnit that it wraps. `s_scores` and `m_codes`
    are packed with lane 0 in the low bits; a set bit of `s_mask` makes its lane's code 0; `s_head`
    selects the head, the same in all beats of a row. The constants of a head are taken in every
    cycle with `load_valid`. `overlong` is high in the cycle in which a row is cut.
    """

    def __init__(self, unit: HccsUnit) -> None:
        self.unit = unit
        shape = unit.shape
        members = {
            "s_valid": In(1),
            "s_ready": Out(1),
            "s_scores": In(8 * shape.lanes),
            "s_mask": In(shape.lanes),
            "s_head": In(shape.head_bits),
            "s_last": In(1),
            "m_valid": Out(1),
            "m_ready": In(1),
            "m_codes": Out(shape.config.output_bits * shape.lanes),
            "m_last": Out(1),
            "overlong": Out(1),
        }
        if unit.storage == "loadable":
            members |= {"load_valid": In(1), "load_head": In(shape.head_bits)}
            members |= {
                f"load_{name}": In(field.width) for name, field in shape.constants.members.items()
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        """Wire the flat ports to the streams."""
        m = Module()
        unit = self.unit
        place(m, platform, "unit", unit, "hccs_unit")
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
            self.overlong.eq(unit.overlong),
        ]
        if unit.storage == "loadable":
            constants = unit.load.payload.constants
            m.d.comb += [unit.load.valid.eq(self.load_valid)]
            m.d.comb += [unit.load.payload.head.eq(self.load_head)]
            m.d.comb += [constants[name].eq(getattr(self, f"load_{name}")) for name in "BS"]
            m.d.comb += [constants.Dmax.eq(self.load_Dmax)]
        return m
