# SPDX-License-Identifier: Apache-2.0
"""Third stage of a Softermax unit: the reciprocal of a row sum, by straight lines."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts.logic import choose
from surmax.rtl.softermax.shape import SoftermaxShape


class SoftermaxReciprocal(wiring.Component):
    """Third stage: for a row sum m*2**e with 1 <= m < 2, rho ~ 1/m and e plus the integer maximum.

    Latency one cycle, one row a cycle. The result stays in a register until it is taken.

    Parameters:
        shape: widths and layouts.

    Members:
        totals: stream in: sum and integer maximum of each row.
        lines: stream out: reciprocal and exponent of each row.
    """

    def __init__(self, shape: SoftermaxShape) -> None:
        self.shape = shape
        super().__init__(
            {
                "totals": In(stream.Signature(shape.total)),
                "lines": Out(stream.Signature(shape.line)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Normalise the sum, evaluate the straight line of its segment, keep the result."""
        m = Module()
        shape, config, row = self.shape, self.shape.config, self.totals.payload
        line = Signal(shape.line, reset_less=True)
        m.d.comb += [
            self.totals.ready.eq(~self.lines.valid | self.lines.ready),
            self.lines.payload.eq(line),
        ]
        mantissa, zeros = self._normalise(m)
        # Exponent 0 belongs to the least sum: 2**sum_bits, or half of that below a maximum that was
        # rounded up.
        places = shape.sum_bits - 1 - config.sum_bits + shape.rounded_up
        with m.If(self.totals.ready):
            m.d.sync += self.lines.valid.eq(self.totals.valid)
        with m.If(self.totals.ready & self.totals.valid):
            m.d.sync += [
                line.rho.eq(self._line(mantissa)),
                line.exponent.eq((row.top + places - zeros)[: shape.exponent_bits]),
            ]
        return m

    def _normalise(self, m: Module) -> tuple[Value, Value]:
        """Return the bits of the sum after its leading one, and the number of zeros before it."""
        shape, kept = self.shape, self.shape.config.reciprocal_bits
        value: Value = self.totals.payload.sum
        zeros: list[Value] = []
        for step in reversed(range((shape.sum_bits - 1).bit_length())):
            none = Signal(name=f"none{step}")
            shifted = Signal(shape.sum_bits, name=f"shifted{step}")
            m.d.comb += [
                none.eq(~value[-(1 << step) :].any()),
                shifted.eq(Mux(none, value << (1 << step), value)),
            ]
            value = shifted
            zeros.insert(0, none)
        padded = Cat(Const(0, kept), value)
        return padded[-kept - 1 : -1], Cat(*zeros)

    def _line(self, mantissa: Value) -> Value:
        config = self.shape.config
        starts, slopes = config.lines
        bits = [int(table.max()).bit_length() for table in (starts, slopes)]
        segment, x = mantissa[config.offset_bits :], mantissa[: config.offset_bits]
        start, slope = (
            choose([Const(int(value), width) for value in table], segment)
            for table, width in zip((starts, slopes), bits, strict=True)
        )
        return (start - (slope * x >> config.offset_bits))[: len(self.lines.payload.rho)]
