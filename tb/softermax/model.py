# SPDX-License-Identifier: Apache-2.0
"""Softermax for the benches of row units: its law, coverage and registers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.golden import softermax
from surmax.golden.softermax.config import FRACTIONS
from surmax.tb.core.beats import Bits, Codes
from surmax.tb.core.coverage import Cross
from surmax.tb.rows.cutting import Indices
from surmax.tb.rows.model import RowModel, RowScores

# From this row length on sums fall into every segment of the reciprocal.
_MANY = 8
# A sum whose highest bits are set.
_LARGE = 4


class SoftermaxModel(RowModel):
    """Softermax: heads hold nothing."""

    fields = ()
    identity = 0x53585352
    loadable = False
    one_pass = True
    flows = False
    beat_buffers = ("places",)
    lane_modules = ("softermax_place_lane", "softermax_term_lane", "softermax_code_lane")

    def cycles(self, beats: list[int]) -> float:
        """Return what rows take at most: each its beats, or those of the row before it."""
        steps = np.maximum(beats, [0, *beats[:-1]])
        return int(steps.sum()) + self.build.latency(self.build.max_beats)

    def golden(self, scores: npt.NDArray[np.int8], content: None, mask: Bits) -> Codes:
        """Return surmax.golden.softermax of rows."""
        return softermax(scores, self.build.config, mask, lanes=self.build.lanes)

    def content(self, *values: int) -> None:
        """Return nothing."""

    def draw(self, count: int, rng: np.random.Generator) -> list[None]:
        """Return nothing for each."""
        return [None] * count

    def pool(self) -> tuple[None, ...]:
        """Return what each head holds."""
        return (None,) * self.build.heads

    def bends(self, content: None) -> tuple[int, ...]:
        """Return from where on codes, exponentials and what is summed of them are 0."""
        config = self.build.config
        widths = (config.output_bits, config.sum_bits, config.value_bits)
        return tuple(sorted({FRACTIONS * (bits + 1) for bits in widths}))

    def points(self, pool: Sequence[None]) -> list[str]:
        """Return the points about the running maximum."""
        points = []
        if self.build.max_beats > 1:
            points += ["maximum rises", "maximum rises by one", "maximum rises beyond the sum"]
            points += ["maximum stays"]
            if (self.build.max_beats - 1) * self.build.lanes >= _LARGE:
                points.append("maximum rises by 4 to 7 after a large sum")
            if self.build.config.maximum == "ceil":
                points.append("maximum rises within its integer")
        return points

    def met(self, rows: RowScores) -> dict[str, Any]:
        """Return, by the names of the points, where and how the integer maximum rose."""
        lanes = self.build.lanes
        shape = (len(rows.x), -1, lanes)
        scores = np.where(rows.valid, rows.x, -128).reshape(shape).max(axis=2)
        best = np.maximum.accumulate(scores, axis=1)
        whole = self._integer(best)
        # Before the first valid score there is no sum to be renormalised.
        begun = np.logical_or.accumulate(rows.valid.reshape(shape).any(axis=2), axis=1)[:, :-1]
        rise = np.diff(whole, axis=1)
        return {
            "maximum rises by 4 to 7 after a large sum": begun
            & (rise >= 4)
            & (rise < 8)
            & (self._sums(rows, shape, whole) >= _LARGE)[:, :-1],
            "maximum rises": begun & (rise > 0),
            "maximum rises by one": begun & (rise == 1),
            "maximum rises beyond the sum": begun & (rise > self.build.config.sum_bits),
            "maximum stays": begun & (rise == 0),
            "maximum rises within its integer": begun & (rise == 0) & (np.diff(best, axis=1) > 0),
        }

    def _sums(self, rows: RowScores, shape: tuple[int, ...], whole: Indices) -> Any:
        """Return (rows, beats), the sum after each beat in units of the integer maximum."""
        terms = np.where(rows.valid, np.exp2(rows.x / FRACTIONS), 0.0).reshape(shape).sum(axis=2)
        return np.cumsum(terms, axis=1) / np.exp2(whole.astype(np.float64))

    def _integer(self, maximum: Indices) -> Indices:
        """Return the integer that stands for a maximum."""
        return -(-maximum >> 2) if self.build.config.maximum == "ceil" else maximum >> 2

    def crosses(self, pool: Sequence[None]) -> dict[str, Cross]:
        """Return fractions x places below the maximum, and segments of the reciprocal."""
        config, length = self.build.config, self.build.max_length
        most = config.value_bits + 1
        places = Cross(
            tuple(f"fraction {f}" for f in range(FRACTIONS)),
            (*(f"place {k}" for k in range(most)), f"place {most} or more"),
        )
        up = config.maximum == "ceil"
        places.declared[:, 0] = [True, *[not up] * (FRACTIONS - 1)]
        if length == 1:
            places.declared[:, 1:] = False
            places.declared[1:, 1] = up
        segments = Cross(tuple(f"segment {k}" for k in range(config.segments)))
        segments.declared[:] = length >= _MANY
        return {"places": places, "segments": segments}

    def samples(self, rows: RowScores) -> dict[str, tuple[Indices, ...]]:
        """Return where the scores of rows lie, and in which segment their sums, in real numbers."""
        config, valid = self.build.config, rows.valid
        place = self._integer(rows.top) - (rows.x >> 2)
        sums = np.where(valid, np.exp2(-rows.distance / FRACTIONS), 0.0).sum(axis=1)[rows.some]
        top = np.exp2((rows.top[rows.some, 0] & (FRACTIONS - 1)) / FRACTIONS)
        mantissa = np.frexp(sums * top)[0]  # 0.5 to 1
        return {
            "places": (
                rows.x[valid] & (FRACTIONS - 1),
                np.minimum(place[valid], config.value_bits + 1),
            ),
            "segments": (((2 * mantissa - 1) * config.segments).astype(np.int64),),
        }

    @property
    def formats(self) -> int:
        """Return output, maximum and widths."""
        config = self.build.config
        form = config.output_bits | ("uq1.7", "u8", "i16").index(config.output) << 8
        form |= (config.maximum == "ceil") << 12
        return form | config.value_bits << 16 | config.sum_bits << 24

    def word(self, content: None) -> int:
        """Return what a test writes where it must be refused."""
        return 1

    def illegal_words(self) -> dict[str, int]:
        """Return none: nothing is loaded."""
        return {}
