# SPDX-License-Identifier: Apache-2.0
"""HCCS for the benches of row units: its law, constants, coverage points and registers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.golden import HccsConstants, hccs
from surmax.golden.hccs.config import MANTISSA_BITS
from surmax.golden.hccs.law import reciprocal
from surmax.golden.sampling import random_constants
from surmax.tb.core.beats import Bits, Codes
from surmax.tb.rows.model import RowModel, RowScores


class HccsModel(RowModel):
    """HCCS: heads hold three integers."""

    fields = ("B", "S", "Dmax")
    identity = 0x53584843
    beat_buffers = ("scores", "distances")
    lane_modules = ("hccs_score_lane", "hccs_scale_lane")

    @property
    def turns(self) -> int:
        """Dividers, which take rows in turns."""
        return self.build.dividers

    def golden(self, scores: npt.NDArray[np.int8], content: HccsConstants, mask: Bits) -> Codes:
        """Return surmax.golden.hccs of rows."""
        return hccs(scores, content, self.build.config, mask)

    def content(self, *values: int) -> HccsConstants:
        """Return B, S and Dmax."""
        return HccsConstants(*values)

    def draw(self, count: int, rng: np.random.Generator) -> list[HccsConstants]:
        """Return random legal constants; about a quarter are steep lines, clipped soon."""
        config, length = self.build.config, self.build.max_length
        drawn = random_constants(count, config, length, rng)
        bounds = config.min_sum, config.max_b(length)
        return [_steep(*bounds, rng) if rng.random() < 0.25 else one for one in drawn]

    def pool(self) -> tuple[HccsConstants, ...]:
        """Return the constants built in, or else some at the bounds of what is legal and random."""
        build = self.build
        if build.constants is not None:
            return build.constants
        least, most = build.config.min_sum, build.config.max_b(build.max_length)
        rng = np.random.default_rng(30)
        slope = max(1, min(127, most // 8))
        return (
            HccsConstants(most, slope, min(127, most // slope)),
            HccsConstants(least, 0, 127),
            *self.draw(2, rng),
            HccsConstants(max(least, min(560, most)), min(127, most // 3), 3),
            HccsConstants(most, min(127, most // 127), 127),
            HccsConstants(most, 127, 0),
            *self.draw(3, rng),
        )

    def bends(self, content: HccsConstants) -> tuple[int, ...]:
        """Return the distance from which on the line is clipped."""
        return (content.Dmax,)

    def points(self, pool: Sequence[HccsConstants]) -> list[str]:
        """Return the points about the clamp, the sum and saturation."""
        build, config = self.build, self.build.config
        points = []
        if build.max_length > 1:
            points.append("clipped distance")
        if build.max_length > 1 and any(one.Dmax > 1 for one in pool):
            points += ["distance of Dmax", "distance below Dmax"]
        if config.saturates:
            points.append("saturated code")
        bounds = {one.B for one in pool}
        if config.max_b(build.max_length) in bounds:
            points.append("largest row sum")
        if config.min_sum in bounds:
            points.append("least row sum")
        return points

    def met(self, rows: RowScores) -> dict[str, Any]:
        """Return, by the names of the points, which rows are clipped, extreme or saturated."""
        config = self.build.config
        B, S, Dmax = (rows.fields(name) for name in self.fields)
        valid, distance = rows.valid, rows.distance
        total = np.where(valid, B - S * np.minimum(distance, Dmax), 0).sum(axis=1)
        largest = (B[:, 0] * reciprocal(config, np.maximum(total, 1)) + config.half) >> (
            config.fraction_bits
        )
        most = config.max_b(self.build.max_length) * valid.shape[1]
        return {
            "clipped distance": valid & (distance > Dmax),
            "distance of Dmax": valid & (distance == Dmax) & (Dmax > 1),
            "distance below Dmax": valid & (distance > 0) & (distance < Dmax),
            "saturated code": rows.some & (largest > config.max_code),
            "largest row sum": rows.longest & (total == most),
            "least row sum": total == config.min_sum,
        }

    @property
    def formats(self) -> int:
        """Return output, reciprocal, rounding and widths."""
        config = self.build.config
        form = config.output_bits | tuple(MANTISSA_BITS).index(config.reciprocal) << 8
        form |= (config.rounding == "nearest") << 12
        return form | config.fraction_bits << 16 | config.sum_bits << 24

    def word(self, content: HccsConstants) -> int:
        """Return B, S and Dmax in one word."""
        return content.Dmax << 24 | content.S << 16 | content.B

    def illegal_words(self) -> dict[str, int]:
        """Return words just beyond each bound of legal constants."""
        most, least = self.build.config.max_b(self.build.max_length), self.build.config.min_sum
        slope = min(127, most)
        edge = min(127, most // slope)
        found = {
            "B above its bound": (most + 1, 0, 0),
            "B at 65535": (65535, 0, 0),
            "B below min_sum": (least - 1, 0, 0),
            "S above 127": (most, 128, 0),
            "Dmax above 127": (most, 0, 128),
            "floor of -1": (max(slope * edge - 1, least), slope, edge),
            "floor far below 0": (least, 127, 127),
        }
        words = {name: Dmax << 24 | S << 16 | B for name, (B, S, Dmax) in found.items()}
        # Some are legal after all: where B has to be large no floor is below 0.
        return {name: word for name, word in words.items() if not self._is_legal(word)}

    def _is_legal(self, word: int) -> bool:
        """Return whether the golden model takes the constants of a word."""
        try:
            one = HccsConstants(word & 0xFFFF, word >> 16 & 0xFF, word >> 24)
            one.check(self.build.config, self.build.max_length, masked=True)
        except ValueError:
            return False
        return True


def _steep(least: int, most: int, rng: np.random.Generator) -> HccsConstants:
    """Return constants with `least` <= B <= `most` whose line is steep and clipped soon.

    Random constants seldom are so, because S*Dmax may be B at most, and because a small Dmax is
    rarely drawn together with a large S.
    """
    Dmax = int(rng.integers(1, 9))
    S = min(int(rng.integers(32, 128)), most // Dmax)
    B = S * Dmax + int(rng.integers(0, 2 * S + 1))
    return HccsConstants(min(max(B, least), most), S, Dmax)
