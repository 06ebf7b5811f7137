# SPDX-License-Identifier: Apache-2.0
"""First stage of a row unit: takes rows in and finds their maxima."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts.logic import equals
from surmax.rtl.parts.maximum import largest
from surmax.rtl.rows.shape import RowShape


class RowReceive(wiring.Component):
    """Pass the beats of rows on and give, with the last beat of each row, its maximum.

    Combinational from `i` to `kept` and `tops`; one beat a cycle. A row of more than `max_beats`
    beats is cut: it ends after `max_beats` beats, and the rest of it is taken and dropped. Masked
    positions take no part in the maximum. It is the least score, -128, when all are masked.

    Parameters:
        shape: widths and layouts.

    Members:
        i: stream in: beats of scores, int8.
        kept: stream out: the same beats, with scores offset by 128.
        tops: stream out: maximum (offset by 128) and head of a row, in the cycle in which its last
            beat is taken. It must be ready whenever `kept` is.
        overlong: high in the cycle in which the last beat before a cut is taken.
        dropped: high in each cycle in which a beat behind a cut is taken and dropped.
    """

    def __init__(self, shape: RowShape) -> None:
        self.shape = shape
        super().__init__(
            {
                "i": In(stream.Signature(shape.beat)),
                "kept": Out(stream.Signature(shape.kept_scores)),
                "tops": Out(stream.Signature(shape.top)),
                "overlong": Out(1),
                "dropped": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Count beats, keep the running maximum, drop the rest of rows that are too long."""
        m = Module()
        shape, beat = self.shape, self.i.payload
        take, first, last = cut_rows(
            m, shape, self.i, self.kept.ready, overlong=self.overlong, dropped=self.dropped
        )

        scores = []
        for lane in range(shape.lanes):
            score = Signal(8, name=f"score{lane}")
            m.d.comb += score.eq(beat.scores[lane] ^ 0x80)
            scores.append(score)
        best = Signal(8, reset_less=True)
        top = Signal(8)
        alive = Cat(~beat.mask, ~first)
        m.d.comb += top.eq(largest(m, alive, [*scores, best]))
        with m.If(take):
            m.d.sync += best.eq(top)

        kept, tops = self.kept.payload, self.tops.payload
        m.d.comb += [
            self.kept.valid.eq(take),
            kept.values.as_value().eq(Cat(*scores)),
            kept.mask.eq(beat.mask),
            kept.last.eq(last),
            kept.tag.eq(beat.tag),
            self.tops.valid.eq(take & last),
            tops.top.eq(top),
            tops.head.eq(beat.head),
        ]
        return m


def cut_rows(
    m: Module,
    shape: RowShape,
    i: wiring.PureInterface,
    ready: Value,
    *,
    overlong: Signal,
    dropped: Signal,
) -> tuple[Signal, Signal, Signal]:
    """Follow the rows of stream `i`, cut those that are too long, and drive `i.ready`.

    Args:
        m: module that the logic is added to.
        shape: the longest row.
        i: stream of beats.
        ready: whether a beat can be kept in this cycle.
        overlong, dropped: driven here; see RowReceive.

    Returns:
        `take`: a beat is taken and kept. `first`, `last`: it is the first, the last of its row.
    """
    beat = i.payload
    position = Signal(range(shape.max_beats))
    dropping = Signal()
    first = Signal(init=1)
    full = Signal()
    last = Signal()
    take = Signal()
    m.d.comb += [
        full.eq(equals(position, shape.max_beats - 1)),
        last.eq(beat.last | full),
        i.ready.eq(ready | dropping),
        take.eq(i.valid & ready & ~dropping),
        overlong.eq(take & full & ~beat.last),
        dropped.eq(i.valid & dropping),
    ]
    with m.If(take):
        m.d.sync += first.eq(last)
        if shape.max_beats > 1:
            m.d.sync += position.eq(Mux(last, 0, (position + 1)[: len(position)]))
    with m.If(i.valid & (dropping | overlong)):
        m.d.sync += dropping.eq(~beat.last)
    return take, first, last
