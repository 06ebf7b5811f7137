# SPDX-License-Identifier: Apache-2.0
"""The volume run of the HCCS unit: its constants, rows, expected codes, latency and rate."""

from typing import Any

import numpy as np
from surmax.golden import HccsConstants, hccs
from surmax.golden.sampling import random_constants
from surmax.rtl import HccsBuild
from surmax.tb.volume_hccs_rows import (
    RAMP_ROWS,
    cut_rows,
    equal_rows,
    ramp_rows,
    random_rows,
    row_bounds,
)
from surmax.tb.volume_model import Beats, code_dtype
from surmax.tb.volume_session import Codes, Session, Words

DECOYS = 64  # constants loaded for a head before those that it keeps
STEADY_ROUNDS = 16  # equal rows that each divider gets when the rate is measured


class HccsSession(Session):
    """Rows of every length, shape and mask; every pair of score and row maximum in every lane."""

    ramp = RAMP_ROWS

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        build: HccsBuild = self.build
        self.constants = list(build.constants or self._draw(build.heads))

    def _draw(self, count: int) -> list[HccsConstants]:
        return random_constants(count, self.build.config, self.build.max_length, self.rng)

    def renew(self, head: int) -> None:
        """Draw other constants."""
        (self.constants[head],) = self._draw(1)

    def loads(self, heads: list[int]) -> Words:
        """Return constants of these heads: the ones that stay after many others."""
        rows = [
            (head, one.B, one.S, one.Dmax)
            for head in heads
            for one in [*self._draw(DECOYS), self.constants[head]]
        ]
        return np.array(rows, dtype=np.uint32)

    def ramp_beats(self, first: int, count: int) -> Beats:
        """Return the rows that show every pair of score and maximum."""
        return ramp_rows(self.build, self.rng, first, count)

    def random_beats(self, count: int, without: int | None = None) -> Beats:
        """Return random rows."""
        return random_rows(self.build, self.rng, count, without)

    def shown(self, beats: Beats) -> Beats:
        """Cut over-long rows."""
        return cut_rows(self.build, beats)

    def expected(self, beats: Beats) -> Codes:
        """Return golden's codes, rows taken together by head and by length.

        Rows are filled up to the next power of two of beats with masked positions, which by the
        law changes nothing, so that there are few lengths.
        """
        build, lanes = self.build, self.build.lanes
        masked = np.unpackbits(beats.mask, axis=1, count=lanes, bitorder="little")
        expected = np.empty((len(beats), lanes), dtype=code_dtype(build))
        starts, ends = row_bounds(beats.last)
        lengths, heads = ends - starts + 1, beats.head[ends]
        widths = np.minimum(1 << np.ceil(np.log2(lengths)).astype(np.int64), build.max_beats)
        for width in np.unique(widths):
            for head, constants in enumerate(self.constants):
                rows = np.flatnonzero((widths == width) & (heads == head))
                if not len(rows):
                    continue
                position = np.minimum(np.arange(width), lengths[rows, None] - 1)
                absent = np.arange(width) != position
                beat = starts[rows, None] + position
                drop = masked[beat] | absent[..., None]
                scores = beats.scores[beat].reshape(len(rows), -1).view(np.int8)
                codes = hccs(scores, constants, build.config, drop.reshape(len(rows), -1))
                present = ~absent
                expected[beat[present]] = codes.reshape(drop.shape)[present]
        return expected

    def prepare(self) -> None:
        """Load constants; measure latency and rate with streams of equal rows, without stalls."""
        super().prepare()
        build = self.build
        if self.worker:
            return
        self.stalled = False
        # Rows take turns on the dividers, so that whole rounds of turns have a length to be exact.
        more = STEADY_ROUNDS * build.dividers
        for beats in sorted({1, 2, 3, build.max_beats // 2, build.max_beats - 1, build.max_beats}):
            if 1 <= beats <= build.max_beats:
                lone = build.latency(beats) + beats
                self._timed(beats, 1, lone)
                self._timed(beats, 1 + more, lone + round(more * build.interval(beats)))

    def _timed(self, beats: int, rows: int, cycles: int) -> None:
        outcome = self.send(equal_rows(self.build, self.rng, rows, beats))
        if outcome and outcome.fault is None and outcome.span != cycles:
            self.result.fault = (
                f"{rows} rows of {beats} beats took {outcome.span} cycles: {cycles} were promised"
            )
