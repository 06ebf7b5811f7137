# SPDX-License-Identifier: Apache-2.0
"""int8 attention scores recorded from two real models: recorded.npz, see docs/recorded.md."""

import json
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt
from surmax.common.digest import data_file
from surmax.common.errors import InputError, check_choice

LENGTHS = (64, 256)
# Rows of one head: constants are chosen on the first part, errors are measured on the second.
PARTS = ("calibration", "test")

Int8Array = npt.NDArray[np.int8]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RecordedRows:
    """Rows of one head, in runs of 8 consecutive queries of one text.

    Attributes:
        scores: int8 (rows, length), as the quantised QK^T gives them, not centred on a maximum;
            masked positions too.
        mask: bool (rows, length), True where a causal model hides the position. Position 0 is
            never masked.
    """

    scores: Int8Array
    mask: BoolArray


@dataclass(frozen=True)
class RecordedHead:
    """One head of a model: which one, and its rows.

    Attributes:
        model: the model's name.
        layer, head: from 0.
        scale: real score units a code: max|QK^T/sqrt(d)|/127 over 2048 calibration rows.
        causal: whether its rows have masked positions.
    """

    model: str
    layer: int
    head: int
    scale: float
    causal: bool
    _rows: dict[tuple[int, str], RecordedRows] = field(repr=False, compare=False)

    def rows(self, length: int, part: str = "test") -> RecordedRows:
        """Return the rows of `length` positions: 64 of 64, 32 of 256.

        Raises InputError when nothing was recorded at that length, or `part` is not of PARTS.
        """
        if length not in LENGTHS:
            known = " or ".join(map(str, LENGTHS))
            raise InputError(f"length is {length!r}: rows of {known} positions were recorded")
        check_choice("part", part, PARTS)
        return self._rows[length, part]


@cache
def recorded_heads() -> tuple[RecordedHead, ...]:
    """Return the recorded heads: 8 of MiniLM-L6 (no mask), 6 of SmolLM2-135M (causal mask)."""
    with np.load(data_file(__package__, "recorded.npz")) as arrays:
        about = json.loads(arrays["about"].tobytes())
        scores = {length: arrays[f"scores{length}"] for length in LENGTHS}
        visible = {length: arrays[f"visible{length}"] for length in LENGTHS}
    heads = []
    for at, one in enumerate(about["heads"]):
        masks = {n: np.arange(n) >= visible[n][at][:, None] for n in LENGTHS}
        rows = {
            (length, part): RecordedRows(scores[length][at, k], masks[length])
            for length in LENGTHS
            for k, part in enumerate(PARTS)
        }
        heads.append(RecordedHead(**one, causal=bool(masks[LENGTHS[0]].any()), _rows=rows))
    return tuple(heads)


def recorded_rows(length: int, *, causal: bool = False) -> RecordedRows:
    """Return the test rows of all heads with (causal) or without masked positions, head by head.

    `length` as in RecordedHead.rows, and the same InputError.
    """
    rows = [one.rows(length) for one in recorded_heads() if one.causal == causal]
    return RecordedRows(
        np.concatenate([one.scores for one in rows]), np.concatenate([one.mask for one in rows])
    )
