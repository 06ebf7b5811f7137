# SPDX-License-Identifier: Apache-2.0
"""Restoring division: single steps, and a serial divider that multiplies by its quotient."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out


def divider_cycles(quotient_bits: int, bits: int) -> int:
    """Return the cycles of a division that makes `bits` quotient bits a cycle."""
    return -(-quotient_bits // bits)


def bits_to_keep_up(quotient_bits: int, cycles: int) -> int:
    """Return the fewest quotient bits a cycle that finish a division in `cycles`, at most 16."""
    return min(-(-quotient_bits // cycles), 16)


def divide_steps(
    m: Module, rest: Value, divisor: Value, bits: Sequence[Value], name: str
) -> tuple[Value, Value]:
    """Return the remainder and the quotient bits after restoring steps, one for each of `bits`.

    Args:
        m: module that the logic is added to.
        rest: remainder so far, below `divisor`.
        divisor: divisor.
        bits: next bits of the dividend, the highest first.
        name: prefix of the names of the signals.
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
    """Serial divider: rho = dividend // divisor, or the products of rho with several factors.

    It makes `bits` bits of rho a cycle, the highest first. With factors it never stores rho itself:
    each group of bits is multiplied by every factor as soon as it is known, and added to the
    products so far. A result leaves `divider_cycles(quotient_bits, bits)` cycles after its divisor
    was taken and is held until it is taken. The next divisor can be taken in that same cycle.

    Parameters:
        dividend: a constant, at least 0.
        divided: layout of a word of `i`: `divisor`, at least 1, and the factors.
        results: layout of a word of `o`: a product for each factor, in their order, modulo its
            width; without factors one field for rho.
        quotient_bits: bits of rho for the least divisor.
        bits: quotient bits a cycle, at least 1.
        hold: whether to copy the factors when a division starts. Needed where they may change
            before the division ends.

    Members:
        i: stream in: divisors with their factors.
        o: stream out: results, in the same order.
    """

    def __init__(
        self,
        dividend: int,
        divided: data.StructLayout,
        results: data.StructLayout,
        quotient_bits: int,
        bits: int,
        *,
        hold: bool,
    ) -> None:
        self.dividend, self.bits, self.hold = dividend, bits, hold
        self.cycles = divider_cycles(quotient_bits, bits)
        super().__init__({"i": In(stream.Signature(divided)), "o": Out(stream.Signature(results))})

    def elaborate(self, platform: object) -> Module:
        """Repeat `bits` restoring steps a cycle until the last bit of the quotient is there."""
        m = Module()
        bits, cycles = self.bits, self.cycles
        width = cycles * bits
        row = self.i.payload
        start = Signal()
        m.d.comb += start.eq(self.i.valid & self.i.ready)
        factors: list[Value] = [row[name] for name in row.shape().members if name != "divisor"]
        if self.hold:
            held = [
                Signal.like(factor, name=f"held{k}", reset_less=True, init=0)
                for k, factor in enumerate(factors)
            ]
            with m.If(start):
                m.d.sync += [copy.eq(factor) for copy, factor in zip(held, factors, strict=True)]
            factors = list(held)
        rest = Signal(len(row.divisor), reset_less=True)
        divisor = Signal(len(row.divisor), reset_less=True)

        # The step is one-hot: a shift register costs less than a counter and its decoder.
        step = Signal(cycles)
        busy = step.any()
        done = step[-1]
        m.d.comb += [
            self.o.valid.eq(done),
            self.i.ready.eq(~busy | (done & self.o.ready)),
        ]
        inputs = []
        for b in range(bits):
            ones = [k for k in range(cycles) if self.dividend >> (width - 1 - k * bits - b) & 1]
            inputs.append(Cat(*(step[k] for k in ones)).any() if ones else Const(0, 1))
        left, quotient = divide_steps(m, rest, divisor, inputs, "step")
        results = []
        for name, factor in zip(
            self.o.payload.shape().members, factors or [Const(1, 1)], strict=True
        ):
            result = self.o.payload[name]
            before = Signal(len(result), name=name, reset_less=True)
            m.d.comb += result.eq(((before << bits) + quotient * factor)[: len(before)])
            results.append((before, result))
        with m.If(start):
            m.d.sync += [
                rest.eq(self.dividend >> width),
                divisor.eq(row.divisor),
                *(before.eq(0) for before, _ in results),
                step.eq(1),
            ]
        with m.Elif(busy & (~done | self.o.ready)):
            m.d.sync += [
                rest.eq(left),
                *(before.eq(result) for before, result in results),
                step.eq(step << 1),
            ]
        return m
