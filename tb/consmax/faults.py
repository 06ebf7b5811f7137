# SPDX-License-Identifier: Apache-2.0
"""Faults planted in the ConSmax unit."""

from functools import partial
from typing import Any

from surmax.tb.proof import mutation

_PLAIN: dict[str, Any] = {"unit": "consmax", "preset": "small", "lanes": 2, "heads": 2, "stages": 2}
_CELLS = _PLAIN | {"adders": "cells"}
_ONE_STAGE = _PLAIN | {"stages": 1}
_MIXED = _PLAIN | {"preset": "mixed", "stages": 1}

Fault = partial(mutation.Fault, unit=_PLAIN)

FAULTS = (
    Fault("wrong shift", "consmax/lane.py", "whole >> distance", "whole >> (distance >> 1)"),
    Fault(
        "top product bit dropped",
        "consmax/lane.py",
        "whole = product[config.point_bits - (not half_added) :]",
        "whole = product[config.point_bits - (not half_added) : len(product) - 2]",
    ),
    Fault("rounding half missing", "consmax/lane.py", "(shifted + 1)[1:]", "shifted[1:]"),
    Fault("saturation one bit late", "consmax/lane.py", "rounded[bits:]", "rounded[bits + 1 :]"),
    Fault("mask ignored", "consmax/lane.py", 'kept = Mux(state["mask"], 0, code)', "kept = code"),
    Fault(
        "compensation left out",
        "consmax/lane.py",
        "product + config.compensation",
        "product + 0",
    ),
    Fault(
        "one table's write enable also writes the other",
        "consmax/tables.py",
        "mine & equals(write.table, table) & equals(write.index, index)",
        "mine & equals(write.index, index)",
    ),
    Fault(
        "a load writes all heads",
        "consmax/tables.py",
        "self.load.valid & equals(write.head, head) if",
        "self.load.valid if",
    ),
    Fault(
        "table index off by one",
        "consmax/tables.py",
        "equals(write.index, index)",
        "equals(write.index, (index + 1) % 16)",
    ),
    Fault(
        "head index ignored", "consmax/unit.py", "storage.head.eq(beat.head)", "storage.head.eq(0)"
    ),
    Fault(
        "lanes swapped", "consmax/unit.py", "beat.scores[first + k]", "beat.scores[(first + k) ^ 1]"
    ),
    Fault(
        "payload changes in a stall",
        "consmax/unit.py",
        "advance[k].eq(ready & source[k])",
        "advance[k].eq(source[k])",
    ),
    Fault(
        "beat lost in a stall", "consmax/unit.py", "self.i.ready.eq(ready)", "self.i.ready.eq(1)"
    ),
    Fault(
        "beat taken twice in a stall",
        "consmax/unit.py",
        "valid[k].eq(source[k])",
        "valid[k].eq(source[k] | valid[k] & ~self.o.ready)",
    ),
    Fault(
        "bubbles do not fill up", "consmax/unit.py", "ready = ~valid[k] | ready", "ready = ready"
    ),
    Fault(
        "TLAST of the next beat",
        "consmax/unit.py",
        "self.o.payload.tag).eq(side[-1])",
        "self.o.payload.tag).eq(side[-2])",
    ),
    Fault(
        "valid waits for ready",
        "consmax/unit.py",
        "self.o.valid.eq(valid[-1])",
        "self.o.valid.eq(valid[-1] & self.o.ready)",
        unit=_ONE_STAGE,
    ),
    Fault(
        "reset leaves beats in",
        "consmax/unit.py",
        "valid = Signal(self.stages)",
        "valid = Signal(self.stages, reset_less=True)",
    ),
    Fault(
        "adder without carry", "parts/multiplier.py", "(c & (a ^ b))", "(c & (a & b))", unit=_CELLS
    ),
    Fault(
        "mode stuck at 16 bit", "consmax/tables.py", "mode.eq(word[0])", "mode.eq(1)", unit=_MIXED
    ),
    Fault(
        "mask of the high byte ignored",
        "consmax/lane.py",
        'state["mask"].any()',
        'state["mask"][0]',
        unit=_MIXED,
    ),
    Fault(
        "shift of the high byte left out",
        "consmax/lane.py",
        '_sum(values["shift0"], values["shift1"])',
        'values["shift0"]',
        unit=_MIXED,
    ),
)
