# SPDX-License-Identifier: Apache-2.0
"""A serial divider that multiplies as it goes."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.golden import HccsConfig
from surmax.rtl.hccs_shape import SLOPE_BITS, HccsShape


def divider_cycles(config: HccsConfig, bits: int) -> int:
    """Return the cycles of a quotient with `bits` of its bits a cycle."""
    return -(-config.reciprocal_bits // bits)


def divide_steps(
    m: Module, rest: Value, divisor: Value, bits: Sequence[Value], name: str
) -> tuple[Value, Value]:
    """Return the remainder and the quotient bits after one restoring step for each of `bits`.

    `bits` are the dividend's next ones, the highest first; `rest` is below `divisor`.
    """
    quotient = []
    for number, bit in enumerate(bits):
        shifted = Signal(len(divisor) + 1, name=f"{name}_shifted{number}")
        less = Signal(len(divisor) + 2, name=f"{name}_less{number}")
        left = Signal(len(divisor), name=f"{name}_rest{number}")
        m.d.comb += [
            shifted.eq(Cat(bit, rest)),
            less.eq(shifted - divisor),
            left.eq(Mux(less[-1], shifted, less)[: len(divisor)]),
        ]
        quotient.insert(0, ~less[-1])
        rest = left
    return rest, Cat(*quotient)


class Divider(wiring.Component):
    """offset = B*rho and slope = S*rho with rho = dividend // Z, `bits` bits of rho a cycle.

    rho itself is never stored: as its bits appear, highest first, they are multiplied in. A line
    leaves `divider_cycles` cycles after its sum was taken; the next sum can be taken in that same
    cycle. The line is held until it is taken.

    Attributes:
        i: Z (at least min_sum) and the row's B and S.
        o: offset and slope.
    """

    def __init__(self, shape: HccsShape, bits: int) -> None:
        self.shape, self.bits = shape, bits
        row = {
            "sum": unsigned(shape.sum_bits),
            "B": unsigned(shape.b_bits),
            "S": unsigned(SLOPE_BITS),
        }
        super().__init__(
            {
                "i": In(stream.Signature(data.StructLayout(row))),
                "o": Out(stream.Signature(shape.products)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Iterate one step."""
        m = Module()
        shape, config, bits = self.shape, self.shape.config, self.bits
        cycles = divider_cycles(config, bits)
        width = cycles * bits
        rest = Signal(shape.sum_bits, reset_less=True)
        divisor = Signal(shape.sum_bits, reset_less=True)
        offset = Signal(shape.offset_bits, reset_less=True)
        slope = Signal(shape.slope_bits, reset_less=True)
        B, S = self.i.payload.B, self.i.payload.S
        if shape.heads > 1:  # with one head the constants stand still while its rows are here
            held = Signal(len(B) + len(S), reset_less=True)
            with m.If(self.i.valid & self.i.ready):
                m.d.sync += held.eq(Cat(B, S))
            B, S = held[: len(B)], held[len(B) :]

        # Step k of `cycles` sets bit k alone: a ring costs less than a counter and its decoder.
        step = Signal(cycles)
        busy = step.any()
        done = step[-1]
        m.d.comb += [
            self.o.valid.eq(done),
            self.i.ready.eq(~busy | (done & self.o.ready)),
        ]
        inputs = []
        for b in range(bits):
            ones = [k for k in range(cycles) if config.dividend >> (width - 1 - k * bits - b) & 1]
            inputs.append(Cat(*(step[k] for k in ones)).any() if ones else Const(0, 1))
        left, quotient = divide_steps(m, rest, divisor, inputs, "step")
        line = self.o.payload
        m.d.comb += [
            line.offset.eq(((offset << bits) + quotient * B)[: len(offset)]),
            line.slope.eq(((slope << bits) + quotient * S)[: len(slope)]),
        ]
        start = self.i.valid & self.i.ready
        with m.If(start):
            m.d.sync += [
                rest.eq(config.dividend >> width),
                divisor.eq(self.i.payload.sum),
                offset.eq(0),
                slope.eq(0),
                step.eq(1),
            ]
        with m.Elif(busy & (~done | self.o.ready)):
            m.d.sync += [
                rest.eq(left),
                offset.eq(line.offset),
                slope.eq(line.slope),
                step.eq(step << 1),
            ]
        return m
