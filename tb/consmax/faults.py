# SPDX-License-Identifier: Apache-2.0
"""Faults planted in the ConSmax unit."""

from functools import partial

from surmax.golden import CONSMAX_PRESETS
from surmax.rtl import ConsmaxBuild
from surmax.tb.proof import mutation

_PLAIN = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2, heads=2, stages=2)
_CELLS = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2, heads=2, stages=2, adders="cells")
_ONE_STAGE = ConsmaxBuild(CONSMAX_PRESETS["small"], lanes=2, heads=2)
_MIXED = ConsmaxBuild(CONSMAX_PRESETS["mixed"], lanes=2, heads=2)

# A write to the tables, as consmax_storage gets it: word, index, table (of two), head (of two).
_WORD_5_OF_TABLE_1_OF_HEAD_0 = "load__valid & load__payload[5:0] == 6'b0101_1_0"
_WORD_5_OF_TABLE_0 = "load__valid & load__payload[5:1] == 5'b0101_0"

Fault = partial(mutation.Fault, build=_PLAIN)

FAULTS = (
    Fault("wrong shift", "consmax_lane", "shift0_r", "right >> 1"),
    Fault("top product bit dropped", "consmax_lane", "product0_r", "{2'b0, right[18:0]}"),
    Fault("rounding half missing", "consmax_lane", "code0_rounded", "shifted >> 1"),
    Fault("saturation one bit late", "consmax_lane", "code0_overflow", "| code0_rounded[12:9]"),
    Fault("mask ignored", "consmax_lane", "mask", "1'b0"),
    Fault(
        "compensation left out",
        "consmax_lane",
        "product0_r",
        f"advance[0] ? right - 10'd{_PLAIN.config.compensation} : right",
    ),
    Fault(
        "one table's write enable also writes the other",
        "consmax_storage",
        "head0_table0_5",
        f"{_WORD_5_OF_TABLE_1_OF_HEAD_0} ? word : right",
    ),
    Fault(
        "a load writes all heads",
        "consmax_storage",
        "head?_table0_5",
        f"{_WORD_5_OF_TABLE_0} ? word : right",
    ),
    Fault(
        "table index off by one",
        "consmax_storage",
        "load__payload",
        "{right[17:6], right[5:2] + 4'h1, right[1:0]}",
    ),
    # Payload and index move while nothing is loaded.
    Fault("loads without valid", "consmax_storage", "load__valid", "1'b1"),
    Fault(
        "bit of a stored word tied to another one",
        "consmax_storage",
        "head0_table0_15",
        "right & ~10'h1 | right >> 3 & 10'h1",
    ),
    Fault("bit of a stored word always set", "consmax_storage", "head1_table1_12", "right | 1"),
    Fault("head index ignored", "consmax_storage", "head", "1'b0"),
    Fault("lanes swapped", "consmax_stream", "s_scores", "{right[7:0], right[15:8]}"),
    Fault("payload changes in a stall", "consmax_unit", "advance", "{valid[0], i__valid}"),
    Fault("beat lost in a stall", "consmax_unit", "i__ready", "1'b1"),
    # The first stage takes the beat all the same.
    Fault("beat taken twice in a stall", "consmax_unit", "i__ready", "right & o__ready"),
    Fault(
        "bubbles do not fill up",
        "consmax_unit",
        "i__valid",
        "right & o__ready",
        also=(("i__ready", "right & o__ready"),),
    ),
    Fault("TLAST of the next beat", "consmax_unit", "o__payload", "{side0, right[15:0]}"),
    Fault(
        "valid waits for ready", "consmax_stream", "m_valid", "right & m_ready", build=_ONE_STAGE
    ),
    Fault("reset leaves beats in", "consmax_unit", "o__valid", "rst ? o__valid : right"),
    Fault("adder without carry", "surmax_full_adder", "carry", "a & b", build=_CELLS),
    Fault("mode stuck at 16 bit", "consmax_storage", "head?_wide", "1'b1", build=_MIXED),
    Fault(
        "mask of the high byte ignored",
        "consmax_lane",
        "mask",
        "{right[1] & ~wide, right[0]}",
        build=_MIXED,
    ),
    Fault(
        "shift of the high byte left out",
        "consmax_lane",
        "chain_shift",
        "high0[21:17]",
        build=_MIXED,
    ),
)
