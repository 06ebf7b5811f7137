# SPDX-License-Identifier: Apache-2.0
"""HCCS for the benches: rows found in a stream of beats, surmax.golden on all of them in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from surmax.golden import HccsConfig, HccsConstants, hccs
from surmax.golden.sampling import random_constants
from surmax.rtl.hccs_axi import constants_address, constants_word
from surmax.tb.beats import Beats, Bits, Bytes, Codes
from surmax.tb.model import Answer, Model, Write

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Where the rows of a stream lie; all arrays have one entry a row that gets an answer.

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

    @property
    def outputs(self) -> int:
        """Output beats of all rows."""
        return int(self.kept.sum())


def find_rows(last: Bits, max_beats: int) -> Rows:
    """Return the rows of a stream whose TLAST bits are `last`.

    A row ends with its TLAST or, over-long, counts as far as `max_beats`. A last row with neither
    gets no answer and is left out.
    """
    ends = np.nonzero(last)[0] + 1
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


def expected_rows(
    config: HccsConfig,
    constants: Sequence[HccsConstants],
    beats: Beats,
    rows: Rows,
) -> Codes:
    """Return the output lanes of all rows, beat after beat.

    Args:
        config: the unit's datapath.
        constants: what each head holds, legal for rows of the longest length with any mask.
        beats: the stream; the heads of a row's beats, all the same, are indices into `constants`.
        rows: find_rows of it.

    Returns:
        (output beats, lanes) of uint8 or uint16.
    """
    lanes = beats.scores.shape[1]
    codes = np.zeros((rows.outputs, lanes), np.uint8 if config.output == "u8" else np.uint16)
    heads = beats.heads[rows.begin + rows.kept - 1]
    for count in np.unique(rows.kept).tolist():
        for head in np.unique(heads[rows.kept == count]).tolist():
            chosen = (rows.kept == count) & (heads == head)
            inputs = beats_of(rows.begin[chosen], count)
            scores = beats.scores[inputs].reshape(len(inputs), -1).view(np.int8)
            mask = beats.mask[inputs].reshape(scores.shape)
            answer = hccs(scores, constants[head], config, mask)
            codes[beats_of(rows.place[chosen], count)] = answer.reshape(*inputs.shape, lanes)
    return codes


class HccsModel(Model):
    """HCCS: a row is answered when all of it is in; heads hold three integers."""

    load_ports = ("load_head", "load_B", "load_S", "load_Dmax")

    @property
    def quiet(self) -> int:
        """Cycles after which nothing is under way any more."""
        beats = self.build.max_beats
        return self.build.latency(beats) + beats + 3

    def pool(self) -> tuple[HccsConstants, ...]:
        """Return the constants built in, or else some at the bounds of what is legal and random."""
        build = self.build
        if build.constants is not None:
            return build.constants
        config, length = build.config, build.max_length
        least, most = config.min_sum, config.max_b(length)
        rng = np.random.default_rng(30)
        slope = min(127, most // 8)
        return (
            HccsConstants(most, slope, min(127, most // slope)),
            HccsConstants(least, 0, 127),
            *random_constants(3, config, length, rng),
            HccsConstants(most, min(127, most // 127), 127),
            HccsConstants(most, 127, 0),
            *random_constants(3, config, length, rng),
        )

    def answer(self, beats: Beats, contents: Sequence[HccsConstants]) -> Answer:
        """Return the rows' answers; what an over-long row has too much is dropped."""
        rows = find_rows(beats.last, self.build.max_beats)
        codes = expected_rows(self.build.config, contents, beats, rows)
        source = np.repeat(rows.begin - rows.place, rows.kept) + np.arange(rows.outputs)
        ends = rows.begin + rows.kept - 1
        last = np.zeros(rows.outputs, dtype=bool)
        last[rows.place + rows.kept - 1] = True
        due = np.zeros(len(beats) + 1, dtype=np.int64)
        due[ends + 1] = rows.kept
        overlong = np.zeros(len(beats), dtype=bool)
        overlong[ends] = ~beats.last[ends]
        return Answer(codes, source, last, np.cumsum(due).tolist(), overlong)

    def writes(self, head: int, content: HccsConstants) -> list[Write]:
        """Return the one write that loads a head: head, B, S, Dmax."""
        return [(head, content.B, content.S, content.Dmax)]

    def axi_write(self, write: Write) -> tuple[int, int]:
        """Return the address of a head's constants, and the word."""
        head, *values = write
        return constants_address(head), constants_word(HccsConstants(*values))

    def count(self, answer: Answer, slots: Indices, contents: Sequence[HccsConstants]) -> int:
        """Count every lane of an answer as a score, masked ones as well."""
        return int(answer.codes.size)


def scores_of(rows: Rows, beats: Beats, count: int) -> tuple[Bytes, Bits, Indices]:
    """Return scores and mask, (rows, positions), and the index of the rows of `count` beats."""
    chosen = np.nonzero(rows.kept == count)[0]
    inputs = beats_of(rows.begin[chosen], count)
    shape = (len(chosen), count * beats.scores.shape[1])
    return beats.scores[inputs].reshape(shape), beats.mask[inputs].reshape(shape), chosen
