# SPDX-License-Identifier: Apache-2.0
"""Faults planted in the integer softmax unit.

Faults of the stages that it shares with HCCS are planted there. Some of them are planted here too,
where this unit uses the stage in another way.
"""

from dataclasses import replace
from functools import partial

from surmax.golden import SOFTMAX_PRESETS
from surmax.rtl import SoftmaxBuild
from surmax.tb.proof import mutation

_PLAIN = SoftmaxBuild(SOFTMAX_PRESETS["u8"], lanes=2, heads=2, max_length=8)
_FLOWING = replace(_PLAIN, divider_bits=16)
_FINE = replace(_PLAIN, config=SOFTMAX_PRESETS["i16"])
_CELLS = replace(_PLAIN, adders="cells")

_TIME_LANE, _EXP_LANE, _PRODUCT_LANE = (
    f"softmax_{name}_lane" for name in ("time", "exp", "product")
)

Fault = partial(mutation.Fault, build=_PLAIN)

FAULTS = (
    # Five bits of the product are cut; the half of an ulp that was added carried where bit 4 is 0.
    Fault("time not rounded", _TIME_LANE, "fraction", "right == 0 ? right : right - !product[4]"),
    Fault("mask ignored", _TIME_LANE, "masked", "1'b0"),
    Fault("far exponentials come back", _TIME_LANE, "dead", "masked"),
    Fault("entry of the next fraction", _EXP_LANE, "time", "{right[11:7], right[6:0] + 7'h1}"),
    Fault("no interpolation", _EXP_LANE, "fall", "1'b0", build=_FINE),
    Fault("largest shift left out", _EXP_LANE, "time", "{right[11], 1'b0, right[9:0]}"),
    Fault("three times the rate is twice", _TIME_LANE, "rate3", "rate << 1", build=_CELLS),
    Fault("sum of the row before", "softmax_exp", "first", "1'b0"),
    Fault("reset in mid-row leaves its sum", "softmax_exp", "first", "rst ? first : right"),
    Fault("maximum of the next row", "softmax_exp", "tops__ready", "kept__ready"),
    Fault("rate of head 0", "softmax_exp", "rate_head", "1'b0"),
    Fault("sum lost behind a busy divider", "softmax_exp", "free", "1'b1"),
    Fault(
        "times overwritten in a stall", "softmax_exp", "kept__ready", "kept__valid & tops__valid"
    ),
    Fault("row ends a beat early", "softmax_exp", "sum_last", "move ? kept__payload[18] : right"),
    Fault("exponent of the next row", "softmax_reciprocal", "pending", "exponent"),
    Fault("factor overwritten", "softmax_reciprocal", "factors__ready", "1'b1"),
    Fault("normalised by a bit too few", "softmax_reciprocal", "shifted0", "shifted1"),
    Fault(
        "cut product not made good",
        _PRODUCT_LANE,
        "product",
        f"right - {_PLAIN.config.offset}",
    ),
    # An even number of halves is not rounded up.
    Fault("rounding half missing", _PRODUCT_LANE, "product", "right & ~(place_onehot << 12)"),
    Fault(
        "columns dropped at another place",
        _PRODUCT_LANE,
        "product",
        f"value * rho + {_PLAIN.config.offset}",
    ),
    Fault("three times rho is twice", _PRODUCT_LANE, "rho3", "rho << 1", build=_CELLS),
    Fault("top bit lost before the shift", _PRODUCT_LANE, "product", "{1'b0, right[20:0]}"),
    Fault("factor of the next row", "softmax_scale", "lines__ready", "beats__ready"),
    Fault("quotient bit lost", "surmax_divider", "step_less0", "{1'b1, right[12:0]}"),
    Fault(
        "division starts with the rest of the one before",
        "surmax_divider",
        "rest",
        "start ? rest : right",
    ),
    # The last of five words, and of eight.
    Fault(
        "score buffer too short",
        "softmax_unit/scores",
        "i__ready",
        "right & level < 4",
        build=_FLOWING,
    ),
    Fault(
        "value buffer too short",
        "softmax_unit/values",
        "i__ready",
        "right & level < 7",
        build=_FLOWING,
    ),
    Fault("loads without valid", "softmax_constant_storage", "load__valid", "1'b1"),
    Fault(
        "a load writes all heads",
        "softmax_constant_storage",
        "head[01]",
        "load__valid ? load__payload[11:1] : right",
    ),
)
