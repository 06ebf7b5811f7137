# SPDX-License-Identifier: Apache-2.0
"""Count the instructions of the kernels for 32 scores and for a row, with the stand-in's ledger.

Rows of two lengths separate the instructions that grow with the scores from those that a row takes
once. Divided by the issue slots of the device, the counts give a lower bound of the cycles. It is
not a measurement: it leaves out latencies, dependences and the schedule of a compiler.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from surmax.aie.forms import Form
from surmax.aie.host_library import HostLibrary
from surmax.aie.layout import aligned, consmax_tables, head_records, pack, row_records
from surmax.golden import HccsConstants

# Kinds of the ledger that the vector, load and store units execute.
VECTOR_KINDS = ("load", "store", "alu", "mac", "srs", "ups", "move", "lookup")
SCALAR_KINDS = ("scalar", "clb", "divide")
REDUCTION = "reduce"
# For each issue slot: the kinds that share it, and how many of them an instruction word holds.
# Shifts (srs) and conversions (ups) can be part of stores and loads and are in no slot.
_FIRST_SLOTS = {
    # UG1079, "AI Engine Tile Architecture": two loads, one store, one vector operation, two moves.
    "load": (("load",), 2),
    "store": (("store",), 1),
    "vector": (("alu", "mac"), 1),
    "move": (("move",), 2),
}
_LATER_SLOTS = {
    # UG1603, "Architecture Overview": two loads, one store, one vector operation, one move; which
    # operations go where: llvm-aie, AIE2GenInstrInfo.td. Lane-wise operations share a slot with
    # moves, not with products.
    "load": (("load",), 2),
    "store": (("store",), 1),
    "move": (("alu", "move"), 1),
    "vector": (("mac",), 1),
    "lookup": (("lookup",), 1),
}
SLOTS = {"aie": _FIRST_SLOTS, "aie-ml": _LATER_SLOTS, "aie-mlv2": _LATER_SLOTS}
# Scores of a vector; the two row lengths are whole pairs of vectors.
VECTOR = 32
_SHORT, _LONG = 128, 256
_ROWS = 4
_CONSTANTS = HccsConstants(B=127, S=1, Dmax=100)

Counts = dict[str, float]


@dataclass(frozen=True)
class Operations:
    """The instructions of one kernel on one architecture.

    Attributes:
        architecture, kernel, schedule: names; "five stages" is the published structure.
        per_vector: native instructions of each kind for 32 scores.
        calls: calls of the API for 32 scores, of any number of native instructions each.
        per_row: native instructions of each kind that a row takes once, without its reciprocal.
        reciprocal: native instructions of each kind for the reciprocal of a row.
    """

    architecture: str
    kernel: str
    schedule: str
    per_vector: Counts
    calls: float
    per_row: Counts
    reciprocal: Counts

    @property
    def vector_operations(self) -> float:
        """Native vector operations, loads and stores for 32 scores."""
        return sum(self.per_vector.get(kind, 0) for kind in VECTOR_KINDS)

    @property
    def bound(self) -> float:
        """Cycles of the busiest issue slot for 32 scores: a lower bound."""
        return max(
            sum(self.per_vector.get(kind, 0) for kind in kinds) / each
            for kinds, each in SLOTS[self.architecture].values()
        )

    def to_json(self) -> dict[str, Any]:
        """Return all figures, JSON-ready."""
        return {
            "architecture": self.architecture,
            "kernel": self.kernel,
            "schedule": self.schedule,
            "per_vector": self.per_vector,
            "calls": self.calls,
            "vector_operations": self.vector_operations,
            "bound": self.bound,
            "per_row": self.per_row,
            "reciprocal": self.reciprocal,
        }


def hccs_operations(
    library: HostLibrary, architecture: str, form: Form, schedule: str
) -> Operations:
    """Return the instructions of an HCCS kernel; `library` must be built with the ledger.

    Raises ViolationError when the schedule does not exist for this form or architecture.
    """

    def run(length: int) -> None:
        layout = "rows" if schedule == "five stages" else schedule
        scores = pack(_scores(length), layout)
        codes = aligned(scores.shape, np.uint8 if form.output == "u8" else np.int16)
        records = row_records(np.zeros(_ROWS, np.int64), np.full(_ROWS, length), layout)
        heads = head_records([_CONSTANTS])
        library.hccs(form.words, schedule, scores, codes, records, heads, None, length)

    return _measure(library, architecture, form.name, schedule, run)


def consmax_operations(library: HostLibrary, architecture: str, output_bits: int) -> Operations:
    """Return the instructions of the ConSmax kernel with codes of 8 or 16 bits."""

    def run(length: int) -> None:
        scores = pack(_scores(length), "rows")
        codes = aligned(scores.shape, np.dtype(f"u{output_bits // 8}"))
        records = row_records(np.zeros(_ROWS, np.int64), np.full(_ROWS, length), "rows")
        tables = consmax_tables([np.arange(256)], architecture)
        library.consmax(scores, codes, records, tables, None, length)

    return _measure(library, architecture, f"consmax-{output_bits}", "rows", run)


def _scores(length: int) -> np.ndarray:
    return np.zeros((_ROWS, length), np.int8)


def _measure(
    library: HostLibrary, architecture: str, kernel: str, schedule: str, run: Any
) -> Operations:
    books = []
    for length in (_SHORT, _LONG):
        library.reset_ledger()
        run(length)
        books.append(library.ledger())
    short, long = books
    vectors = _ROWS * (_LONG - _SHORT) // VECTOR
    growth = {
        kind: [
            (_total(long, kind, which) - _total(short, kind, which)) / vectors for which in (0, 1)
        ]
        for kind in (*VECTOR_KINDS, *SCALAR_KINDS, REDUCTION)
    }
    once = _ROWS * _SHORT // VECTOR
    per_row = {
        kind: (_total(short, kind, 1, apart=("reciprocal",)) - both[1] * once) / _ROWS
        for kind, both in growth.items()
    }
    return Operations(
        architecture,
        kernel,
        schedule,
        _kept({kind: both[1] for kind, both in growth.items()}),
        sum(growth[kind][0] for kind in VECTOR_KINDS),
        _kept(per_row),
        _kept({k: v[1] / _ROWS for k, v in short.get("reciprocal", {}).items()}),
    )


def _total(
    book: dict[str, dict[str, list[int]]], kind: str, which: int, apart: Sequence[str] = ()
) -> int:
    return sum(
        counts.get(kind, [0, 0])[which] for name, counts in book.items() if name not in apart
    )


def _kept(counts: Counts) -> Counts:
    return {kind: round(count, 3) for kind, count in counts.items() if count}
