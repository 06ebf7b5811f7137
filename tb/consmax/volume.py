# SPDX-License-Identifier: Apache-2.0
"""The volume run of the ConSmax unit: its tables, beats and expected codes."""

from typing import Any

import numpy as np
from surmax.golden import ConsmaxTables, consmax
from surmax.tb.consmax.volume_beats import ramp_beats, random_beats, random_tables
from surmax.tb.volume.library import Beats
from surmax.tb.volume.session import Codes, Session, Words


class ConsmaxSession(Session):
    """Every score code in every lane with every head; masks, rows and head changes at random."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        config, tables = self.build.config, self.build.tables
        if tables is None:
            # The same for all workers, so that each may do a part of the ramp.
            rng = np.random.default_rng(self.result.seed)
            tables = tuple(random_tables(config, rng) for _ in range(self.build.heads))
        self.tables = list(tables)
        self.luts = [_lut(one) for one in tables]
        self.ramp = self.build.heads << config.score_bits

    def renew(self, head: int) -> None:
        """Draw other tables."""
        self.tables[head] = random_tables(self.build.config, self.rng)
        self.luts[head] = _lut(self.tables[head])

    def loads(self, heads: list[int]) -> Words:
        """Return every word of these heads, in random order."""
        rows = [write for head in heads for write in self.unit.writes(head, self.tables[head])]
        array = np.array(rows, dtype=np.uint32).reshape(-1, 4)
        return np.ascontiguousarray(self.rng.permutation(array))

    def ramp_beats(self, first: int, count: int) -> Beats:
        """Return the beats that show every code to every lane and head."""
        return ramp_beats(self.build, first, count)

    def random_beats(self, count: int, without: int | None = None) -> Beats:
        """Return random beats."""
        return random_beats(self.build, self.rng, count, without)

    def count(self, beats: Beats) -> int:
        """Count the scores; one of a 16-bit head takes two lanes."""
        pairs = np.array([one.config.score_bits == 16 for one in self.tables])[beats.head]
        return beats.scores.size - int(np.count_nonzero(pairs)) * (self.build.lanes // 2)

    def expected(self, beats: Beats) -> Codes:
        """Look golden's codes up."""
        lanes = self.build.lanes
        unmasked = np.unpackbits(~beats.mask, axis=1, count=lanes, bitorder="little")
        expected = np.empty((len(beats), lanes), dtype=self.unit.code_dtype)
        for head, lut in enumerate(self.luts):
            rows = slice(None) if len(self.luts) == 1 else np.flatnonzero(beats.head == head)
            if self.tables[head].config.score_bits == 16:
                open_pairs = unmasked[rows].view(np.uint16) == 0x0101
                codes = lut[beats.scores[rows].view(np.uint16)] * open_pairs
                expected[rows] = codes.view(np.uint8)
            else:
                codes = lut[beats.scores[rows]]
                codes *= unmasked[rows]
                expected[rows] = codes
        return expected


def _lut(tables: ConsmaxTables) -> Codes:
    """Return golden's code of every score, indexed by the score's bits."""
    bits = tables.config.score_bits
    signed = np.int8 if bits == 8 else np.int16
    scores = np.arange(1 << bits, dtype=np.uint16).astype(signed)
    return consmax(scores, tables).astype(np.uint8 if tables.config.output_bits == 8 else np.uint16)
