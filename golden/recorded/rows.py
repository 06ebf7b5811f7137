# SPDX-License-Identifier: Apache-2.0
"""int8 attention scores recorded from two real models: recorded.npz, see docs/recorded.md."""

import json
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt
from surmax.common.digest import data_file
from surmax.common.errors import check_choice

LENGTHS = (64, 256)
# Parts of a head's rows: constants are chosen on the first one, errors measured on the second.
PARTS = ("calibration", "test")

Int8Array = npt.NDArray[np.int8]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RecordedRows:
    """Rows of one head: runs of 8 consecutive queries of one text.

    Attributes:
        scores: int8 (rows, length), the quantised QK^T, not shifted to a maximum. Masked
            positions have their scores as well.
        mask: bool (rows, length), True where a causal model masks the position; position 0 is
            never masked.
    """

    scores: Int8Array
    mask: BoolArray


@dataclass(frozen=True)
class RecordedHead:
    """One recorded head of a model.

    Attributes:
        model: name of the model.
        layer, head: place in the model, from 0.
        scale: real score units a code: max|QK^T/sqrt(d)|/127 over 2048 calibration rows.
        causal: whether rows have masked positions.
    """

    model: str
    layer: int
    head: int
    scale: float
    causal: bool
    _rows: dict[tuple[int, str], RecordedRows] = field(repr=False, compare=False)

    def rows(self, length: int, part: str = "test") -> RecordedRows:
        """Return the rows of a length: 64 rows of 64 positions, or 32 rows of 256 positions.

        Raises InputError unless `length` is in LENGTHS and `part` in PARTS.
        """
        known = check_choice("length", length, LENGTHS)
        return self._rows[known, check_choice("part", part, PARTS)]


@cache
def recorded_heads() -> tuple[RecordedHead, ...]:
    """Return the recorded heads: 8 of MiniLM-L6 (no mask), 6 of SmolLM2-135M (causal mask)."""
    with np.load(data_file(__package__, "recorded.npz")) as arrays:
        about = json.loads(arrays["about"].tobytes())
        scores = {length: arrays[f"scores{length}"] for length in LENGTHS}
        visible = {length: arrays[f"visible{length}"] for length in LENGTHS}
    heads = []
    for at, place in enumerate(about["heads"]):
        masks = {n: np.arange(n) >= visible[n][at][:, None] for n in LENGTHS}
        rows = {
            (length, part): RecordedRows(scores[length][at, k], masks[length])
            for length in LENGTHS
            for k, part in enumerate(PARTS)
        }
        heads.append(RecordedHead(**place, causal=bool(masks[LENGTHS[0]].any()), _rows=rows))
    return tuple(heads)


def recorded_rows(length: int, *, causal: bool = False) -> RecordedRows:
    """Return the test rows of all causal or of all other heads, one head after the other.

    Raises InputError as RecordedHead.rows does.
    """
    heads = [head.rows(length) for head in recorded_heads() if head.causal == causal]
    return RecordedRows(
        np.concatenate([rows.scores for rows in heads]),
        np.concatenate([rows.mask for rows in heads]),
    )
