# SPDX-License-Identifier: Apache-2.0
"""Second stage of a Softermax unit: exponentials, and their sum over a row."""

from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl import multiplier
from surmax.rtl.hierarchy import place
from surmax.rtl.logic import choose
from surmax.rtl.softermax_shape import SoftermaxShape


class TermLane(wiring.Component):
    """2**(f/4 - k) with value_bits behind the point, 0 where k has all bits set. Combinational.

    Attributes:
        fraction: f.
        distance: k.
        value: the exponential.
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
        """Choose one of four mantissas and shift it."""
        m = Module()
        mantissas = [Const(one, len(self.value)) for one in self.config.values]
        mantissa = Signal(len(self.value))
        m.d.comb += [
            mantissa.eq(choose(mantissas, self.fraction)),
            self.value.eq(mantissa >> self.distance),
        ]
        return m


class SoftermaxSum(wiring.Component):
    """The sum of each row in units of its integer maximum, renormalised by shifts as that rises.

    A beat a cycle. A row's sum stands from the cycle after next; it stays in the register in which
    it was formed until it is taken, and the next row's first beat is added no earlier.

    Attributes:
        terms: beats of distances.
        totals: sums of rows.
    """

    def __init__(self, shape: SoftermaxShape, adders: str) -> None:
        self.shape, self.adders = shape, adders
        super().__init__(
            {
                "terms": In(stream.Signature(shape.terms)),
                "totals": Out(stream.Signature(shape.total)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """One register for a beat's distances, one for the sum."""
        m = Module()
        shape = self.shape
        beat = Signal(shape.terms, reset_less=True)
        occupied, free, add, room = Signal(), Signal(), Signal(), Signal()
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
        m.d.comb += [carried.eq(row.sum >> beat.rise), self.totals.payload.eq(row)]
        with m.If(room):
            m.d.sync += self.totals.valid.eq(add & beat.last)
        with m.If(add):
            m.d.sync += [
                row.sum.eq(self._total(m, platform, values, carried)),
                row.top.eq(beat.top),
            ]
        return m

    def _total(self, m: Module, platform: object, values: list[Value], carried: Value) -> Value:
        """Return carried + sum(values), the latter rounded to sum_bits."""
        config, bits = self.shape.config, self.shape.sum_bits
        cut = config.value_bits - config.sum_bits
        if self.adders == "operators":
            return (carried + (sum(values[1:], values[0] + config.rounding) >> cut))[:bits]
        columns: multiplier.Columns = [[] for _ in range(bits + cut)]
        for value in values:
            multiplier.add_value(columns, value)
        if cut:
            multiplier.add_constant(columns, config.rounding)
            tree = multiplier.reduce_columns(m, platform, columns, rows=1, name="beat")
            columns = tree[cut:]
        multiplier.add_value(columns, carried)
        tree = multiplier.reduce_columns(m, platform, columns, rows=1, name="total")
        return multiplier.true_sum(tree)
