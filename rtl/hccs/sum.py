# SPDX-License-Identifier: Apache-2.0
"""Second stage of an HCCS unit: distances from the maximum, and row sums."""

from functools import partial

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.hccs.shape import SLOPE_BITS, HccsShape
from surmax.rtl.parts import multiplier
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.logic import leading_lines


class ScoreLane(wiring.Component):
    """Clipped distance of a score: d = min(top - score, Dmax), 0 where masked. Combinational.

    Parameters:
        adders: "operators", or "cells" for chains of full-adder modules.

    Members:
        score, top: a score and the maximum of its row, both offset by 128.
        least: max(top - Dmax, 0), which all lanes share: scores below it are clipped.
        masked: the position does not count.
        distance: d, 0 to 127.
    """

    combinational = True

    def __init__(self, adders: str) -> None:
        self.adders = adders
        ports = {name: In(8) for name in ("score", "top", "least")}
        super().__init__(ports | {"masked": In(1), "distance": Out(SLOPE_BITS)})

    def elaborate(self, platform: object) -> Module:
        """Select what is subtracted from the maximum, and subtract it in 7 bits, those of d."""
        m = Module()
        top = self.top[:SLOPE_BITS]
        clipped = Signal()
        if self.adders == "operators":
            taken = Mux(self.masked, self.top, Mux(clipped, self.least, self.score))[:SLOPE_BITS]
            m.d.comb += [
                clipped.eq(self.score < self.least),
                self.distance.eq((top - taken)[:SLOPE_BITS]),
            ]
            return m
        borrow: Value = Const(0, 1)
        for have, want in zip(self.score, self.least, strict=True):
            borrow = (~have & want) | (borrow & (~have | want))
        lines = Cat(~self.masked & ~clipped, ~self.masked & clipped, self.masked)
        chosen = Signal(3)
        m.d.comb += [clipped.eq(borrow), chosen.eq(lines)]
        # The tree takes and gives complements, and top - taken = ~(~top + taken).
        columns: multiplier.Columns = []
        for bits in zip(self.score[:SLOPE_BITS], self.least, top, strict=False):
            terms = [bit & line for bit, line in zip(bits, chosen, strict=True)]
            columns.append([(0, bits[2]), (0, ~(terms[0] | terms[1] | terms[2]))])
        tree = multiplier.reduce_columns(m, platform, columns, rows=1, name="subtract")
        m.d.comb += self.distance.eq(multiplier.flatten(tree))
        return m


class HccsSum(wiring.Component):
    """Second stage: the distances d of each beat, and the sum Z = n*B - S*sum(d) of each row.

    n is the number of unmasked positions of the row. One beat a cycle: its distances leave in the
    cycle in which it is taken. The sum of a row is there one cycle after its last beat was taken.

    Parameters:
        shape: widths and layouts.
        adders: "operators" or "cells" (see ScoreLane).

    Members:
        kept: stream in: beats of scores that wait for the maximum of their row.
        tops: stream in: maximum and head of each row, taken with the last beat of the row.
        score_head: head of the row whose distances are formed.
        score_constants: constants of that head, in the same cycle; Dmax is used.
        sum_head: head of the row whose distances are added up, one cycle later.
        sum_constants: constants of that head, in the same cycle; B and S are used.
        distances: stream out: beats of distances.
        totals: stream out: sum of each row, or the place of its leading one, and its head
            (HccsShape.total).
    """

    def __init__(self, shape: HccsShape, adders: str) -> None:
        self.shape, self.adders = shape, adders
        super().__init__(
            {
                "kept": In(stream.Signature(shape.kept_scores)),
                "tops": In(stream.Signature(shape.top)),
                "score_head": Out(shape.head_bits),
                "score_constants": In(shape.constants),
                "sum_head": Out(shape.head_bits),
                "sum_constants": In(shape.constants),
                "distances": Out(stream.Signature(shape.kept_distances)),
                "totals": Out(stream.Signature(shape.total)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Form and add up the distances of a beat in one cycle; add that to the row in the next."""
        m = Module()
        shape, beat, row = self.shape, self.kept.payload, self.tops.payload
        # Register between the two cycles.
        pending = Signal(
            data.StructLayout(
                {
                    "distance": unsigned(shape.distance_bits),
                    "count": unsigned(shape.count_bits),
                    "last": unsigned(1),
                    "head": unsigned(shape.head_bits),
                }
            ),
            reset_less=True,
        )
        occupied = Signal()
        move = Signal()
        free = Signal()
        m.d.comb += [
            free.eq(~occupied | ~pending.last | self.totals.ready),
            move.eq(self.kept.valid & self.tops.valid & self.distances.ready & free),
            self.kept.ready.eq(move),
            self.tops.ready.eq(move & beat.last),
            self.distances.valid.eq(move),
        ]
        with m.If(free):
            m.d.sync += occupied.eq(move)

        least = Signal(8)
        top, clip = row.top, self.score_constants.Dmax
        m.d.comb += [
            self.score_head.eq(row.head),
            least.eq(Mux(top < clip, 0, (top - clip)[:8])),
        ]
        distances = []
        for number in range(shape.lanes):
            lane = ScoreLane(self.adders)
            place(m, platform, f"lane{number}", lane, "hccs_score_lane")
            m.d.comb += [
                lane.score.eq(beat.values[number]),
                lane.top.eq(top),
                lane.least.eq(least),
                lane.masked.eq(beat.mask[number]),
            ]
            distances.append(lane.distance)
        kept = self.distances.payload
        m.d.comb += [
            kept.values.as_value().eq(Cat(*distances)),
            kept.mask.eq(beat.mask),
            kept.last.eq(beat.last),
            kept.tag.eq(beat.tag),
        ]
        add = partial(multiplier.sum_of, m, platform, self.adders)
        with m.If(move):
            m.d.sync += [
                pending.distance.eq(add(distances, shape.distance_bits, "distance")),
                pending.count.eq(add(list(~beat.mask), shape.count_bits, "count")),
                pending.last.eq(beat.last),
                pending.head.eq(row.head),
            ]

        first = Signal(init=1)
        before = Signal(shape.sum_bits, reset_less=True)
        total = Signal(shape.sum_bits)
        m.d.comb += [
            self.sum_head.eq(pending.head),
            total.eq(self._total(m, platform, before, first, pending)),
        ]
        with m.If(occupied & free):
            m.d.sync += [before.eq(total), first.eq(pending.last)]
        result = self.totals.payload
        m.d.comb += [
            self.totals.valid.eq(occupied & pending.last),
            result.sum.eq(leading_place(total) if shape.shifts else total),
            result.head.eq(pending.head),
        ]
        return m

    def _total(
        self, m: Module, platform: object, before: Signal, first: Signal, pending: data.View
    ) -> Value:
        """Return before + count*B - S*distance modulo 2**sum_bits, with 0 for `before` if first."""
        B, S, bits = self.sum_constants.B, self.sum_constants.S, self.shape.sum_bits
        carried = Signal(bits)
        m.d.comb += carried.eq(Mux(first, 0, before))
        if self.adders == "operators":
            return (carried + pending.count * B - pending.distance * S)[:bits]
        columns = multiplier.partial_products(B, pending.count, 0, bits)
        multiplier.add_value(columns, carried)
        multiplier.subtract_product(columns, pending.distance, S)
        tree = multiplier.reduce_columns(m, platform, columns, rows=1, name="total")
        return multiplier.true_sum(tree)


def leading_place(value: Value) -> Value:
    """Return the place of the leading one: floor(log2(value)), and 0 for 0."""
    bits = range((len(value) - 1).bit_length())
    lines = leading_lines(value)
    places = [Cat(*(line for k, line in enumerate(lines) if k >> b & 1)).any() for b in bits]
    return Cat(*places) if places else Const(0, 1)
