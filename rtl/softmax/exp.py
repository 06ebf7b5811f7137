# SPDX-License-Identifier: Apache-2.0
"""Second stage of an integer softmax unit: exponentials of distances, and row sums."""

from functools import partial

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.golden.softmax.config import SLOPE_FRACTION
from surmax.rtl.parts import multiplier
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.logic import choose
from surmax.rtl.softmax.shape import SoftmaxShape


class TimeLane(wiring.Component):
    """Exponent of a score: t = (top - score)*rate, rounded to fraction_bits. Combinational.

    Parameters:
        shape: widths.
        adders: "operators", or "cells" for full-adder modules, where each pair of bits of the
            distance selects a multiple of the rate.

    Members:
        score, top: a score and the maximum of its row, both offset by 128.
        masked: the position does not count.
        rate: rate of the head.
        rate3: 3*rate; only for "cells".
        fraction, whole, dead: t (SoftmaxShape.time). They are ports of their own because `dead`
            follows from bits beside the others: in one vector, simulators see a loop.
    """

    combinational = True

    def __init__(self, shape: SoftmaxShape, adders: str) -> None:
        self.shape, self.adders = shape, adders
        members = {"score": In(8), "top": In(8), "masked": In(1), "rate": In(shape.rate_bits)}
        if adders == "cells":
            members["rate3"] = In(shape.rate_bits + 2)
        members |= {name: Out(field.width) for name, field in shape.time.members.items()}
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        """Subtract, multiply, and round the product."""
        m = Module()
        shape, config = self.shape, self.shape.config
        cut = config.rate_bits - config.fraction_bits
        distance = Signal(8)
        product = Signal(8 + shape.rate_bits)
        if self.adders == "operators":
            m.d.comb += [
                distance.eq((self.top - self.score)[:8]),
                product.eq(distance * self.rate + (1 << (cut - 1))),
            ]
        else:
            # The tree takes and gives complements, and top - score = ~(~top + score).
            pairs = zip(self.score, self.top, strict=True)
            columns: multiplier.Columns = [[(0, ~score), (0, top)] for score, top in pairs]
            tree = multiplier.reduce_columns(m, platform, columns, rows=1, name="subtract")
            m.d.comb += distance.eq(multiplier.flatten(tree))
            columns = [[] for _ in range(len(product))]
            multiplier.add_constant(columns, 1 << (cut - 1))
            multiplier.add_digits(columns, distance, self.rate, self.rate3)
            tree = multiplier.reduce_columns(m, platform, columns, rows=1, name="multiply")
            m.d.comb += product.eq(multiplier.true_sum(tree))
        t = product[cut:]
        whole = t[config.fraction_bits :]
        m.d.comb += [
            self.fraction.eq(t[: config.fraction_bits]),
            self.whole.eq(whole[: shape.whole_bits]),
            self.dead.eq(self.masked | whole[shape.whole_bits :].any()),
        ]
        return m


class ExpLane(wiring.Component):
    """Exponential 2**-t, by a table of the fraction of t and a shift. Combinational.

    Equals surmax.golden.softmax.law.exponentials.

    Parameters:
        shape: widths.

    Members:
        time: t (SoftmaxShape.time).
        term: 2**-t with sum_bits bits behind the point; its upper value_bits are the value.
    """

    combinational = True

    def __init__(self, shape: SoftmaxShape) -> None:
        self.shape = shape
        super().__init__({"time": In(shape.time), "term": Out(shape.config.sum_bits)})

    def elaborate(self, platform: object) -> Module:
        """Look up the mantissa, then shift it right, one level for each bit of the exponent."""
        m = Module()
        config, time = self.shape.config, self.time
        mantissa = Signal(config.value_bits)
        m.d.comb += mantissa.eq(self._mantissa(m))
        alive = (~time.dead).replicate(config.value_bits)
        shifted: Value = Cat(Const(0, config.sum_bits - config.value_bits), mantissa & alive)
        for k in reversed(range(len(time.whole))):
            step = min(1 << k, config.sum_bits)
            shifted = Mux(time.whole[k], Cat(shifted[step:], Const(0, step)), shifted)
        m.d.comb += self.term.eq(shifted)
        return m

    def _mantissa(self, m: Module) -> Value:
        """Return the entry of the table, minus its slope times the rest of the fraction."""
        config, fraction = self.shape.config, self.time.fraction
        values, slopes = config.table
        entry, rest = fraction[config.linear_bits :], fraction[: config.linear_bits]
        high = choose([Const(int(value), config.value_bits) for value in values], entry)
        if not config.linear_bits:
            return high
        bits = int(slopes.max()).bit_length()
        slope = choose([Const(int(value), bits) for value in slopes], entry)
        fall = Signal(bits + config.linear_bits)
        m.d.comb += fall.eq(slope * rest)
        return (high - fall[SLOPE_FRACTION:])[: config.value_bits]


class SoftmaxExp(wiring.Component):
    """Second stage: the values 2**-t of each beat, and the sum Z of each row.

    One beat a cycle. The values of a beat leave one cycle after it was taken. The sum of a row is
    there two cycles after its last beat was taken.

    Parameters:
        shape: widths and layouts.
        adders: "operators" or "cells" (see TimeLane).

    Members:
        kept: stream in: beats of scores that wait for the maximum of their row.
        tops: stream in: maximum and head of each row, taken with the last beat of the row.
        rate_head: head of the row.
        rate_constants: constants of that head, in the same cycle.
        values: stream out: beats of values, value_bits each.
        totals: stream out: sum of each row.
    """

    def __init__(self, shape: SoftmaxShape, adders: str) -> None:
        self.shape, self.adders = shape, adders
        super().__init__(
            {
                "kept": In(stream.Signature(shape.kept_scores)),
                "tops": In(stream.Signature(shape.top)),
                "rate_head": Out(shape.head_bits),
                "rate_constants": In(shape.constants),
                "values": Out(stream.Signature(shape.kept_values)),
                "totals": Out(stream.Signature(shape.total)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Three steps with registers between them: t; 2**-t and the sum of a beat; the row sum."""
        m = Module()
        beat, row = self.kept.payload, self.tops.payload
        # Whether the registers hold a beat. One statement each: Amaranth gives a signal the name of
        # the variable that it is assigned to.
        timed = Signal()
        summed = Signal()
        take = Signal()
        move = Signal()
        free = Signal()
        sum_last = Signal(reset_less=True)
        values = self.values.payload
        m.d.comb += [
            free.eq(~summed | ~sum_last | self.totals.ready),
            move.eq(timed & self.values.ready & free),
            take.eq(self.kept.valid & self.tops.valid & (~timed | move)),
            self.kept.ready.eq(take),
            self.tops.ready.eq(take & beat.last),
            self.values.valid.eq(timed & free),
            self.rate_head.eq(row.head),
        ]
        with m.If(take | move):
            m.d.sync += timed.eq(take)
        with m.If(free):
            m.d.sync += summed.eq(move)

        times = self._times(m, platform)
        register = Signal(len(times), name="times", reset_less=True)
        last = Signal(reset_less=True)
        tag = Signal(len(beat.tag), reset_less=True)
        with m.If(take):
            m.d.sync += [register.eq(times), last.eq(beat.last), tag.eq(beat.tag)]
        terms = self._terms(m, platform, register)
        low = self.shape.config.sum_bits - self.shape.config.value_bits
        m.d.comb += [
            values.values.as_value().eq(Cat(*(term[low:] for term in terms))),
            values.last.eq(last),
            values.tag.eq(tag),
        ]
        add = partial(multiplier.sum_of, m, platform, self.adders)
        beat_sum = Signal(self.shape.beat_sum_bits, reset_less=True)
        with m.If(move):
            m.d.sync += [
                beat_sum.eq(add(terms, len(beat_sum), "beat_sum")),
                sum_last.eq(last),
            ]

        first = Signal(init=1)
        before = Signal(self.shape.sum_bits, reset_less=True)
        total = self.totals.payload.sum
        carried = Mux(first, 0, before)
        m.d.comb += [
            total.eq(add([carried, beat_sum], len(total), "row_sum")),
            self.totals.valid.eq(summed & sum_last),
        ]
        with m.If(summed & free):
            m.d.sync += [before.eq(total), first.eq(sum_last)]
        return m

    def _times(self, m: Module, platform: object) -> Value:
        """Return t of each lane, lane 0 in the low bits."""
        beat, times = self.kept.payload, []
        rate = self.rate_constants.rate
        rate3 = Signal(len(rate) + 2)
        m.d.comb += rate3.eq(rate + (rate << 1))
        for number in range(self.shape.lanes):
            lane = TimeLane(self.shape, self.adders)
            place(m, platform, f"time{number}", lane, "softmax_time_lane")
            m.d.comb += [
                lane.score.eq(beat.values[number]),
                lane.top.eq(self.tops.payload.top),
                lane.masked.eq(beat.mask[number]),
                lane.rate.eq(rate),
            ]
            if self.adders == "cells":
                m.d.comb += lane.rate3.eq(rate3)
            times += [lane.fraction, lane.whole, lane.dead]
        return Cat(*times)

    def _terms(self, m: Module, platform: object, times: Signal) -> list[Value]:
        """Return 2**-t of each lane."""
        terms, width = [], self.shape.time.size
        for number in range(self.shape.lanes):
            lane = ExpLane(self.shape)
            place(m, platform, f"exp{number}", lane, "softmax_exp_lane")
            m.d.comb += lane.time.as_value().eq(times[number * width : (number + 1) * width])
            terms.append(lane.term)
        return terms
