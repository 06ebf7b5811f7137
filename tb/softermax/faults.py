# SPDX-License-Identifier: Apache-2.0
"""Faults planted in the Softermax unit; those of the stages that it shares stand with HCCS."""

from functools import partial
from typing import Any

from surmax.tb.proof import mutation

_PLAIN: dict[str, Any] = {
    "unit": "softermax",
    "preset": "u8",
    "lanes": 2,
    "heads": 2,
    "max_length": 8,
}
_PAPER = _PLAIN | {"preset": "paper"}
_FINE = _PLAIN | {"preset": "i16"}
_PAPER_CELLS = _PAPER | {"adders": "cells"}

Fault = partial(mutation.Fault, unit=_PLAIN)

FAULTS = (
    Fault(
        "mask ignored in the maximum",
        "softermax/receive.py",
        "Cat(~beat.mask, ~first)",
        "Cat(~(beat.mask ^ beat.mask), ~first)",
    ),
    Fault(
        "maximum of the row before",
        "softermax/receive.py",
        "Cat(~beat.mask, ~first)",
        "Cat(~beat.mask, ~(first ^ first))",
    ),
    Fault(
        "sum of the row before",
        "softermax/receive.py",
        "(first | rise[shape.rise_bits :].any())",
        "rise[shape.rise_bits :].any()",
    ),
    Fault(
        "a large rise wraps",
        "softermax/receive.py",
        "(first | rise[shape.rise_bits :].any())",
        "first",
    ),
    Fault(
        "sum not renormalised",
        "softermax/receive.py",
        "rise.eq((top - before)[: shape.top_bits])",
        "rise.eq(0)",
    ),
    Fault(
        "maximum rounded down",
        "softermax/receive.py",
        "part[2:] + part[:2].any() if self.shape.rounded_up",
        "part[2:] + 0 if self.shape.rounded_up",
        unit=_PAPER,
    ),
    Fault(
        "mask ignored in the lanes",
        "softermax/receive.py",
        "lane.masked.eq(beat.mask[number])",
        "lane.masked.eq(0)",
    ),
    Fault(
        "far scores come back",
        "softermax/receive.py",
        "gone = self.masked | distance[bits:].any()",
        "gone = self.masked",
    ),
    Fault(
        "fractions of a neighbour",
        "softermax/receive.py",
        "fraction = beat.scores[number][:2]",
        "fraction = beat.scores[number ^ 1][:2]",
    ),
    Fault(
        "scores of other sign",
        "softermax/receive.py",
        "Cat(score[low:7], ~score[7])",
        "score[low:]",
    ),
    Fault(
        "borrow lost",
        "softermax/receive.py",
        "multiplier.add_value(columns, self.whole)",
        "multiplier.add_value(columns, self.whole[:4])",
        unit=_PAPER_CELLS,
    ),
    Fault(
        "exponential of the next quarter",
        "softermax/sum.py",
        "for value in self.config.values]",
        "for value in sorted(self.config.values)[::-1]]",
    ),
    Fault(
        "two bits of an exponential's shift lost",
        "softermax/sum.py",
        "Cat(self.fraction, self.distance[:2])",
        "Cat(self.fraction, self.distance[:2] ^ self.distance[:2])",
    ),
    Fault(
        "beat's sum not rounded",
        "softermax/sum.py",
        "values[0] + config.rounding",
        "values[0]",
        unit=_PAPER,
    ),
    Fault(
        "sum lost behind a row that goes out",
        "softermax/sum.py",
        "room.eq(~self.totals.valid | self.totals.ready)",
        "room.eq(1)",
    ),
    Fault(
        "beat overwritten in a stall",
        "softermax/sum.py",
        "free.eq(~occupied | room)",
        "free.eq(1)",
    ),
    Fault(
        "sum shown after every beat",
        "softermax/sum.py",
        "self.totals.valid.eq(add & beat.last)",
        "self.totals.valid.eq(add)",
    ),
    Fault(
        "maximum of the row before in the exponent",
        "softermax/reciprocal.py",
        "(row.top + places - zeros)",
        "(line.exponent + places - zeros)",
    ),
    Fault(
        "line overwritten",
        "softermax/reciprocal.py",
        "self.totals.ready.eq(~self.lines.valid | self.lines.ready)",
        "self.totals.ready.eq(1)",
    ),
    Fault(
        "slope of another segment",
        "softermax/reciprocal.py",
        "(start - (slope * x >>",
        "(start - (start * x >>",
    ),
    Fault(
        "leading one left in",
        "softermax/reciprocal.py",
        "padded[-kept - 1 : -1]",
        "padded[-kept:]",
    ),
    Fault(
        "rounding half missing",
        "softermax/scale.py",
        "(halves + 1) >> 1",
        "halves >> 1",
    ),
    Fault(
        "wrong multiple of the reciprocal",
        "softermax/scale.py",
        "((rho << 5) - by3)",
        "((rho << 5) + by3)",
    ),
    Fault(
        "not saturated",
        "softermax/scale.py",
        "if config.overshoots:",
        "if 0:",
        unit=_FINE,
    ),
    Fault(
        "beat's own maximum taken for the row's",
        "softermax/scale.py",
        "shift.eq(self.distance + self.fall)",
        "shift.eq(self.distance)",
    ),
    Fault(
        "a far fall wraps",
        "softermax/scale.py",
        "far.replicate(shape.place_bits)",
        "0",
    ),
    Fault(
        "reset in mid-row leaves its beats",
        "parts/fifo.py",
        "level = Signal(range(depth + 1))",
        "level = Signal(range(depth + 1), reset_less=True)",
    ),
    Fault(
        "buffer too short",
        "softermax/unit.py",
        "shape.max_beats + 2)",
        "shape.max_beats)",
    ),
)
