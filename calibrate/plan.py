# SPDX-License-Identifier: Apache-2.0
"""Calibration of all heads of a score file, with kept results, to a head-constants file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from surmax.calibrate.consmax.fit import calibrate_consmax
from surmax.calibrate.hccs.fit import HccsTarget, calibrate, choose_scale, group_heads
from surmax.calibrate.scores import HeadScores
from surmax.common.kept import Kept
from surmax.common.plain import PlainFields
from surmax.golden import (
    ConsmaxConfig,
    ConsmaxHead,
    ConsmaxTables,
    HccsConstants,
    HccsHead,
    save_constants,
)

# Result of a head: the fields of HccsResult, or those of ConsmaxResult and "words".
Result = dict[str, Any]
Progress = Callable[[int, int], None]


class Plan(Protocol):
    """Calibration of the heads of one unit."""

    def prepare(self, head: HeadScores) -> HeadScores:
        """Return the head with the codes that it is calibrated with."""
        ...

    def fit(self, heads: Sequence[HeadScores]) -> list[Result]:
        """Return the results of heads that share constants."""
        ...

    def save(self, path: Path, results: Sequence[Result]) -> None:
        """Write the head-constants file."""
        ...


@dataclass(frozen=True)
class HccsPlan(PlainFields):
    """Calibration of HCCS for a target; with `scales` the score scale of each head as well."""

    target: HccsTarget
    scales: bool = False

    def prepare(self, head: HeadScores) -> HeadScores:
        """Return the head with its best scale, or as it is without `scales`."""
        return choose_scale(head, self.target) if self.scales else head

    def fit(self, heads: Sequence[HeadScores]) -> list[Result]:
        """Return the fields of HccsResult for each head."""
        return [result.to_json() for result in calibrate(heads, self.target)]

    def save(self, path: Path, results: Sequence[Result]) -> None:
        """Write B, S and Dmax of each head."""
        heads = [
            HccsHead(r["layer"], r["head"], r["scale"], HccsConstants(r["B"], r["S"], r["Dmax"]))
            for r in results
        ]
        target = self.target
        save_constants(path, target.config, heads, length=target.length, masked=target.masked)


@dataclass(frozen=True)
class ConsmaxPlan(PlainFields):
    """Calibration of ConSmax for a configuration, with the same gamma for all heads."""

    config: ConsmaxConfig
    gamma: float = 1.0

    def prepare(self, head: HeadScores) -> HeadScores:
        """Return the head as it is."""
        return head

    def fit(self, heads: Sequence[HeadScores]) -> list[Result]:
        """Return the fields of ConsmaxResult and the table words for each head."""
        results = calibrate_consmax(heads, self.config, self.gamma)
        return [result.to_json() | {"words": h.tables.words.tolist()} for result, h in results]

    def save(self, path: Path, results: Sequence[Result]) -> None:
        """Write the solved tables of each head."""
        heads = []
        for r in results:
            head = {name: r[name] for name in ("scale", "beta", "gamma")}
            tables = ConsmaxTables.from_words(self.config.narrow, np.array(r["words"]), **head)
            heads.append(ConsmaxHead(r["layer"], r["head"], tables))
        save_constants(path, self.config, heads)


def calibrate_all(
    heads: Sequence[HeadScores],
    plan: Plan,
    granularity: str,
    *,
    kept: Kept | None = None,
    progress: Progress | None = None,
) -> list[Result]:
    """Return a result for each head, one group of heads that share constants after the other.

    Args:
        heads: heads as plan.prepare returns them.
        plan: calibration of the unit.
        granularity: which heads share constants: those of a "head", a "layer", or "global".
        kept: results of groups; known ones are taken from it, new ones are added.
        progress: called with the numbers of heads done and of all heads.
    """
    results: list[Result] = []
    for number, group in enumerate(group_heads(heads, granularity)):
        key = f"{granularity} {number}"
        of_group = None if kept is None else kept.get(key)
        if of_group is None:
            of_group = plan.fit(group)
            if kept is not None:
                kept.put(key, of_group)
        results += of_group
        if progress:
            progress(len(results), len(heads))
    return results
