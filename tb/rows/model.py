# SPDX-License-Identifier: Apache-2.0
"""Base model of row units for the benches; a subclass adds each law."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from surmax.common.digest import data_file
from surmax.tb.core.beats import Beats, Bits, Codes
from surmax.tb.core.coverage import Cross
from surmax.tb.core.model import Answer, Model, Write
from surmax.tb.core.registers import RegisterMap
from surmax.tb.rows.addresses import (
    FORMAT,
    ID,
    LENGTH,
    MAP_VERSION,
    SHAPE,
    STATUS,
    VERSION,
    constants_address,
)
from surmax.tb.rows.cutting import Indices, codes_of_rows, find_rows


@dataclass(frozen=True)
class RowScores:
    """Rows of one length for the coverage; B is the number of rows, n that of positions.

    Attributes:
        x: (B, n), the scores.
        valid: (B, n), False where masked.
        contents: what the head of each row holds.
        longest: whether these rows are the longest ones.
    """

    x: npt.NDArray[np.int64]
    valid: Bits
    contents: Sequence[Any]
    longest: bool

    @cached_property
    def top(self) -> npt.NDArray[np.int64]:
        """(B, 1), the maximum of what counts, -129 where nothing does."""
        return np.where(self.valid, self.x, -129).max(axis=1, keepdims=True)

    @cached_property
    def distance(self) -> npt.NDArray[np.int64]:
        """(B, n), top - x; of meaning where valid."""
        return self.top - self.x

    @cached_property
    def some(self) -> Bits:
        """(B,), whether anything counts."""
        return self.valid.any(axis=1)

    def fields(self, name: str) -> npt.NDArray[np.int64]:
        """Return (B, 1), one constant of each row's head."""
        return np.array([getattr(one, name) for one in self.contents], dtype=np.int64)[:, None]


class RowModel(Model):
    """A unit that answers a row when all of it is in.

    Attributes:
        fields: names of a head's constants; port load_NAME takes one.
        turns: rows that are divided side by side.
        identity: content of the register ID, a literal as in docs/registers.md.
        one_pass: whether scores pass once before the codes do, as with a running maximum. Such a
            unit has room for one row behind the one that goes out.
        beat_buffers: instances of the unit in which beats wait.
        stage_valids: paths in the unit of the valid bits of registers between these buffers.
    """

    benches = "surmax.tb.rows"
    rules = data_file(__package__, "rules.h")
    fields: ClassVar[tuple[str, ...]]
    turns = 1
    one_pass = False
    identity: ClassVar[int]
    beat_buffers: ClassVar[tuple[str, ...]]
    stage_valids: ClassVar[tuple[str, ...]] = ()

    @property
    def load_ports(self) -> tuple[str, ...]:
        """Ports of the load port: head, then one for each constant."""
        return ("load_head", *(f"load_{name}" for name in self.fields))

    @property
    def code_bits(self) -> int:
        """Bits of a lane's code at the port."""
        return self.build.config.output_bits

    @property
    def quiet(self) -> int:
        """Cycles after which nothing is under way any more."""
        beats = self.build.max_beats
        return self.build.latency(beats) + beats + 3

    def defines(self) -> dict[str, int]:
        """Return the macros of rules.h."""
        build = self.build
        return {
            "MAX_BEATS": build.max_beats,
            "DELAY": build.latency(1),
            "LIMITED": int(build.interval(1) > 1),
            "ONE_PASS": int(self.one_pass),
        }

    @property
    def flows(self) -> bool:
        """True if the unit takes rows of any mix of lengths without a pause."""
        return self.build.interval(1) == 1

    def cycles(self, beats: list[int]) -> float:
        """Return what rows of so many beats may take at most, one after the other.

        Where some rows are a divider's and others the beats' limit, buffers of finite length let
        the two overlap in part only; then a row takes at most its beats and its division.
        """
        build = self.build
        division = build.interval(1)
        alike = division in (1, build.interval(build.max_beats))
        alone = (build.interval(count) if alike else count + division for count in beats)
        return sum(alone) + build.latency(build.max_beats)

    @abstractmethod
    def golden(self, scores: npt.NDArray[np.int8], content: Any, mask: Bits) -> Codes:
        """Return the codes of rows of one head, (rows, positions)."""

    @abstractmethod
    def draw(self, count: int, rng: np.random.Generator) -> list[Any]:
        """Return `count` random contents that are legal for rows of any length and mask."""

    def drawn(self, count: int, rng: np.random.Generator) -> list[Any]:
        """Return `draw`: the constants of a few random heads have every bit set and cleared."""
        return self.draw(count, rng)

    @abstractmethod
    def bends(self, content: Any) -> tuple[int, ...]:
        """Return distances from the maximum around which the law of a head changes its course."""

    @abstractmethod
    def points(self, pool: Sequence[Any]) -> list[str]:
        """Return the coverage points that are this unit's own and can be met with `pool`."""

    @abstractmethod
    def met(self, rows: RowScores) -> dict[str, Any]:
        """Return, for this unit's points, flags of what met them."""

    def crosses(self, pool: Sequence[Any]) -> dict[str, Cross]:
        """Return, by name, bins of this unit's own that can be met with `pool`."""
        return {}

    def samples(self, rows: RowScores) -> dict[str, tuple[Indices, ...]]:
        """Return, for each of `crosses`, what Cross.add takes."""
        return {}

    @property
    @abstractmethod
    def formats(self) -> int:
        """Return what the register FORMAT of the AXI top says."""

    def registers(self) -> dict[int, int]:
        """Return address and value of every register of the AXI top, as reset leaves it."""
        build = self.build
        return {
            ID: self.identity,
            VERSION: MAP_VERSION,
            SHAPE: build.lanes | build.heads << 8,
            FORMAT: self.formats,
            LENGTH: build.max_length,
            STATUS: 0,
        }

    def register_map(self, contents: Sequence[Any]) -> RegisterMap:
        """Return registers and the constants of each head."""
        words = (self.word(one) for one in (contents if self.fields else ()))
        stored = {constants_address(head): word for head, word in enumerate(words)}
        return RegisterMap(self.registers(), STATUS, stored, self.loadable, reads_back=True)

    @abstractmethod
    def word(self, content: Any) -> int:
        """Return the word that loads `content` at the AXI4-Lite port, and reads back."""

    @abstractmethod
    def illegal_words(self) -> dict[str, int]:
        """Return a name and a word just beyond each bound of legal contents; empty: all are."""

    @abstractmethod
    def content(self, *values: int) -> Any:
        """Return a head's content from the values of `fields`."""

    def answer(self, beats: Beats, contents: Sequence[Any]) -> Answer:
        """Return the rows' answers; what an over-long row has too much is dropped."""
        most = self.build.max_beats
        rows = find_rows(beats.last, most)
        codes = codes_of_rows(
            self.golden,
            contents,
            beats.scores,
            beats.mask,
            beats.heads,
            rows,
            most,
            self.code_dtype,
        )
        due = np.zeros(len(beats) + 1, dtype=np.int64)
        due[rows.ends + 1] = rows.kept
        overlong = np.zeros(len(beats), dtype=bool)
        overlong[rows.ends] = ~beats.last[rows.ends]
        return Answer(codes, rows.source, rows.last, np.cumsum(due).tolist(), overlong)

    def axi_write(self, write: Write) -> tuple[int, int]:
        """Return the address of a head's constants, and the word."""
        head, *values = write
        return constants_address(head), self.word(self.content(*values))

    def count(self, answer: Answer, slots: Indices, contents: Sequence[Any]) -> int:
        """Count every lane of an answer as a score, masked ones as well."""
        return int(answer.codes.size)
