# SPDX-License-Identifier: Apache-2.0
"""Stream top of the ConSmax unit."""

from amaranth.hdl import Module
from amaranth.lib.wiring import In
from surmax.rtl.consmax.unit import ConsmaxUnit
from surmax.rtl.tops.stream import StreamTop

_WRITE = ("head", "table", "index", "word")


class ConsmaxStreamTop(StreamTop):
    """ConSmax unit with flat ports (see StreamTop).

    Parameters:
        unit: wrapped unit.

    Members, besides those of StreamTop:
        load_valid, load_head, load_table, load_index, load_word: a table word, taken in every cycle
            with `load_valid`; only with loadable storage.
    """

    def __init__(self, unit: ConsmaxUnit) -> None:
        more = {}
        if unit.storage == "loadable":
            write = unit.load.payload.shape()
            more = {"load_valid": In(1)} | {f"load_{n}": In(write[n].width) for n in _WRITE}
        super().__init__(unit, "consmax_unit", more)

    def elaborate(self, platform: object) -> Module:
        """Wire the load port."""
        m = super().elaborate(platform)
        if self.unit.storage == "loadable":
            load = self.unit.load
            m.d.comb += load.valid.eq(self.load_valid)
            m.d.comb += [load.payload[name].eq(getattr(self, f"load_{name}")) for name in _WRITE]
        return m
