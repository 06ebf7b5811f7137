# SPDX-License-Identifier: Apache-2.0
"""Last stage of a row unit: the codes of a beat, once the values that its row shares are there."""

from abc import abstractmethod

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.rows.shape import RowShape


class RowScale(wiring.Component):
    """Base of the last stage: forms the codes of each beat from values that its row shares.

    Latency one cycle, one beat a cycle. A beat waits until the values of its row are there. Codes
    stay at the output until they are taken; `codes.valid` never waits for `codes.ready`. A subclass
    places the lanes.

    Parameters:
        shape: layout of the codes.
        beat: layout of a beat that waits.
        row: layout of the values that a row shares.
        more: members that the subclass adds.

    Members:
        beats: stream in: beats that wait.
        lines: stream in: the values that a row shares, taken with the last beat of the row.
        codes: stream out: beats of codes.
    """

    def __init__(
        self,
        shape: RowShape,
        beat: data.StructLayout,
        row: data.StructLayout,
        more: dict[str, wiring.Member],
    ) -> None:
        self.shape = shape
        members = {
            "beats": In(stream.Signature(beat)),
            "lines": In(stream.Signature(row)),
            "codes": Out(stream.Signature(shape.codes)),
        }
        super().__init__(members | more)

    @abstractmethod
    def lanes(self, m: Module, platform: object) -> list[Value]:
        """Place the lanes, from `beats.payload` and `lines.payload`; return their codes."""

    def elaborate(self, platform: object) -> Module:
        """Put a register behind the lanes."""
        m = Module()
        beat = self.beats.payload
        free = Signal()
        move = Signal()
        m.d.comb += [
            free.eq(~self.codes.valid | self.codes.ready),
            move.eq(self.beats.valid & self.lines.valid & free),
            self.beats.ready.eq(move),
            self.lines.ready.eq(move & beat.last),
        ]
        with m.If(free):
            m.d.sync += self.codes.valid.eq(move)
        codes = Signal(self.shape.codes, reset_less=True)
        m.d.comb += self.codes.payload.eq(codes)
        results = self.lanes(m, platform)
        with m.If(move):
            m.d.sync += [
                codes.codes.as_value().eq(Cat(*results)),
                codes.last.eq(beat.last),
                codes.tag.eq(beat.tag),
            ]
        return m
