# SPDX-License-Identifier: Apache-2.0
"""The stream top of the HCCS unit."""

from amaranth.hdl import Module
from amaranth.lib.wiring import In, Out
from surmax.rtl.hccs import HccsUnit
from surmax.rtl.tops import StreamTop


class HccsStreamTop(StreamTop):
    """HccsUnit with flat ports (see StreamTop), load_* for constants (loadable storage).

    The constants of a head are taken in every cycle with `load_valid`. `overlong` is high in the
    cycle in which a row is cut.
    """

    def __init__(self, unit: HccsUnit) -> None:
        more = {"overlong": Out(1)}
        if unit.storage == "loadable":
            more |= {"load_valid": In(1), "load_head": In(unit.shape.head_bits)}
            fields = unit.shape.constants.members.items()
            more |= {f"load_{name}": In(field.width) for name, field in fields}
        super().__init__(unit, "hccs_unit", more)

    def elaborate(self, platform: object) -> Module:
        """Wire the load port and `overlong`."""
        m = super().elaborate(platform)
        unit = self.unit
        m.d.comb += self.overlong.eq(unit.overlong)
        if unit.storage == "loadable":
            load = unit.load
            m.d.comb += [load.valid.eq(self.load_valid), load.payload.head.eq(self.load_head)]
            for name in unit.shape.constants.members:
                m.d.comb += load.payload.constants[name].eq(getattr(self, f"load_{name}"))
        return m
