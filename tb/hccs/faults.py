# SPDX-License-Identifier: Apache-2.0
"""Faults planted in the HCCS unit."""

from functools import partial
from typing import Any

from surmax.tb.proof import mutation

_PLAIN: dict[str, Any] = {
    "unit": "hccs",
    "preset": "div",
    "lanes": 2,
    "heads": 2,
    "max_length": 8,
    "divider_bits": 4,
}
_FLOWING = _PLAIN | {"preset": "clb"}
_TWO = _PLAIN | {"dividers": 2}
_PIPELINED = _PLAIN | {"divider": "pipelined"}
_NEAREST = _PLAIN | {"preset": "nearest"}
_CLB2 = _PLAIN | {"preset": "clb2"}
_CELLS = _FLOWING | {"adders": "cells"}

Fault = partial(mutation.Fault, unit=_PLAIN)

FAULTS = (
    Fault(
        "mask ignored in the maximum",
        "rows/receive.py",
        "Cat(~beat.mask, ~first)",
        "Cat(~(beat.mask ^ beat.mask), ~first)",
    ),
    Fault(
        "maximum of the row before",
        "rows/receive.py",
        "Cat(~beat.mask, ~first)",
        "Cat(~beat.mask, ~(first ^ first))",
    ),
    Fault(
        "over-long row not cut",
        "rows/receive.py",
        "full.eq(equals(position, shape.max_beats - 1))",
        "full.eq(0)",
    ),
    Fault(
        "rest of an over-long row not dropped",
        "rows/receive.py",
        "dropping.eq(~beat.last)",
        "dropping.eq(0)",
    ),
    Fault(
        "head of the first beat",
        "rows/receive.py",
        "tops.head.eq(beat.head)",
        "tops.head.eq(beat.head & ~first)",
    ),
    Fault("clamp off by one", "hccs/sum.py", "(top - clip)[:8]", "(top - clip + 1)[:8]"),
    Fault(
        "mask ignored in the sum",
        "hccs/sum.py",
        "list(~beat.mask), shape.count_bits",
        "list(~(beat.mask ^ beat.mask)), shape.count_bits",
    ),
    Fault("sum of the row before", "hccs/sum.py", "Mux(first, 0, before)", "before"),
    Fault(
        "maximum of the next row",
        "hccs/sum.py",
        "tops.ready.eq(move & beat.last)",
        "tops.ready.eq(move)",
    ),
    Fault(
        "head of the next row for the reciprocal",
        "hccs/sum.py",
        "result.head.eq(pending.head)",
        "result.head.eq(row.head)",
    ),
    Fault(
        "sum lost behind a busy divider",
        "hccs/sum.py",
        "free.eq(~occupied | ~pending.last | self.totals.ready)",
        "free.eq(1)",
    ),
    Fault(
        "reset in mid-row leaves its sum",
        "hccs/sum.py",
        "first = Signal(init=1)\n",
        "first = Signal(init=1, reset_less=True)\n",
    ),
    Fault(
        "quotient bit lost",
        "parts/divider.py",
        "insert(0, ~less[-1])",
        "insert(0, ~less[-1] & int(number > 0))",
    ),
    Fault(
        "constants of another row's head in the divider",
        "parts/divider.py",
        "if self.hold:",
        "if not self.dividend:",
    ),
    Fault(
        "rows swapped between dividers",
        "hccs/reciprocal.py",
        "for unit in units], of)\n        split",
        "for unit in units], to)\n        split",
        unit=_TWO,
    ),
    Fault(
        "rounding half missing",
        "hccs/reciprocal.py",
        "[: self.shape.offset_bits] if half else offset",
        "[: self.shape.offset_bits] if 0 else offset",
        unit=_NEAREST,
    ),
    Fault(
        "mantissa bits swapped",
        "hccs/reciprocal.py",
        "choose(values, behind)",
        "choose(values, behind[::-1])",
        unit=_CLB2,
    ),
    Fault(
        "bubbles do not fill up",
        "hccs/reciprocal.py",
        "ready = ~valids[k] | ready",
        "ready = ready",
        unit=_PIPELINED,
    ),
    Fault(
        "mask ignored in the output",
        "hccs/scale.py",
        "lane.masked.eq(beat.mask[number])",
        "lane.masked.eq(0)",
    ),
    Fault(
        "saturation missing",
        "hccs/scale.py",
        "if config.saturates else",
        "if 0 else",
        unit=_FLOWING,
    ),
    Fault(
        "line of the next row",
        "rows/scale.py",
        "lines.ready.eq(move & beat.last)",
        "lines.ready.eq(move)",
    ),
    Fault(
        "TLAST early",
        "rows/scale.py",
        "codes.last.eq(beat.last)",
        "codes.last.eq(beat.last | beat.mask.all())",
    ),
    Fault(
        "payload changes in a stall",
        "rows/scale.py",
        "free.eq(~self.codes.valid | self.codes.ready)",
        "free.eq(1)",
    ),
    Fault(
        "valid waits for ready",
        "rows/scale.py",
        "self.lines.valid & free)",
        "self.lines.valid & free & self.codes.ready)",
    ),
    Fault(
        "slope shifted in the tree",
        "parts/multiplier.py",
        "three & triple[k]",
        "two & triple[k]",
        unit=_CELLS,
    ),
    Fault("buffer overflows", "parts/fifo.py", "~equals(level, depth)", "~(level ^ level).any()"),
    Fault(
        "pointers wrap a word early",
        "parts/fifo.py",
        "following(pointer, depth)",
        "following(pointer, depth - 1)",
    ),
    Fault(
        "waiting word overwritten",
        "parts/fifo.py",
        "get.eq(level.any() & (~self.o.valid | self.o.ready))",
        "get.eq(level.any())",
    ),
    Fault(
        "reset leaves beats in",
        "parts/fifo.py",
        "level = Signal(range(depth + 1))",
        "level = Signal(range(depth + 1), reset_less=True)",
    ),
    Fault(
        "score buffer too short",
        "rows/unit.py",
        '"scores", receive.kept, depth',
        '"scores", receive.kept, depth - 1',
        unit=_FLOWING,
    ),
    Fault(
        "distance buffer too short",
        "hccs/unit.py",
        "beats + 2 + latency,",
        "beats + 1 + latency,",
        unit=_FLOWING,
    ),
    Fault(
        "a load writes all heads",
        "rows/constants.py",
        "mine & equals(self.load.payload.head, head)",
        "mine",
    ),
)
