# SPDX-License-Identifier: Apache-2.0
"""The hardware of the identity unit: one register a lane."""

from dataclasses import dataclass
from typing import ClassVar

from amaranth.hdl import Module, Mux, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.build import Build
from surmax.rtl.protocol import UnitHardware
from surmax.rtl.tops.stream import StreamTop

from identity_unit.golden import PLAIN, IdentityConfig


class IdentityUnit(wiring.Component):
    """code = score, 0 where masked: latency 1 cycle, one beat a cycle."""

    def __init__(self, lanes):
        self.lanes = lanes
        side = {"last": unsigned(1)}
        bytes_of_lanes = data.ArrayLayout(unsigned(8), lanes)
        beat = {"scores": bytes_of_lanes, "mask": unsigned(lanes), "head": unsigned(1)} | side
        super().__init__(
            {
                "i": In(stream.Signature(data.StructLayout(beat))),
                "o": Out(stream.Signature(data.StructLayout({"codes": bytes_of_lanes} | side))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        beat, result = self.i.payload, self.o.payload
        m.d.comb += self.i.ready.eq(~self.o.valid | self.o.ready)
        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid)
        with m.If(self.i.ready & self.i.valid):
            m.d.sync += result.last.eq(beat.last)
            for lane in range(self.lanes):
                m.d.sync += result.codes[lane].eq(Mux(beat.mask[lane], 0, beat.scores[lane]))
        return m


@dataclass(frozen=True)
class IdentityBuild(Build):
    """An identity unit to elaborate: its lanes, with a stream top."""

    unit_name: ClassVar[str] = "identity"
    parts: ClassVar[dict[str, str]] = {}

    config: IdentityConfig = PLAIN
    lanes: int = 16
    heads: int = 1
    adders: str = "operators"
    top: str = "stream"

    preset: ClassVar[str] = "plain"
    storage: ClassVar[str] = "constant"

    def latency(self, beats=1):
        return 1

    def component(self):
        return StreamTop(IdentityUnit(self.lanes), "identity_unit", {})

    def describe(self):
        return {"unit": "identity", "top": self.top_module, "preset": "plain", "lanes": self.lanes}

    def figures(self):
        return {"latency_cycles": 1, "interval_cycles": 1, "scores_per_cycle": self.lanes}

    def headline(self):
        return f"identity: {self.lanes} lanes"


ENTRY = UnitHardware(build=IdentityBuild, address_map=lambda: "The identity has no AXI top.\n")
