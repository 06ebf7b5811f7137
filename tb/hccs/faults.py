# SPDX-License-Identifier: Apache-2.0
"""Faults planted in the HCCS unit."""

from dataclasses import replace
from functools import partial

from surmax.golden import HCCS_PRESETS
from surmax.rtl import HccsBuild
from surmax.tb.proof import mutation

_PLAIN = HccsBuild(HCCS_PRESETS["div"], lanes=2, heads=2, max_length=8, divider_bits=4)
_FLOWING = replace(_PLAIN, config=HCCS_PRESETS["clb"])
_TWO = replace(_PLAIN, dividers=2)
_PIPELINED = replace(_PLAIN, divider="pipelined")
_NEAREST = replace(_PLAIN, config=HCCS_PRESETS["nearest"])
_CLB2 = replace(_PLAIN, config=HCCS_PRESETS["clb2"])
_CELLS = replace(_FLOWING, adders="cells")
_PLAIN_CELLS = replace(_PLAIN, adders="cells")

# The stages behind the reciprocal's register stand still.
_HELD = "(lines__valid & ~lines__ready)"

Fault = partial(mutation.Fault, build=_PLAIN)

FAULTS = (
    # The lowest bits stand for the lanes, the highest one for the maximum so far.
    Fault("mask ignored in the maximum", "surmax_row_receive", "alive7", "right | 3'b011"),
    Fault("maximum of the row before", "surmax_row_receive", "alive7", "right | 3'b100"),
    Fault("over-long row not cut", "surmax_row_receive", "full", "1'b0"),
    Fault("rest of an over-long row not dropped", "surmax_row_receive", "dropping", "1'b0"),
    Fault(
        "head of the first beat",
        "surmax_row_receive",
        "tops__payload",
        "{right[8] & ~first, right[7:0]}",
    ),
    Fault("clamp off by one", "hccs_sum", "least", "right + 8'h1"),
    Fault(
        "mask ignored in the sum",
        "hccs_sum",
        "pending",
        "{right[11:10], distances__valid ? 2'd2 : right[9:8], right[7:0]}",
    ),
    Fault("sum of the row before", "hccs_sum", "carried", "before"),
    Fault("maximum of the next row", "hccs_sum", "tops__ready", "distances__valid"),
    Fault(
        "head of the next row for the reciprocal",
        "hccs_sum",
        "totals__payload",
        "{tops__payload[8], right[14:0]}",
    ),
    Fault("sum lost behind a busy divider", "hccs_sum", "free", "1'b1"),
    Fault("reset in mid-row leaves its sum", "hccs_sum", "first", "rst ? first : right"),
    Fault("quotient bit lost", "hccs_divider", "step_less0", "{1'b1, right[15:0]}"),
    Fault(
        "constants of another row's head in the divider",
        "hccs_divider",
        "held0",
        "i__payload[26:15]",
    ),
    # Rows go to the dividers in turns, and come back in the other order.
    Fault("rows swapped between dividers", "hccs_reciprocal", "to", "rst | right", build=_TWO),
    Fault(
        "rounding half missing",
        "hccs_reciprocal",
        "o__payload",
        "{right[44:23], right[22:0] - 23'h4000}",
        build=_NEAREST,
    ),
    Fault(
        "mantissa bits swapped",
        "hccs_leading_bits",
        "sum",
        "right[14:12] == 1 ? {right[14:12], right[10], right[11], right[9:0]} : right",
        build=_CLB2,
    ),
    Fault(
        "bubbles do not fill up",
        "hccs_reciprocal",
        "totals__valid",
        f"right & ~{_HELD}",
        build=_PIPELINED,
        also=(
            ("totals__ready", f"right & ~{_HELD}"),
            ("valids", f"{_HELD} & ~rst ? valids : right"),
        ),
    ),
    Fault("mask ignored in the output", "hccs_scale_lane", "masked", "1'b0"),
    Fault("saturation missing", "hccs_scale_lane", "shifted", "{1'b0, right[7:0]}", build=_FLOWING),
    Fault("line of the next row", "hccs_scale", "lines__ready", "beats__ready"),
    Fault(
        "TLAST early",
        "hccs_scale",
        "codes__payload",
        "{right[16] | beats__ready & (& beats__payload[15:14]), right[15:0]}",
    ),
    Fault("payload changes in a stall", "hccs_scale", "free", "1'b1"),
    Fault("valid waits for ready", "hccs_scale", "beats__ready", "right & codes__ready"),
    Fault("slope shifted in the tree", "hccs_scale_lane", "slope3", "right << 1", build=_CELLS),
    # Slopes between a quarter and a third of B, which few random constants have.
    Fault(
        "code of a steep line wrong",
        "hccs_scale_lane",
        "code",
        "distance == 3 & slope * 20'd4 > base ? right ^ 8'h80 : right",
        build=_PLAIN_CELLS,
    ),
    Fault("buffer overflows", "surmax_fifo_*", "i__ready", "1'b1"),
    Fault(
        "pointers wrap a word early",
        "hccs_unit/scores",
        "write_address",
        "right == 4 ? 3'd0 : right",
        also=(("read_address", "right == 4 ? 3'd0 : right"),),
    ),
    Fault("waiting word overwritten", "surmax_fifo_*", "get", "| level"),
    Fault("reset leaves beats in", "surmax_fifo_*", "level", "rst ? level : right"),
    # The last of five words, and of six.
    Fault(
        "score buffer too short",
        "hccs_unit/scores",
        "i__ready",
        "right & level < 4",
        build=_FLOWING,
    ),
    Fault(
        "distance buffer too short",
        "hccs_unit/distances",
        "i__ready",
        "right & level < 5",
        build=_FLOWING,
    ),
    Fault("loads without valid", "hccs_constant_storage", "load__valid", "1'b1"),
    Fault(
        "bit of Dmax tied to another one",
        "hccs_constant_storage",
        "head1",
        "{right[25], right[23], right[23:0]}",
    ),
    Fault(
        "a load writes all heads",
        "hccs_constant_storage",
        "head[01]",
        "load__valid ? load__payload[26:1] : right",
    ),
)
