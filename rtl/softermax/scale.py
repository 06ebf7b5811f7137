# SPDX-License-Identifier: Apache-2.0
"""Last stage of a Softermax unit: the codes of scores from their distances."""

from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from surmax.golden.softermax.config import NARROW_MANTISSAS
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.logic import select, shift_by_fours
from surmax.rtl.rows.scale import RowScale
from surmax.rtl.softermax.shape import SoftermaxShape


class CodeLane(wiring.Component):
    """Code of one score: a product of its row, shifted and rounded half up. Combinational.

    A row has four products, one for each value of the fraction.

    Parameters:
        shape: widths.

    Members:
        fraction: f, which selects the product.
        distance: k below the integer maximum when the beat came; all bits set for code 0.
        fall: distance of that maximum below the exponent of the row.
        product0 to product3: products of the row, in half codes.
        code: the code.
    """

    combinational = True

    def __init__(self, shape: SoftermaxShape) -> None:
        self.shape = shape
        super().__init__(
            {
                "fraction": In(2),
                "distance": In(shape.place_bits),
                "fall": In(shape.place_bits),
                "code": Out(shape.config.output_bits),
            }
            | {f"product{f}": In(shape.product_bits) for f in range(4)}
        )

    def elaborate(self, platform: object) -> Module:
        """Select a product, shift and round it."""
        m = Module()
        config = self.shape.config
        products = [getattr(self, f"product{f}") for f in range(4)]
        halves = Signal(self.shape.product_bits)
        shift = Signal(self.shape.place_bits + 1)
        m.d.comb += [
            shift.eq(self.distance + self.fall),
            halves.eq(shift_by_fours(select(products, self.fraction), shift[2:]) >> shift[:2]),
        ]
        code: Value = ((halves + 1) >> 1)[: config.output_bits + 1]
        if config.overshoots:
            full = config.max_code.bit_length()
            code = code[:full] | code[full].replicate(full)
        m.d.comb += self.code.eq(code)
        return m


class SoftermaxScale(RowScale):
    """Last stage: turns beats of distances into beats of codes (see RowScale for the timing).

    Parameters:
        shape: widths and layouts.

    Members:
        beats: stream in: distances that wait for the reciprocal of their row.
        lines: stream in: reciprocal and exponent of each row.
        codes: stream out: beats of codes.
    """

    def __init__(self, shape: SoftermaxShape) -> None:
        super().__init__(shape, shape.kept_places, shape.line, {})

    def lanes(self, m: Module, platform: object) -> list[Value]:
        """Form the four products of the row and the fall of the beat, and place the lanes."""
        shape, config = self.shape, self.shape.config
        beat, row = self.beats.payload, self.lines.payload
        products = []
        for f, whole in enumerate(self._multiples(row.rho)):
            product = Signal(shape.product_bits, name=f"product{f}")
            m.d.comb += product.eq((whole >> config.shift) << shape.rounded_up)
            products.append(product)
        distance = Signal(shape.exponent_bits)
        fall = Signal(shape.place_bits)
        far = distance[shape.place_bits :].any()
        m.d.comb += [
            distance.eq((row.exponent - beat.top)[: shape.exponent_bits]),
            fall.eq(distance | far.replicate(shape.place_bits)),
        ]
        results = []
        for number in range(shape.lanes):
            lane = CodeLane(shape)
            place(m, platform, f"lane{number}", lane, "softermax_code_lane")
            code = beat["values"][number]
            m.d.comb += [
                lane.fraction.eq(code[:2]),
                lane.distance.eq(code[2:]),
                lane.fall.eq(fall),
                *(getattr(lane, f"product{f}").eq(product) for f, product in enumerate(products)),
            ]
            results.append(lane.code)
        return results

    def _multiples(self, rho: Value) -> list[Value]:
        """Return rho times each mantissa."""
        if self.shape.config.mantissas != NARROW_MANTISSAS:
            return [Const(mantissa) * rho for mantissa in self.shape.config.mantissas]
        # These mantissas take six adders in all: 138 = 2*(64 + 5), 164 = 4*(8*5 + 1),
        # 195 = 64*3 + 3, 232 = 8*(32 - 3).
        by3, by5 = rho + (rho << 1), rho + (rho << 2)
        by29 = ((rho << 5) - by3)[: len(rho) + 5]
        return [
            ((rho << 6) + by5) << 1,
            ((by5 << 3) + rho) << 2,
            (by3 << 6) + by3,
            by29 << 3,
        ]
