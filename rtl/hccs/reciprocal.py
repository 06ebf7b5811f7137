# SPDX-License-Identifier: Apache-2.0
"""Third stage of an HCCS unit: the reciprocal rho of a row sum, and the line of the row.

The code of a score at distance d is (B*rho + half - d*(S*rho)) >> fraction_bits: a straight line in
d. Its two constants, B*rho + half and S*rho, are formed here once a row.
"""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from surmax.golden import HccsConfig, InputError, check_choice, check_range
from surmax.rtl.hccs.shape import HccsShape
from surmax.rtl.parts.divider import Divider, bits_to_keep_up, divide_steps, divider_cycles
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.logic import choose, equals, following, leading_lines

DIVIDERS = ("serial", "pipelined")


def fewest_bits(config: HccsConfig, divider: str, dividers: int, beats: int) -> int:
    """Return the fewest quotient bits a cycle with which serial dividers keep up.

    They keep up when rows of `beats` beats follow each other without a gap. The result is at most
    16. It is 4 for a pipelined divider, which keeps up with any bits, and where nothing is divided.
    """
    if divider == "pipelined" or config.mantissa_bits is not None:
        return 4
    return bits_to_keep_up(config.reciprocal_bits, beats * dividers)


def check_dividers(config: HccsConfig, divider: str, dividers: int, divider_bits: int) -> None:
    """Raise InputError, naming the parameter and its bounds, if no such reciprocal can be built."""
    check_choice("divider", divider, DIVIDERS)
    check_range("dividers", dividers, 1, 16)
    check_range("divider_bits", divider_bits, 1, 16)
    if config.mantissa_bits is not None and (divider, dividers) != ("serial", 1):
        raise InputError(
            f"divider is {divider!r}, dividers {dividers} with reciprocal {config.reciprocal!r}: "
            "only 'div' divides, leave them out"
        )
    if divider == "pipelined" and dividers != 1:
        raise InputError(f"dividers must be 1, not {dividers} with divider 'pipelined'")


def reciprocal_cycles(
    config: HccsConfig, divider: str, dividers: int, divider_bits: int
) -> tuple[int, float]:
    """Return the cycles from a row sum to its line, and the mean cycles from row to row."""
    if config.mantissa_bits is not None:
        return 1, 1
    steps = divider_cycles(config.reciprocal_bits, divider_bits)
    if divider == "pipelined":
        return steps + 1, 1
    return steps + 1, steps / dividers


class LeadingBits(wiring.Component):
    """Reciprocal from the leading bits of a row sum. Combinational.

    Equals surmax.golden.hccs.law.reciprocal for "clb", "clb1" and "clb2".

    Parameters:
        shape: widths.

    Members:
        sum: row sum Z, at least min_sum.
        rho: reciprocal of Z.
    """

    combinational = True

    def __init__(self, shape: HccsShape) -> None:
        self.shape = shape
        super().__init__({"sum": In(shape.sum_bits), "rho": Out(shape.config.reciprocal_bits)})

    def elaborate(self, platform: object) -> Module:
        """Select one of the constants for each place of the leading one and each mantissa."""
        m = Module()
        config, bits = self.shape.config, self.shape.config.mantissa_bits
        lines = leading_lines(self.sum)
        rho: Value = Const(0, 1)
        for k in self.shape.exponents:
            behind = Cat(Const(0, max(bits - k, 0)), self.sum[max(k - bits, 0) : k])
            values = [
                Const(
                    (config.max_code << bits) // mantissa << config.fraction_bits >> k,
                    len(self.rho),
                )
                for mantissa in range(1 << bits, 2 << bits)  # 1.m, in steps of 2**-bits
            ]
            rho = rho | Mux(lines[k], choose(values, behind), 0)
        m.d.comb += self.rho.eq(rho)
        return m


class HccsReciprocal(wiring.Component):
    """Third stage: turns row sums into lines, in order.

    Reciprocal "div" uses `dividers` serial dividers in turn, or one pipelined divider. The
    leading-bit forms take one cycle. `reciprocal_cycles` gives latency and interval.

    Parameters:
        shape: widths and layouts.
        divider: "serial" or "pipelined".
        dividers: number of serial dividers, 1 to 16.
        divider_bits: quotient bits of a serial divider a cycle, or of a stage of the pipeline, 1 to
            16.

    Members:
        totals: stream in: sum and head of each row.
        scale_head: head of the row that is turned into a line.
        scale_constants: constants of that head, in the same cycle; B and S are used.
        lines: stream out: base and slope of each row.
    """

    def __init__(self, shape: HccsShape, divider: str, dividers: int, divider_bits: int) -> None:
        self.shape = shape
        self.divider, self.dividers, self.divider_bits = divider, dividers, divider_bits
        super().__init__(
            {
                "totals": In(stream.Signature(shape.total)),
                "scale_head": Out(shape.head_bits),
                "scale_constants": In(shape.constants),
                "lines": Out(stream.Signature(shape.line)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Form the line, and keep it in a register until its row has left."""
        m = Module()
        if self.shape.config.mantissa_bits is not None:
            valid, offset, slope = self._leading(m, platform)
        elif self.divider == "pipelined":
            valid, offset, slope = self._pipeline(m)
        else:
            valid, offset, slope = self._serial(m, platform)
        line = Signal(self.shape.line, reset_less=True)
        m.d.comb += self.lines.payload.eq(line)
        with m.If(self._free()):
            m.d.sync += self.lines.valid.eq(valid)
        with m.If(self._free() & valid):
            half = self.shape.config.half
            rounded = (offset + half)[: self.shape.offset_bits] if half else offset
            m.d.sync += [line.base.eq(~rounded), line.slope.eq(slope)]
        return m

    def _free(self) -> Value:
        """Return whether the register can take a line in this cycle."""
        return ~self.lines.valid | self.lines.ready

    def _leading(self, m: Module, platform: object) -> tuple[Value, Value, Value]:
        rho = LeadingBits(self.shape)
        place(m, platform, "leading", rho, "hccs_leading_bits")
        row = self.totals.payload
        m.d.comb += [
            rho.sum.eq(row.sum),
            self.scale_head.eq(row.head),
            self.totals.ready.eq(self._free()),
        ]
        offset, slope = self._products(m, rho.rho)
        return self.totals.valid, offset, slope

    def _products(self, m: Module, rho: Value) -> tuple[Value, Value]:
        offset = Signal(self.shape.offset_bits)
        slope = Signal(self.shape.slope_bits)
        m.d.comb += [
            offset.eq((self.scale_constants.B * rho)[: len(offset)]),
            slope.eq((self.scale_constants.S * rho)[: len(slope)]),
        ]
        return offset, slope

    def _serial(self, m: Module, platform: object) -> tuple[Value, Value, Value]:
        """Place serial dividers: rows go to them in turn and are collected in turn."""
        count, row = self.dividers, self.totals.payload
        m.d.comb += self.scale_head.eq(row.head)
        to = Signal(range(count))
        of = Signal(range(count))
        units = []
        for number in range(count):
            unit = Divider(
                self.shape.config.dividend,
                self.shape.divided,
                self.shape.products,
                self.shape.config.reciprocal_bits,
                self.divider_bits,
                # With one head the constants cannot change while one of its rows is in the unit.
                hold=self.shape.heads > 1,
            )
            place(m, platform, f"divider{number}", unit, "hccs_divider")
            chosen = equals(to, number) if count > 1 else Const(1)
            collected = equals(of, number) if count > 1 else Const(1)
            m.d.comb += [
                unit.i.valid.eq(self.totals.valid & chosen),
                unit.i.payload.divisor.eq(row.sum),
                unit.i.payload.B.eq(self.scale_constants.B),
                unit.i.payload.S.eq(self.scale_constants.S),
                unit.o.ready.eq(self._free() & collected),
            ]
            units.append(unit)
        m.d.comb += self.totals.ready.eq(choose([unit.i.ready for unit in units], to))
        valid = choose([unit.o.valid for unit in units], of)
        if count > 1:
            for pointer, moved in (
                (to, self.totals.valid & self.totals.ready),
                (of, valid & self._free()),
            ):
                with m.If(moved):
                    m.d.sync += pointer.eq(following(pointer, count))
        line = choose([unit.o.payload.as_value() for unit in units], of)
        split = self.shape.offset_bits
        return valid, line[:split], line[split:]

    def _pipeline(self, m: Module) -> tuple[Value, Value, Value]:
        """Build one stage for every `divider_bits` bits of the quotient, then the products."""
        shape, config = self.shape, self.shape.config
        steps = divider_cycles(config.reciprocal_bits, self.divider_bits)
        width = steps * self.divider_bits
        stage = data.StructLayout(
            {
                "rest": unsigned(shape.sum_bits),
                "sum": unsigned(shape.sum_bits),
                "quotient": unsigned(width),
                "head": unsigned(shape.head_bits),
            }
        )
        ready: Value = self._free()
        valids = Signal(steps)
        registers = [Signal(stage, name=f"stage{k}", reset_less=True) for k in range(steps)]
        begin = Signal(stage)
        m.d.comb += [
            begin.rest.eq(config.dividend >> width),
            begin.sum.eq(self.totals.payload.sum),
            begin.head.eq(self.totals.payload.head),
        ]
        enables: list[Value] = []
        for k in reversed(range(steps)):
            ready = ~valids[k] | ready
            enables.insert(0, ready)
        for k in range(steps):
            valid = valids[k - 1] if k else self.totals.valid
            before = registers[k - 1] if k else begin
            bits = [
                Const(config.dividend >> (width - 1 - k * self.divider_bits - b) & 1, 1)
                for b in range(self.divider_bits)
            ]
            rest, quotient = divide_steps(m, before.rest, before.sum, bits, f"step{k}")
            done = before.quotient[: width - self.divider_bits]
            with m.If(enables[k]):
                m.d.sync += valids[k].eq(valid)
            with m.If(enables[k] & valid):
                m.d.sync += [
                    registers[k].rest.eq(rest),
                    registers[k].sum.eq(before.sum),
                    registers[k].quotient.eq(Cat(quotient, done)),
                    registers[k].head.eq(before.head),
                ]
        m.d.comb += [self.totals.ready.eq(enables[0]), self.scale_head.eq(registers[-1].head)]
        rho = registers[-1].quotient[: config.reciprocal_bits]
        offset, slope = self._products(m, rho)
        return valids[-1], offset, slope
