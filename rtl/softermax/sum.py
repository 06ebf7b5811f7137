# SPDX-License-Identifier: Apache-2.0
"""Second stage of a Softermax unit: exponentials, and row sums."""

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.logic import choose, shift_by_fours
from surmax.rtl.softermax.shape import SoftermaxShape


class TermLane(wiring.Component):
    """Exponential of a score: 2**(f/4 - k), 0 where all bits of k are set. Combinational.

    Parameters:
        shape: widths.

    Members:
        fraction: f.
        distance: k.
        value: the exponential, with value_bits bits behind the point.
    """

    combinational = True

    def __init__(self, shape: SoftermaxShape) -> None:
        self.config = shape.config
        super().__init__(
            {
                "fraction": In(2),
                "distance": In(shape.term_bits),
                "value": Out(shape.config.value_bits + 1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Look up f and two bits of k in a table; shift by the rest of k, a multiple of 4."""
        m = Module()
        table = [value >> k for k in range(4) for value in self.config.values]
        entry = choose(
            [Const(value, len(self.value)) for value in table],
            Cat(self.fraction, self.distance[:2]),
        )
        m.d.comb += self.value.eq(shift_by_fours(entry, self.distance[2:]))
        return m


class SoftermaxSum(wiring.Component):
    """Second stage: the sum of each row, in units of its integer maximum.

    When the maximum rises, the sum so far is shifted right. One beat a cycle. The sum of a row is
    there two cycles after its last beat was taken. It stays in the register in which it was formed
    until it is taken; the first beat of the next row is added no earlier.

    Parameters:
        shape: widths and layouts.

    Members:
        terms: stream in: beats of distances.
        totals: stream out: sum and integer maximum of each row.
    """

    def __init__(self, shape: SoftermaxShape) -> None:
        self.shape = shape
        super().__init__(
            {
                "terms": In(stream.Signature(shape.terms)),
                "totals": Out(stream.Signature(shape.total)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Keep the distances of a beat in one register, the sum in another one."""
        m = Module()
        shape = self.shape
        beat = Signal(shape.terms, reset_less=True)
        occupied = Signal()
        free = Signal()
        add = Signal()
        room = Signal()
        m.d.comb += [
            room.eq(~self.totals.valid | self.totals.ready),
            add.eq(occupied & room),
            free.eq(~occupied | room),
            self.terms.ready.eq(free),
        ]
        with m.If(free):
            m.d.sync += occupied.eq(self.terms.valid)
        with m.If(free & self.terms.valid):
            m.d.sync += beat.eq(self.terms.payload)

        values = []
        for number in range(shape.lanes):
            lane = TermLane(shape)
            place(m, platform, f"lane{number}", lane, "softermax_term_lane")
            code = beat["values"][number]
            m.d.comb += [lane.fraction.eq(code[:2]), lane.distance.eq(code[2:])]
            values.append(lane.value)
        row = Signal(shape.total, reset_less=True)
        carried = Signal(shape.sum_bits)
        m.d.comb += [
            carried.eq(shift_by_fours(row.sum, beat.rise[2:]) >> beat.rise[:2]),
            self.totals.payload.eq(row),
        ]
        with m.If(room):
            m.d.sync += self.totals.valid.eq(add & beat.last)
        with m.If(add):
            m.d.sync += [
                row.sum.eq(self._total(values, carried)),
                row.top.eq(beat.top),
            ]
        return m

    def _total(self, values: list[Value], carried: Value) -> Value:
        """Return carried + sum(values), with that sum rounded to sum_bits bits.

        It is written with operators for adders "cells" too. A tree would need the complements of
        the exponentials, and synthesis maps operators to adder cells as well.
        """
        config = self.shape.config
        beat = sum(values[1:], values[0] + config.rounding) >> (config.value_bits - config.sum_bits)
        return (carried + beat)[: self.shape.sum_bits]
