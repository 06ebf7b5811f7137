# SPDX-License-Identifier: Apache-2.0
"""The volume run of a row unit: its constants, rows, expected codes, latency and rate."""

from typing import Any

import numpy as np
from surmax.tb.rows.cutting import codes_of_rows, find_rows
from surmax.tb.rows.volume_rows import RAMP_ROWS, equal_rows, ramp_rows, random_rows
from surmax.tb.volume.library import Beats
from surmax.tb.volume.session import Codes, Session, Words

DECOYS = 16  # constants loaded for a head before those that it keeps
STEADY_ROUNDS = 16  # equal rows that each divider gets when the rate is measured


class RowSession(Session):
    """Rows of every length, shape and mask; every pair of score and row maximum in every lane."""

    ramp = RAMP_ROWS

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        heads = self.build.heads
        self.contents = self.unit.draw(heads, self.rng) if self.unit.loadable else self.unit.pool()

    def renew(self, head: int) -> None:
        """Draw other constants."""
        (self.contents[head],) = self.unit.draw(1, self.rng)

    def loads(self, heads: list[int]) -> Words:
        """Return constants of these heads: the ones that stay after many others."""
        rows = [
            write
            for head in heads
            for one in [*self.unit.draw(DECOYS, self.rng), self.contents[head]]
            for write in self.unit.writes(head, one)
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
        rows = find_rows(beats.last, self.build.max_beats)
        source = rows.source
        last = rows.last.astype(np.uint8)
        return Beats(beats.scores[source], beats.mask[source], beats.head[source], last)

    def expected(self, beats: Beats) -> Codes:
        """Return golden's codes."""
        build = self.build
        return codes_of_rows(
            self.unit.golden,
            self.contents,
            beats.scores,
            np.unpackbits(beats.mask, axis=1, count=build.lanes, bitorder="little").view(bool),
            beats.head,
            find_rows(beats.last, build.max_beats),
            build.max_beats,
            self.unit.code_dtype,
        )

    def prepare(self) -> None:
        """Load constants; measure latency and rate with streams of equal rows, without stalls."""
        super().prepare()
        build = self.build
        if self.worker:
            return
        self.stalled = False
        # Rows take turns on the dividers, so that whole rounds of turns have a length to be exact.
        more = STEADY_ROUNDS * self.unit.turns
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
