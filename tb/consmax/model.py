# SPDX-License-Identifier: Apache-2.0
"""ConSmax for the benches: surmax.golden arranged by lanes and heads, table contents and writes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from surmax.common.digest import data_file
from surmax.golden import ConsmaxConfig, ConsmaxTables, consmax, solve_tables
from surmax.tb.consmax.addresses import (
    FORMAT,
    ID,
    IDENTITY,
    MAP_VERSION,
    SHAPE,
    VERSION,
    table_address,
)
from surmax.tb.consmax.contents import random_words, shown_words
from surmax.tb.core.beats import Beats, Bits, Bytes, Codes
from surmax.tb.core.model import Answer, Model, Write
from surmax.tb.core.registers import RegisterMap


class ConsmaxModel(Model):
    """ConSmax: every beat by itself, heads hold tables."""

    benches = "surmax.tb.consmax"
    load_ports = ("load_head", "load_table", "load_index", "load_word")
    rules = data_file(__package__, "rules.h")
    lane_modules = ("consmax_lane",)

    @property
    def code_bits(self) -> int:
        """Bits of a byte lane's code."""
        return self.build.config.narrow.output_bits

    def defines(self) -> dict[str, int]:
        """Return the macro of rules.h."""
        return {"STAGES": self.build.stages}

    @property
    def quiet(self) -> int:
        """Cycles after which nothing is under way any more."""
        return self.build.stages + 3

    def pool(self) -> tuple[ConsmaxTables, ...]:
        """Return the tables built in, or else solved heads, one saturating, and random words.

        Random words use every bit of the storage. In a 16-bit unit contents for 16-bit and 8-bit
        scores take turns.
        """
        if self.build.tables is not None:
            return self.build.tables
        config = self.build.config
        wide, narrow = config, config.narrow
        step = 0.05 if config.score_bits == 8 else 0.05 / 256
        rng = np.random.default_rng(20)
        return (
            solve_tables(wide, scale=step, beta=2.0, gamma=3.0),
            solve_tables(narrow, scale=0.03, beta=1.0, gamma=90.0),
            random_words(wide, rng),
            random_words(narrow, rng),
        )

    def drawn(self, count: int, rng: np.random.Generator) -> list[ConsmaxTables]:
        """Return heads that show the stored bits of one table after the other.

        In a 16-bit unit those for 16-bit scores come first, then some for 8-bit ones.
        """
        wide, narrow = self.build.config, self.build.config.narrow
        found: list[ConsmaxTables] = []
        while len(found) < count:
            for config in dict.fromkeys((wide, narrow)):
                for table in rng.permutation(config.tables).tolist():
                    found += shown_words(config, table, rng)
        return found[:count]

    def answer(self, beats: Beats, contents: Sequence[ConsmaxTables]) -> Answer:
        """Return one output beat for each input beat."""
        config, count = self.build.config, len(beats)
        codes = expected_codes(config, contents, beats.scores, beats.heads, beats.mask)
        return Answer(codes, np.arange(count), beats.last, list(range(count + 1)), None)

    def axi_write(self, write: Write) -> tuple[int, int]:
        """Return the address of a table word, and the word."""
        head, table, index, word = write
        return table_address(head, table, index), word

    def register_map(self, contents: Sequence[ConsmaxTables]) -> RegisterMap:
        """Return the registers, and the table words of each head, which cannot be read."""
        build, config = self.build, self.build.config
        registers = {
            ID: IDENTITY,
            VERSION: MAP_VERSION,
            SHAPE: build.lanes | build.heads << 8 | build.stages << 16,
            FORMAT: config.score_bits
            | config.output_bits << 8
            | config.upper.word_bits << 16
            | config.lower.word_bits << 24,
        }
        writes = [w for head, one in enumerate(contents) for w in self.writes(head, one)]
        return RegisterMap(registers, None, dict(map(self.axi_write, writes)), self.loadable)

    def count(
        self, answer: Answer, slots: npt.NDArray[np.int64], contents: Sequence[ConsmaxTables]
    ) -> int:
        """Count a lane as a score, a pair of lanes where scores have 16 bits."""
        wide = np.array([one.config.score_bits == 16 for one in contents])[slots[answer.source]]
        return int(answer.codes.size - self.build.lanes // 2 * wide.sum())


def expected_codes(
    config: ConsmaxConfig,
    tables: Sequence[ConsmaxTables],
    scores: Bytes,
    heads: npt.NDArray[np.int64],
    mask: Bits,
) -> Codes:
    """Return the output lanes of every beat.

    Args:
        config: the unit's datapath.
        tables: what each head's storage holds; in a 16-bit unit a head may hold 8-bit tables.
        scores: (beats, lanes), the byte of each lane.
        heads: (beats,), index into `tables`.
        mask: (beats, lanes), True is masked; a 16-bit score is masked when either lane is.

    Returns:
        (beats, lanes) of uint8 or, for 8-bit scores with uQ0.16 output, uint16.
    """
    wide_output = config.narrow.output_bits == 16
    result = np.zeros(scores.shape, dtype=np.uint16 if wide_output else np.uint8)
    for head, one in enumerate(tables):
        rows = np.nonzero(heads == head)[0]
        if not rows.size:
            continue
        if one.config.score_bits == 8:
            result[rows] = consmax(scores[rows].view(np.int8), one, mask[rows])
        else:
            words = np.ascontiguousarray(scores[rows]).view("<i2")
            codes = consmax(words, one, mask[rows, 0::2] | mask[rows, 1::2])
            result[rows] = codes.astype("<u2").view(np.uint8)
    return result
