# SPDX-License-Identifier: Apache-2.0
"""Last stage of an HCCS unit: a code for each score, and its lane."""

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from surmax.rtl.hccs.shape import SLOPE_BITS, HccsShape
from surmax.rtl.parts import multiplier
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.logic import equals
from surmax.rtl.rows.scale import RowScale


class ScaleLane(wiring.Component):
    """The code of one score, combinationally, from its distance d and values shared by a row.

    With HccsShape.shifts: (255*(offset - d*slope)) >> k, offset and slope being B and S; else
    (offset - d*slope) >> fraction_bits, offset and slope being those of the line. Rounded as the
    configuration says, saturated, 0 where masked. The offset comes as its complement, `base`,
    because offset - d*slope is the complement of base + d*slope.

    Parameters:
        shape: widths.
        adders: "operators" writes the product with `*`; "cells" as rows of two bits of d each,
            which select a multiple of the slope, and full-adder modules.

    Attributes:
        distance: d.
        masked: the code is 0.
        base, slope: of the row.
        base64, slope3: base + 64*slope and 3*slope, for "cells".
        place_onehot: bit k is set when the row sum's leading one is bit k of HccsShape.exponents.
        code: the output.
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
        """Return the complement of base + d*slope, which is what a tree on complements gives."""
        d = self.distance
        columns: multiplier.Columns = [[] for _ in range(self.width)]
        for column, near, far in zip(columns, self.base, self.base64, strict=True):
            column.append((0, ~((near & ~d[6]) | (far & d[6]))))
        multiplier.add_digits(columns, d[:6], self.slope, self.slope3)
        tree = multiplier.reduce_columns(m, platform, columns, rows=1, name="add")
        return multiplier.flatten(tree)

    def _shift(self, m: Module, product: Value) -> Value:
        """Return `product` shifted right by the place of the leading one, rounded."""
        nearest = self.shape.config.rounding == "nearest"
        if nearest:
            product = Cat(Const(0, 1), product)
        bits = 9 + nearest  # rho is at most twice too large
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
    """Codes of each beat of distances once its row's line is there (see RowScale).

    Attributes:
        beats: beats of d that wait.
        lines: their rows' lines, or with HccsShape.shifts their sums.
        scale_head, scale_constants: with HccsShape.shifts head of the row, and its constants.
        codes: beats of codes.
    """

    def __init__(self, shape: HccsShape, adders: str) -> None:
        self.adders = adders
        more = {}
        if shape.shifts:
            more = {"scale_head": Out(shape.head_bits), "scale_constants": In(shape.constants)}
        line = shape.total if shape.shifts else shape.line
        super().__init__(shape, shape.kept_distances, line, more)

    def lanes(self, m: Module, platform: object) -> list[Value]:
        """Share what a row shares."""
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
