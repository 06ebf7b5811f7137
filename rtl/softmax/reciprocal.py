# SPDX-License-Identifier: Apache-2.0
"""Third stage of an integer softmax unit: the reciprocal of a row sum."""

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts.divider import Divider
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.softmax.shape import SoftmaxShape


class SoftmaxReciprocal(wiring.Component):
    """Third stage: for each row sum Z, rho = dividend // (leading bits of Z) and its exponent.

    Equals surmax.golden.softmax.law.sum_reciprocal. A serial divider takes
    divider_cycles(reciprocal_bits, divider_bits) cycles a row; the result is there one cycle later
    and stays until its row has left.

    Parameters:
        shape: widths and layouts.
        divider_bits: quotient bits of the divider a cycle, 1 to 16.

    Members:
        totals: stream in: sum of each row.
        factors: stream out: rho and exponent of each row.
    """

    def __init__(self, shape: SoftmaxShape, divider_bits: int) -> None:
        self.shape, self.divider_bits = shape, divider_bits
        super().__init__(
            {
                "totals": In(stream.Signature(shape.total)),
                "factors": Out(stream.Signature(shape.factor)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Normalise the sum, divide, and hold the result in a register."""
        m = Module()
        shape, config = self.shape, self.shape.config
        divider = Divider(
            config.dividend,
            shape.divided,
            shape.quotient,
            config.reciprocal_bits,
            self.divider_bits,
            hold=False,
        )
        place(m, platform, "divider", divider, "surmax_divider")
        leading, exponent = self._normalise(m)
        pending = Signal(len(exponent), reset_less=True)
        m.d.comb += [
            divider.i.valid.eq(self.totals.valid),
            divider.i.payload.divisor.eq(leading),
            self.totals.ready.eq(divider.i.ready),
        ]
        with m.If(self.totals.valid & self.totals.ready):
            m.d.sync += pending.eq(exponent)
        # Made in one statement, so that Amaranth gives them no names in the Verilog: with names,
        # synthesis for sky130 happens to take 0.2 % more area.
        free, factor = Signal(), Signal(shape.factor, reset_less=True)
        m.d.comb += [
            free.eq(~self.factors.valid | self.factors.ready),
            divider.o.ready.eq(free),
            self.factors.payload.eq(factor),
        ]
        with m.If(free):
            m.d.sync += self.factors.valid.eq(divider.o.valid)
        with m.If(free & divider.o.valid):
            m.d.sync += [factor.rho.eq(divider.o.payload.rho), factor.exponent.eq(pending)]
        return m

    def _normalise(self, m: Module) -> tuple[Value, Value]:
        """Return the leading bits of Z and its exponent.

        Z is shifted left until its leading one is the highest bit, one level for each bit of the
        shift, the largest shift first.
        """
        shape, config = self.shape, self.shape.config
        value: Value = self.totals.payload.sum
        shifts: list[Value] = []
        places = len(shape.exponents) - 1  # the leading one is among the first places + 1 bits
        for k in reversed(range(places.bit_length())):
            step = 1 << k
            empty = ~value[-step:].any()
            shifted = Signal(len(value), name=f"shifted{k}")
            kept = Cat(Const(0, step), value[:-step])
            m.d.comb += shifted.eq(
                (kept & empty.replicate(len(value))) | (value & (~empty).replicate(len(value)))
            )
            shifts.insert(0, empty)
            value = shifted
        exponent = Signal(shape.factor["exponent"].width)
        if places:
            m.d.comb += exponent.eq((Const(places, len(exponent)) - Cat(*shifts))[: len(exponent)])
        return value[-config.reciprocal_bits :], exponent
