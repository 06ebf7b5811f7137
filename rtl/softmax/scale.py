# SPDX-License-Identifier: Apache-2.0
"""Last stage of an integer softmax unit: the codes of values."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.parts import multiplier
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.logic import equals
from surmax.rtl.rows.scale import RowScale
from surmax.rtl.softmax.shape import SoftmaxShape


class ProductLane(wiring.Component):
    """Code of one value: value*rho, shifted by the exponent of the row and rounded. Combinational.

    Parameters:
        shape: widths.
        adders: "operators", or "cells" for full-adder modules, where each pair of bits of the value
            selects a multiple of rho.

    Members:
        value: 2**-t.
        rho, rho3: reciprocal of the row, and 3*rho.
        place_onehot: bit k is set when the exponent of the row is k.
        code: the code.
    """

    combinational = True

    def __init__(self, shape: SoftmaxShape, adders: str) -> None:
        self.shape, self.adders = shape, adders
        config = shape.config
        super().__init__(
            {
                "value": In(config.value_bits),
                "rho": In(config.reciprocal_bits),
                "rho3": In(config.reciprocal_bits + 2),
                "place_onehot": In(len(shape.exponents)),
                "code": Out(config.output_bits),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Multiply, shift and round."""
        m = Module()
        config = self.shape.config
        product = Signal(config.value_bits + config.reciprocal_bits)
        if self.adders == "operators":
            m.d.comb += product.eq(sum(self._rows(), Const(config.offset)))
        else:
            columns: multiplier.Columns = [[] for _ in range(len(product))]
            multiplier.add_constant(columns, config.offset)
            multiplier.add_digits(
                columns, self.value, self.rho, self.rho3, drop=config.dropped_columns
            )
            tree = multiplier.reduce_columns(m, platform, columns, rows=1, name="multiply")
            m.d.comb += product.eq(multiplier.true_sum(tree))
        halves = product[config.shift - 1 :]  # of a code, before the row's shift
        bits = config.max_code.bit_length() + 1
        shifted: Value = Const(0, 1)
        for k, line in enumerate(self.place_onehot):
            part = halves[k : k + bits]
            shifted = shifted | (part & line.replicate(len(part)))
        m.d.comb += self.code.eq((shifted + 1)[1 : bits + 1])
        return m

    def _rows(self) -> list[Value]:
        """Return the rows of the product, one for two bits of the value, without dropped columns.

        They add up to surmax.golden.softmax.law.kept_product.
        """
        rows: list[Value] = []
        for low in range(0, self.shape.config.value_bits, 2):
            digit = self.value[low : low + 2]
            single = Mux(digit[0], self.rho, 0)
            row = (
                single
                if len(digit) == 1
                else Mux(digit[1], Mux(digit[0], self.rho3, self.rho << 1), single)
            )
            cut = max(self.shape.config.dropped_columns - low, 0)
            rows.append(Cat(Const(0, low + cut), row[cut:]))
        return rows


class SoftmaxScale(RowScale):
    """Last stage: turns beats of values into beats of codes (see RowScale for the timing).

    Parameters:
        shape: widths and layouts.
        adders: "operators" or "cells" (see ProductLane).

    Members:
        beats: stream in: values that wait for the factor of their row.
        lines: stream in: the factor of each row, rho and exponent.
        codes: stream out: beats of codes.
    """

    def __init__(self, shape: SoftmaxShape, adders: str) -> None:
        self.adders = adders
        super().__init__(shape, shape.kept_values, shape.factor, {})

    def lanes(self, m: Module, platform: object) -> list[Value]:
        """Form 3*rho and the one-hot exponent for all lanes, and place the lanes."""
        shape, beat, row = self.shape, self.beats.payload, self.lines.payload
        rho3 = Signal(len(row.rho) + 2)
        places = Signal(len(shape.exponents))
        m.d.comb += [
            rho3.eq(row.rho + (row.rho << 1)),
            places.eq(Cat(*(equals(row.exponent, k) for k in shape.exponents))),
        ]
        results = []
        for number in range(shape.lanes):
            lane = ProductLane(shape, self.adders)
            place(m, platform, f"lane{number}", lane, "softmax_product_lane")
            m.d.comb += [
                lane.value.eq(beat.values[number]),
                lane.rho.eq(row.rho),
                lane.rho3.eq(rho3),
                lane.place_onehot.eq(places),
            ]
            results.append(lane.code)
        return results
