# SPDX-License-Identifier: Apache-2.0
"""First stage of a Softermax unit: the integer maximum of a row so far, and distances from it."""

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts import multiplier
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.maximum import largest
from surmax.rtl.rows.receive import cut_rows
from surmax.rtl.softermax.shape import SoftermaxShape


class PlaceLane(wiring.Component):
    """Integer distance of a score: k = top - whole, in two widths. Combinational.

    All bits of a result are set when the position is masked, or when k does not fit its width.

    Parameters:
        shape: widths.
        adders: "operators", or "cells" for a chain of full-adder modules.

    Members:
        whole: integer part of a score, offset by 32, at most `top`.
        top: integer maximum, offset by 32.
        masked: the position does not count.
        term: k in term_bits bits.
        kept: k in place_bits bits.
    """

    combinational = True

    def __init__(self, shape: SoftermaxShape, adders: str) -> None:
        self.shape, self.adders = shape, adders
        ports = {"whole": In(6), "top": In(shape.top_bits), "masked": In(1)}
        super().__init__(ports | {"term": Out(shape.term_bits), "kept": Out(shape.place_bits)})

    def elaborate(self, platform: object) -> Module:
        """Subtract and saturate."""
        m = Module()
        distance = Signal(self.shape.top_bits)
        m.d.comb += distance.eq(self._subtract(m, platform))
        for port in (self.term, self.kept):
            bits = len(port)
            gone = self.masked | distance[bits:].any()
            m.d.comb += port.eq(distance[:bits] | gone.replicate(bits))
        return m

    def _subtract(self, m: Module, platform: object) -> Value:
        if self.adders == "operators":
            return (self.top - self.whole)[: len(self.top)]
        # The tree takes and gives complements, and top - whole = ~(~top + whole).
        columns: multiplier.Columns = [[(0, bit)] for bit in self.top]
        multiplier.add_value(columns, self.whole)
        tree = multiplier.reduce_columns(m, platform, columns, rows=1, name="subtract")
        return multiplier.flatten(tree)


class SoftermaxReceive(wiring.Component):
    """First stage: turns scores into distances from the integer maximum of their row so far.

    Combinational from `i` to `kept` and `terms`; one beat a cycle. Rows that are too long are cut
    as by RowReceive. Masked positions take no part in the maximum. It is the least possible one as
    long as all positions were masked.

    Parameters:
        shape: widths and layouts.
        adders: "operators" or "cells" (see PlaceLane).

    Members:
        i: stream in: beats of scores, int8.
        kept: stream out: distances that wait for the sum of their row.
        terms: stream out: the same distances, to be summed. It must be ready whenever `kept` is.
        overlong, dropped: see RowReceive.
    """

    def __init__(self, shape: SoftermaxShape, adders: str) -> None:
        self.shape, self.adders = shape, adders
        super().__init__(
            {
                "i": In(stream.Signature(shape.beat)),
                "kept": Out(stream.Signature(shape.kept_places)),
                "terms": Out(stream.Signature(shape.terms)),
                "overlong": Out(1),
                "dropped": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Find the maximum of scores or of their integer parts, and subtract in each lane."""
        m = Module()
        shape, beat = self.shape, self.i.payload
        take, first, last = cut_rows(
            m, shape, self.i, self.kept.ready, overlong=self.overlong, dropped=self.dropped
        )
        kept, terms = self.kept.payload, self.terms.payload
        m.d.comb += [
            self.kept.valid.eq(take),
            self.terms.valid.eq(take),
            kept.last.eq(last),
            kept.tag.eq(beat.tag),
            terms.last.eq(last),
        ]

        # The bits of a score that decide the integer maximum: all of them when it is rounded up,
        # otherwise the integer part.
        low = 0 if shape.rounded_up else 2
        parts = []
        for lane in range(shape.lanes):
            part = Signal(8 - low, name=f"part{lane}")
            score = beat.scores[lane]
            m.d.comb += part.eq(Cat(score[low:7], ~score[7]))
            parts.append(part)
        best = Signal(8 - low, reset_less=True)
        found = Signal(8 - low)
        alive = Cat(~beat.mask, ~first)
        m.d.comb += found.eq(largest(m, alive, [*parts, best]))
        with m.If(take):
            m.d.sync += best.eq(found)

        top = Signal(shape.top_bits)
        before = Signal(shape.top_bits)
        rise = Signal(shape.top_bits)
        m.d.comb += [
            top.eq(self._integer(found)),
            before.eq(self._integer(best)),
            rise.eq((top - before)[: shape.top_bits]),
            terms.rise.eq(rise | (first | rise[shape.rise_bits :].any()).replicate(len(rise))),
            terms.top.eq(top),
            kept.top.eq(top),
        ]
        for number, part in enumerate(parts):
            lane = PlaceLane(shape, self.adders)
            place(m, platform, f"lane{number}", lane, "softermax_place_lane")
            fraction = beat.scores[number][:2]
            m.d.comb += [
                lane.whole.eq(part[2 - low :]),
                lane.top.eq(top),
                lane.masked.eq(beat.mask[number]),
                kept["values"][number].eq(Cat(fraction, lane.kept)),
                terms["values"][number].eq(Cat(fraction, lane.term)),
            ]
        return m

    def _integer(self, part: Value) -> Value:
        """Return the integer maximum that follows from the largest part."""
        return part[2:] + part[:2].any() if self.shape.rounded_up else part
