# SPDX-License-Identifier: Apache-2.0
"""Faults planted in the Softermax unit; those of the stages that it shares are planted in HCCS."""

from dataclasses import replace
from functools import partial

from surmax.golden import SOFTERMAX_PRESETS
from surmax.rtl import SoftermaxBuild
from surmax.tb.proof import mutation

_PLAIN = SoftermaxBuild(SOFTERMAX_PRESETS["u8"], lanes=2, heads=2, max_length=8)
_PAPER = replace(_PLAIN, config=SOFTERMAX_PRESETS["paper"])
_FINE = replace(_PLAIN, config=SOFTERMAX_PRESETS["i16"])
_PAPER_CELLS = replace(_PAPER, adders="cells")

_TAKEN = "totals__valid & totals__ready"

Fault = partial(mutation.Fault, build=_PLAIN)

FAULTS = (
    # The lowest bits stand for the lanes, the highest one for the maximum so far.
    Fault("mask ignored in the maximum", "softermax_receive", "alive5", "right | 3'b011"),
    Fault("maximum of the row before", "softermax_receive", "alive5", "right | 3'b100"),
    # Bits 18 to 14 are the rise of the maximum, all ones where nothing of the sum is left.
    Fault(
        "sum of the row before",
        "softermax_receive",
        "terms__payload",
        "{right[25:19], rise[4:0] | {5{rise[5]}}, right[13:0]}",
    ),
    Fault(
        "a large rise wraps",
        "softermax_receive",
        "terms__payload",
        "{right[25:19], rise[4:0] | {5{first}}, right[13:0]}",
    ),
    Fault("sum not renormalised", "softermax_receive", "rise", "6'h0"),
    Fault(
        "maximum rounded down",
        "softermax_receive",
        "kept__payload.top",
        "{found7, found6, found5, found4, found3, found2}",
        build=_PAPER,
        also=(("before", "best[7:2]"),),
    ),
    Fault("mask ignored in the lanes", "softermax_place_lane", "masked", "1'b0"),
    Fault(
        "far scores come back",
        "softermax_place_lane",
        "term",
        "distance[4:0] | {5{masked}}",
        also=(("kept", "distance[3:0] | {4{masked}}"),),
    ),
    Fault(
        "fractions of a neighbour",
        "softermax_receive",
        "terms__payload",
        "{right[25:9], right[1:0], right[6:2], right[8:7]}",
        also=(("kept__payload", "{right[18:8], right[1:0], right[5:2], right[7:6]}"),),
    ),
    Fault("scores of other sign", "softermax_receive", "column5", "{right[2], ~right[1:0]}"),
    Fault("borrow lost", "softermax_place_lane", "whole", "{2'b0, right[3:0]}", build=_PAPER_CELLS),
    Fault("exponential of the next quarter", "softermax_term_lane", "fraction", "~right"),
    Fault(
        "two bits of an exponential's shift lost",
        "softermax_term_lane",
        "distance",
        "{right[4:2], 2'b0}",
    ),
    Fault(
        "beat's sum not rounded",
        "softermax_sum",
        "value",
        f"right < {_PAPER.config.rounding} ? 16'd0 : right - {_PAPER.config.rounding}",
        build=_PAPER,
    ),
    # Bit 17 is 4.0; the rise is in the bits 18 to 14.
    Fault(
        "highest bit of a sum lost when the maximum rises by 4 to 7",
        "softermax_sum",
        "carried",
        "beat[18:16] == 1 ? right & ~(19'h2000 >> beat[15:14]) : right",
    ),
    Fault("sum lost behind a row that goes out", "softermax_sum", "room", "1'b1"),
    Fault("beat overwritten in a stall", "softermax_sum", "terms__ready", "1'b1"),
    Fault(
        "sum shown after every beat", "softermax_sum", "totals__valid", "room & ~rst ? add : right"
    ),
    Fault(
        "maximum of the row before in the exponent",
        "softermax_reciprocal",
        "lines__payload",
        f"{_TAKEN} ? "
        "{right[16:10] - totals__payload[24:19] + lines__payload[16:10], right[9:0]} : right",
    ),
    Fault("line overwritten", "softermax_reciprocal", "totals__ready", "1'b1"),
    # Steeper by eight: an eighth of the place within the segment is missing.
    Fault(
        "slope of another segment",
        "softermax_reciprocal",
        "lines__payload",
        f"{_TAKEN} ? right - shifted0[13:11] : right",
    ),
    Fault("leading one left in", "softermax_reciprocal", "shifted0", "right >> 1"),
    # An even number of halves is not rounded up.
    Fault("rounding half missing", "softermax_code_lane", "halves", "{right[9:1], 1'b0}"),
    # 280 = 8*(32 + 3), not 232 = 8*(32 - 3).
    Fault(
        "wrong multiple of the reciprocal",
        "softermax_scale",
        "product3",
        "(lines__payload[9:0] * 20'd280) >> 8",
    ),
    Fault("not saturated", "softermax_code_lane", "code", "(halves + 17'h1) >> 1", build=_FINE),
    Fault("beat's own maximum taken for the row's", "softermax_code_lane", "shift", "distance"),
    Fault("a far fall wraps", "softermax_scale", "fall", "distance[3:0]"),
    Fault("reset in mid-row leaves its beats", "surmax_fifo_*", "level", "rst ? level : right"),
    # The last two of six words.
    Fault("buffer too short", "softermax_unit/places", "i__ready", "right & level < 4"),
)
