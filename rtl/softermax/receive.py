# SPDX-License-Identifier: Apache-2.0
"""First stage of a Softermax unit: the integer maximum so far, and distances from it."""

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts import multiplier
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.maximum import largest
from surmax.rtl.rows.receive import cut_rows
from surmax.rtl.softermax.shape import SoftermaxShape


class PlaceLane(wiring.Component):
    """k = top - whole, with `bits` bits: all set where masked or not below 2**bits. Combinational.

    Parameters:
        shape: widths.
        adders: "operators", or "cells" for a chain of full adders.

    Attributes:
        whole: a score's integer part, offset by 32, at most `top`.
        top: the integer maximum.
        masked: the position does not count.
        term, kept: k with term_bits and with place_bits.
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
        # The complement of ~top + whole; the tree takes and gives complements.
        columns: multiplier.Columns = [[(0, bit)] for bit in self.top]
        multiplier.add_value(columns, self.whole)
        tree = multiplier.reduce_columns(m, platform, columns, rows=1, name="subtract")
        return multiplier.flatten(tree)


class SoftermaxReceive(wiring.Component):
    """Turn a stream of scores into distances from the integer maximum of the row so far.

    Takes a beat a cycle; rows that are too long are cut as by RowReceive. Masked positions take no
    part in the maximum; as long as all have been masked it is the least one.

    Attributes:
        i: beats of scores.
        kept: beats that wait for their row's sum, in the cycle in which they are taken.
        terms: the same to be summed; must be ready whenever `kept` is.
        overlong: high in the cycle in which the beat is taken after which a row is cut.
    """

    def __init__(self, shape: SoftermaxShape, adders: str) -> None:
        self.shape, self.adders = shape, adders
        super().__init__(
            {
                "i": In(stream.Signature(shape.beat)),
                "kept": Out(stream.Signature(shape.kept_places)),
                "terms": Out(stream.Signature(shape.terms)),
                "overlong": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Find the maximum, by scores or by their integer parts; subtract in each lane."""
        m = Module()
        shape, beat = self.shape, self.i.payload
        take, first, last = cut_rows(m, shape, self.i, self.kept.ready, self.overlong)
        kept, terms = self.kept.payload, self.terms.payload
        m.d.comb += [
            self.kept.valid.eq(take),
            self.terms.valid.eq(take),
            kept.last.eq(last),
            kept.tag.eq(beat.tag),
            terms.last.eq(last),
        ]

        # The part of a score that decides about the integer maximum.
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
        """Return the integer that stands for a maximum."""
        return part[2:] + part[:2].any() if self.shape.rounded_up else part
