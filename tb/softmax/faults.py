# SPDX-License-Identifier: Apache-2.0
"""Faults planted in the integer softmax unit; those of the stages that it shares stand with HCCS.

Of each shared stage some are planted here too, where this unit uses it in another way.
"""

from functools import partial
from typing import Any

from surmax.tb.proof import mutation

_PLAIN: dict[str, Any] = {
    "unit": "softmax",
    "preset": "u8",
    "lanes": 2,
    "heads": 2,
    "max_length": 8,
}
_FLOWING = _PLAIN | {"divider_bits": 16}
_FINE = _PLAIN | {"preset": "i16"}
_CELLS = _PLAIN | {"adders": "cells"}

Fault = partial(mutation.Fault, unit=_PLAIN)

FAULTS = (
    Fault(
        "time not rounded",
        "softmax/exp.py",
        "distance * self.rate + (1 << (cut - 1))",
        "distance * self.rate",
    ),
    Fault(
        "mask ignored",
        "softmax/exp.py",
        "self.masked | whole[shape.whole_bits :].any()",
        "whole[shape.whole_bits :].any()",
    ),
    Fault(
        "far exponentials come back",
        "softmax/exp.py",
        "self.masked | whole[shape.whole_bits :].any()",
        "self.masked",
    ),
    Fault(
        "entry of the next fraction",
        "softmax/exp.py",
        "for value in values], entry",
        "for value in [*values[1:], values[0]]], entry",
    ),
    Fault(
        "no interpolation",
        "softmax/exp.py",
        "fall.eq(slope * rest)",
        "fall.eq(slope * 0)",
        unit=_FINE,
    ),
    Fault(
        "largest shift left out",
        "softmax/exp.py",
        "reversed(range(len(time.whole)))",
        "reversed(range(len(time.whole) - 1))",
    ),
    Fault(
        "three times the rate is twice",
        "softmax/exp.py",
        "rate3.eq(rate + (rate << 1))",
        "rate3.eq(rate + rate)",
        unit=_CELLS,
    ),
    Fault("sum of the row before", "softmax/exp.py", "Mux(first, 0, before)", "before"),
    Fault(
        "reset in mid-row leaves its sum",
        "softmax/exp.py",
        "first = Signal(init=1)\n",
        "first = Signal(init=1, reset_less=True)\n",
    ),
    Fault(
        "maximum of the next row",
        "softmax/exp.py",
        "tops.ready.eq(take & beat.last)",
        "tops.ready.eq(take)",
    ),
    Fault(
        "rate of head 0",
        "softmax/exp.py",
        "self.rate_head.eq(row.head)",
        "self.rate_head.eq(0)",
    ),
    Fault(
        "sum lost behind a busy divider",
        "softmax/exp.py",
        "free.eq(~summed | ~sum_last | self.totals.ready)",
        "free.eq(1)",
    ),
    Fault(
        "times overwritten in a stall",
        "softmax/exp.py",
        "& (~timed | move)",
        "& (~timed | timed)",
    ),
    Fault("row ends a beat early", "softmax/exp.py", "sum_last.eq(last)", "sum_last.eq(beat.last)"),
    Fault(
        "exponent of the next row",
        "softmax/reciprocal.py",
        "factor.exponent.eq(pending)",
        "factor.exponent.eq(exponent)",
    ),
    Fault(
        "factor overwritten",
        "softmax/reciprocal.py",
        "free.eq(~self.factors.valid | self.factors.ready)",
        "free.eq(1)",
    ),
    Fault(
        "normalised by a bit too few",
        "softmax/reciprocal.py",
        "reversed(range(places.bit_length()))",
        "reversed(range(1, places.bit_length()))",
    ),
    Fault(
        "cut product not made good",
        "softmax/scale.py",
        "Const(config.offset)",
        "Const(0)",
    ),
    Fault(
        "rounding half missing",
        "softmax/scale.py",
        "(shifted + 1)[1 : bits + 1]",
        "shifted[1 : bits + 1]",
    ),
    Fault(
        "columns dropped at another place",
        "softmax/scale.py",
        "max(self.shape.config.dropped_columns - low, 0)",
        "max(self.shape.config.dropped_columns - low - 2, 0)",
    ),
    Fault(
        "three times rho is twice",
        "softmax/scale.py",
        "rho3.eq(row.rho + (row.rho << 1))",
        "rho3.eq(row.rho + row.rho)",
        unit=_CELLS,
    ),
    Fault(
        "top bit lost before the shift",
        "softmax/scale.py",
        "halves[k : k + bits]",
        "halves[k:bits]",
    ),
    Fault(
        "factor of the next row",
        "rows/scale.py",
        "lines.ready.eq(move & beat.last)",
        "lines.ready.eq(move)",
    ),
    Fault(
        "quotient bit lost",
        "parts/divider.py",
        "insert(0, ~less[-1])",
        "insert(0, ~less[-1] & int(number > 0))",
    ),
    Fault(
        "division starts with the rest of the one before",
        "parts/divider.py",
        "rest.eq(self.dividend >> width)",
        "rest.eq(rest)",
    ),
    Fault(
        "score buffer too short",
        "rows/unit.py",
        '"scores", receive.kept, depth',
        '"scores", receive.kept, depth - 1',
        unit=_FLOWING,
    ),
    Fault(
        "value buffer too short",
        "softmax/unit.py",
        "beats + cycles + 3",
        "beats + cycles + 2",
        unit=_FLOWING,
    ),
    Fault(
        "a load writes all heads",
        "rows/constants.py",
        "mine & equals(self.load.payload.head, head)",
        "mine",
    ),
)
