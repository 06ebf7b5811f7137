# SPDX-License-Identifier: Apache-2.0
"""Last stage of an HCCS unit: the codes of scores from their distances."""

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.hccs.shape import SLOPE_BITS, HccsShape
from surmax.rtl.parts import multiplier
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.logic import equals
from surmax.rtl.rows.scale import RowScale


class ScaleLane(wiring.Component):
    """Code of one score from its distance d and values that its row shares. Combinational.

    With HccsShape.shifts the code is (255*(B - d*S)) >> k. Otherwise it is
    (offset - d*slope) >> fraction_bits, with the offset B*rho and the slope S*rho of the line. It
    is rounded as the configuration says, saturated, and 0 where masked.

    The offset comes as its complement, `base`: base + d*slope is then the complement of
    offset - d*slope, so that no subtraction is needed.

    Parameters:
        shape: widths.
        adders: "operators" writes the product with `*`; "cells" builds it from full-adder modules,
            where each pair of bits of d selects a multiple of the slope.

    Members:
        distance: d, 0 to 127.
        masked: the code is 0.
        base, slope: complement of the offset, and slope.
        base64, slope3: base + 64*slope and 3*slope; only for "cells".
        place_onehot: bit i is set when the leading one of the row sum is bit exponents[i]; only
            with HccsShape.shifts.
        code: the code.
    """

    combinational = True

    def __init__(self, shape: HccsShape, adders: str) -> None:
        self.shape, self.adders = shape, adders
        self.width = shape.b_bits if shape.shifts else shape.offset_bits
        slope_bits = SLOPE_BITS if shape.shifts else shape.slope_bits
        members = {
            "distance": In(SLOPE_BITS),
            "masked": In(1),
            "base": In(self.width),
            "slope": In(slope_bits),
            "code": Out(shape.config.output_bits),
        }
        if adders == "cells":
            members |= {"base64": In(self.width), "slope3": In(min(slope_bits + 2, self.width))}
        if shape.shifts:
            members["place_onehot"] = In(len(shape.exponents))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        """Evaluate the line, shift, saturate."""
        m = Module()
        config = self.shape.config
        height = Signal(self.width)
        if self.adders == "cells":
            m.d.comb += height.eq(self._tree(m, platform))
        else:
            m.d.comb += height.eq(~(self.base + self.distance * self.slope)[: self.width])
        whole: Value = height[config.fraction_bits :]
        if self.shape.shifts:
            product = Signal(self.width + 8)
            m.d.comb += product.eq((height << 8) - height)
            whole = self._shift(m, product)
        code_bits = (config.max_code).bit_length()
        over = whole[code_bits:].any() if config.saturates else Const(0, 1)
        kept = (whole[:code_bits] | over.replicate(code_bits)) & (~self.masked).replicate(code_bits)
        m.d.comb += self.code.eq(kept)
        return m

    def _tree(self, m: Module, platform: object) -> Value:
        """Return the complement of base + d*slope: a tree on complements gives complements."""
        d = self.distance
        columns: multiplier.Columns = [[] for _ in range(self.width)]
        for column, near, far in zip(columns, self.base, self.base64, strict=True):
            column.append((0, ~((near & ~d[6]) | (far & d[6]))))
        multiplier.add_digits(columns, d[:6], self.slope, self.slope3)
        tree = multiplier.reduce_columns(m, platform, columns, rows=1, name="add")
        return multiplier.flatten(tree)

    def _shift(self, m: Module, product: Value) -> Value:
        """Return `product`, shifted right by the place of the leading one and rounded."""
        nearest = self.shape.config.rounding == "nearest"
        if nearest:
            product = Cat(Const(0, 1), product)
        bits = 9 + nearest  # a leading-bit reciprocal is less than twice too large
        shifted = Signal(bits)
        terms = []
        for line, k in zip(self.place_onehot, self.shape.exponents, strict=True):
            part = product[k : k + bits]
            terms.append(part & line.replicate(len(part)))
        total: Value = terms[0]
        for term in terms[1:]:
            total = total | term
        m.d.comb += shifted.eq(total)
        return (shifted + 1)[1 : bits + 1] if nearest else shifted


class HccsScale(RowScale):
    """Last stage: turns beats of distances into beats of codes (see RowScale for the timing).

    Parameters:
        shape: widths and layouts.
        adders: "operators" or "cells" (see ScaleLane).

    Members:
        beats: stream in: distances that wait for the line of their row.
        lines: stream in: the line of each row, or with HccsShape.shifts the place of the leading
            one of its sum.
        scale_head: head of the row; only with HccsShape.shifts.
        scale_constants: constants of that head, in the same cycle; only with HccsShape.shifts.
        codes: stream out: beats of codes.
    """

    def __init__(self, shape: HccsShape, adders: str) -> None:
        self.adders = adders
        more = {}
        if shape.shifts:
            more = {"scale_head": Out(shape.head_bits), "scale_constants": In(shape.constants)}
        line = shape.total if shape.shifts else shape.line
        super().__init__(shape, shape.kept_distances, line, more)

    def lanes(self, m: Module, platform: object) -> list[Value]:
        """Form the values that all lanes share, and place the lanes."""
        shape, beat, row = self.shape, self.beats.payload, self.lines.payload
        shared: dict[str, Value] = {}
        if shape.shifts:
            m.d.comb += self.scale_head.eq(row.head)
            shared["base"], shared["slope"] = ~self.scale_constants.B, self.scale_constants.S
            places = Signal(len(shape.exponents))
            m.d.comb += places.eq(Cat(*(equals(row.sum, k) for k in shape.exponents)))
            shared["place_onehot"] = places
        else:
            shared["base"], shared["slope"] = row.base, row.slope
        if self.adders == "cells":
            base, slope = shared["base"], shared["slope"]
            base64 = Signal(len(base))
            slope3 = Signal(len(slope) + 2)
            m.d.comb += [
                base64.eq((base + (slope << 6))[: len(base)]),
                slope3.eq(slope + (slope << 1)),
            ]
            shared |= {"base64": base64, "slope3": slope3[: len(base)]}

        results = []
        for number in range(shape.lanes):
            lane = ScaleLane(shape, self.adders)
            place(m, platform, f"lane{number}", lane, "hccs_scale_lane")
            m.d.comb += [
                lane.distance.eq(beat.values[number]),
                lane.masked.eq(beat.mask[number]),
                *(getattr(lane, name).eq(value) for name, value in shared.items()),
            ]
            results.append(lane.code)
        return results
