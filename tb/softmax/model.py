# SPDX-License-Identifier: Apache-2.0
"""The integer softmax for the benches of row units: its law, rates, coverage and registers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.golden import SoftmaxConstants, softmax
from surmax.golden.softmax.law import exponentials, sum_reciprocal
from surmax.tb.core.beats import Bits, Codes
from surmax.tb.core.coverage import Cross
from surmax.tb.rows.cutting import Indices
from surmax.tb.rows.model import RowModel, RowScores

# Classes of normalised row sums.
_PARTS = 8


class SoftmaxModel(RowModel):
    """Integer softmax: heads hold a rate."""

    fields = ("rate",)
    identity = 0x5358534D
    beat_buffers = ("scores", "values")
    stage_valids = ("exp_stage.timed",)
    lane_modules = ("softmax_time_lane", "softmax_exp_lane", "softmax_product_lane")

    def golden(self, scores: npt.NDArray[np.int8], content: SoftmaxConstants, mask: Bits) -> Codes:
        """Return surmax.golden.softmax of rows."""
        return softmax(scores, content, self.build.config, mask)

    def content(self, *values: int) -> SoftmaxConstants:
        """Return the rate."""
        return SoftmaxConstants(*values)

    def draw(self, count: int, rng: np.random.Generator) -> list[SoftmaxConstants]:
        """Return random rates: every order of magnitude alike, each bound now and then."""
        most = self.build.config.max_rate
        rates = np.rint(np.exp2(rng.uniform(0, np.log2(most), count))).astype(np.int64)
        bound = rng.random(count)
        rates = np.select([bound < 0.05, bound < 0.1], [1, most], rates)
        return [SoftmaxConstants(rate) for rate in rates.tolist()]

    def pool(self) -> tuple[SoftmaxConstants, ...]:
        """Return the rates built in, or else the bounds, scales of real heads and random ones."""
        build = self.build
        if build.constants is not None:
            return build.constants
        config, rng = build.config, np.random.default_rng(31)
        real = [SoftmaxConstants.of_scale(scale, config) for scale in (0.03, 0.08, 0.2)]
        middle = SoftmaxConstants(1 << (config.rate_bits - 3))
        bounds = SoftmaxConstants(1), SoftmaxConstants(config.max_rate)
        return (real[1], *bounds, middle, real[0], real[2], *self.draw(3, rng))

    def _dead(self, content: SoftmaxConstants, bits: int) -> int:
        """Return the distance, at most 255, from which on an exponential has no more `bits`."""
        return min(-(-(bits << self.build.config.rate_bits) // content.rate), 255)

    def bends(self, content: SoftmaxConstants) -> tuple[int, ...]:
        """Return from where on codes, values and terms of the sum are 0."""
        config = self.build.config
        widths = (config.output_bits, config.value_bits, config.sum_bits)
        return tuple(sorted({self._dead(content, bits) for bits in widths}))

    def points(self, pool: Sequence[SoftmaxConstants]) -> list[str]:
        """Return the points about exponentials that vanish, and the sum."""
        points = ["least row sum", "full scale"]
        if self.build.max_length > 1:
            points.append("largest row sum")
            config = self.build.config
            bits = {"value": config.value_bits, "term": config.sum_bits}
            for name, count in bits.items():
                if any(self._dead(one, count + 1) < 255 for one in pool):
                    points.append(f"{name} of 0 below the maximum")
            points.append("value above 0 below the maximum")
        return points

    def met(self, rows: RowScores) -> dict[str, Any]:
        """Return, by the names of the points, where exponentials vanish or sums are at a bound."""
        values, terms = self._exponentials(rows)
        total, one = terms.sum(axis=1), self._one
        below = rows.valid & (rows.distance > 0)
        return {
            "least row sum": total == one,
            "largest row sum": rows.longest & (total == one * rows.x.shape[1]),
            "full scale": rows.some & (terms.max(axis=1) == total),
            "value of 0 below the maximum": below & (values == 0),
            "term of 0 below the maximum": below & (terms == 0),
            "value above 0 below the maximum": below & (values > 0),
        }

    def _exponentials(self, rows: RowScores) -> tuple[Indices, Indices]:
        """Return values and terms of the sum, 0 where masked, and the sum of each row."""
        distance = np.where(rows.valid, rows.distance, 0)
        found = exponentials(distance, rows.fields("rate"), self.build.config)
        return tuple(np.where(rows.valid, part, 0) for part in found)

    @property
    def _one(self) -> int:
        """Term that the maximum itself adds to the sum."""
        zero, rate = np.zeros(1, np.int64), np.ones(1, np.int64)
        return int(exponentials(zero, rate, self.build.config)[1][0])

    def crosses(self, pool: Sequence[SoftmaxConstants]) -> dict[str, Cross]:
        """Return entries of the table, exponents of the sum, and mantissas by their first bits.

        Declared are the entries that distances of up to 255 reach.
        """
        config, length = self.build.config, self.build.max_length
        table = Cross(tuple(f"entry {k}" for k in range(1 << config.table_bits)))
        table.declared[:] = False
        distance = np.arange(256 if length > 1 else 1)
        for one in pool:
            table.declared[self._entries(distance, np.array(one.rate))] = True
        most = int(sum_reciprocal(np.array(self._one * length), config)[0])
        exponents = Cross(tuple(f"exponent {k}" for k in range(most + 1)))
        mantissas = Cross(tuple(f"mantissa from {1 + k / _PARTS}" for k in range(_PARTS)))
        # One exponential alone is all ones; of two the sum has two exponents.
        mantissas.declared[:-1] = length > 2
        return {"table": table, "exponents": exponents, "mantissas": mantissas}

    def _entries(self, distance: Indices, rate: Indices) -> Indices:
        """Return which entries of the table distances look up."""
        config = self.build.config
        cut = config.rate_bits - config.fraction_bits
        t = (distance * rate + (1 << (cut - 1))) >> cut
        return (t & ((1 << config.fraction_bits) - 1)) >> config.linear_bits

    def samples(self, rows: RowScores) -> dict[str, tuple[Indices, ...]]:
        """Return the entries that rows looked up, and the exponents of their sums."""
        rate = np.broadcast_to(rows.fields("rate"), rows.x.shape)
        entries = self._entries(rows.distance[rows.valid], rate[rows.valid])
        total = self._exponentials(rows)[1].sum(axis=1)[rows.some]
        mantissa = np.frexp(total.astype(np.float64))[0]  # 0.5 to 1
        return {
            "table": (entries,),
            "exponents": (sum_reciprocal(total, self.build.config)[0],),
            "mantissas": (((2 * mantissa - 1) * _PARTS).astype(np.int64),),
        }

    @property
    def formats(self) -> int:
        """Return the widths."""
        config = self.build.config
        widths = (config.output_bits, config.rate_bits, config.sum_bits, config.reciprocal_bits)
        return sum(bits << 8 * place for place, bits in enumerate(widths))

    def word(self, content: SoftmaxConstants) -> int:
        """Return the rate."""
        return content.rate

    def illegal_words(self) -> dict[str, int]:
        """Return rates just out of bounds."""
        most = self.build.config.max_rate
        return {
            "rate of 0": 0,
            "rate above its bound": most + 1,
            "rate with a high bit": 1 << 31 | 1,
            "rate with a bit too many": (most + 1) * 2 | most,
        }
