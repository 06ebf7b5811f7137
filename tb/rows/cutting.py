# SPDX-License-Identifier: Apache-2.0
"""Rows found in a stream of beats, over-long ones cut, and golden's codes of all in bulk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.tb.core.beats import Bits, Bytes, Codes

Indices = npt.NDArray[np.int64]
# Golden's codes: scores (rows, positions) of int8, what the rows' head holds, mask of that shape.
Golden = Callable[[npt.NDArray[np.int8], Any, Bits], Codes]


@dataclass(frozen=True)
class Rows:
    """Places of the rows in a stream; all arrays have one entry a row that gets an answer.

    Attributes:
        begin: index of the first input beat.
        sent: input beats, those that are dropped included.
        kept: beats that count: `sent`, at most the longest row.
        place: index of the first output beat.
    """

    begin: Indices
    sent: Indices
    kept: Indices
    place: Indices

    def __getitem__(self, chosen: npt.NDArray[Any]) -> "Rows":
        """Return some of the rows."""
        return Rows(*(getattr(self, name)[chosen] for name in Rows.__match_args__))

    @property
    def outputs(self) -> int:
        """Output beats of all rows."""
        return int(self.kept.sum())

    @property
    def ends(self) -> Indices:
        """Input beat that is the last one of each row to count; its head is the row's."""
        return self.begin + self.kept - 1

    @property
    def source(self) -> Indices:
        """Input beat that each output beat answers."""
        return np.repeat(self.begin - self.place, self.kept) + np.arange(self.outputs)

    @property
    def last(self) -> Bits:
        """TLAST of each output beat."""
        last = np.zeros(self.outputs, dtype=bool)
        last[self.place + self.kept - 1] = True
        return last


def find_rows(last: npt.NDArray[Any], max_beats: int) -> Rows:
    """Return the rows of a stream whose TLAST bits are `last`.

    A row ends with its TLAST or, over-long, counts as far as `max_beats`. A last row with neither
    gets no answer and is left out.
    """
    ends = np.flatnonzero(last) + 1
    begin = np.concatenate([[0], ends]).astype(np.int64)
    sent = np.diff(np.concatenate([begin, [len(last)]]))
    answered = sent >= max_beats
    answered[: len(ends)] = True
    begin, sent = begin[answered], sent[answered]
    kept = np.minimum(sent, max_beats)
    return Rows(begin, sent, kept, np.cumsum(kept) - kept)


def beats_of(first: Indices, count: int) -> Indices:
    """Return the beats of rows of `count` beats that begin at `first`: (rows, count)."""
    return first[:, None] + np.arange(count)


def codes_of_rows(
    golden: Golden,
    contents: Sequence[Any],
    scores: Bytes,
    mask: Bits,
    heads: npt.NDArray[Any],
    rows: Rows,
    max_beats: int,
    dtype: type[np.uint8] | type[np.uint16],
) -> Codes:
    """Return the output lanes of all rows, beat after beat.

    Rows are filled up to the next power of two of beats with masked positions, which by the law
    changes nothing, so that golden is called for few lengths.

    Args:
        golden: the unit's function.
        contents: what each head holds.
        scores, mask: (beats, lanes), the stream.
        heads: (beats,), indices into `contents`; that of a row's last beat counts.
        rows: find_rows of the stream with `max_beats`.
        max_beats: beats of the longest row.
        dtype: of a code.

    Returns:
        (output beats, lanes) of `dtype`.
    """
    codes = np.zeros((rows.outputs, scores.shape[1]), dtype)
    own = heads[rows.ends]
    widths = np.minimum(1 << np.ceil(np.log2(rows.kept)).astype(np.int64), max_beats)
    for width in np.unique(widths).tolist():
        for head in np.unique(own[widths == width]).tolist():
            chosen = rows[(widths == width) & (own == head)]
            position = np.minimum(np.arange(width), chosen.kept[:, None] - 1)
            present = np.arange(width) == position
            beat = chosen.begin[:, None] + position
            drop = mask[beat] | ~present[..., None]
            x = scores[beat].reshape(len(beat), -1).view(np.int8)
            answer = golden(x, contents[head], drop.reshape(x.shape)).reshape(drop.shape)
            codes[(chosen.place[:, None] + position)[present]] = answer[present]
    return codes
