# SPDX-License-Identifier: Apache-2.0
"""Calibrate all heads of a file of scores, keep what is done, and write head constants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from surmax.calibrate.consmax.fit import calibrate_consmax
from surmax.calibrate.hccs.fit import HccsTarget, calibrate, choose_scale, group_heads
from surmax.calibrate.scores import HeadScores
from surmax.common.kept import Kept
from surmax.golden import (
    ConsmaxConfig,
    ConsmaxHead,
    ConsmaxTables,
    HccsConstants,
    HccsHead,
    save_constants,
)

# What a head came to: the fields of HccsResult or ConsmaxResult, and "words" for the latter.
Result = dict[str, Any]
Progress = Callable[[int, int], None]


class Plan(Protocol):
    """How the heads of one unit are calibrated."""

    def prepare(self, head: HeadScores) -> HeadScores:
        """Return the head on the codes that it is calibrated with."""
        ...

    def fit(self, heads: Sequence[HeadScores]) -> list[Result]:
        """Return results of heads that share constants."""
        ...

    def save(self, path: Path, results: Sequence[Result]) -> None:
        """Write the head-constants file."""
        ...


@dataclass(frozen=True)
class HccsPlan:
    """HCCS for a target; `scales`: choose each head's score scale too."""

    target: HccsTarget
    scales: bool = False

    def prepare(self, head: HeadScores) -> HeadScores:
        """Choose the scale, or leave the head as it is."""
        return choose_scale(head, self.target) if self.scales else head

    def fit(self, heads: Sequence[HeadScores]) -> list[Result]:
        """Return the fields of HccsResult for each head."""
        return [one.to_json() for one in calibrate(heads, self.target)]

    def save(self, path: Path, results: Sequence[Result]) -> None:
        """Write B, S and Dmax of each head."""
        heads = [
            HccsHead(r["layer"], r["head"], r["scale"], HccsConstants(r["B"], r["S"], r["Dmax"]))
            for r in results
        ]
        target = self.target
        save_constants(path, target.config, heads, length=target.length, masked=target.masked)


@dataclass(frozen=True)
class ConsmaxPlan:
    """ConSmax of a configuration, with the same gamma for all heads."""

    config: ConsmaxConfig
    gamma: float = 1.0

    def prepare(self, head: HeadScores) -> HeadScores:
        """Return the head as it is."""
        return head

    def fit(self, heads: Sequence[HeadScores]) -> list[Result]:
        """Return the fields of ConsmaxResult and the table words for each head."""
        found = calibrate_consmax(heads, self.config, self.gamma)
        return [one.to_json() | {"words": own.tables.words.tolist()} for one, own in found]

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
    """Return a result for each head, those that share constants together.

    Args:
        heads: scores, prepared.
        plan: of the unit.
        granularity: "head", "layer" or "global".
        kept: results are taken from here where they are there, and put here as they come.
        progress: told heads done and wanted.
    """
    results: list[Result] = []
    for number, group in enumerate(group_heads(heads, granularity)):
        key = f"{granularity} {number}"
        found = None if kept is None else kept.get(key)
        if found is None:
            found = plan.fit(group)
            if kept is not None:
                kept.put(key, found)
        results += found
        if progress:
            progress(len(results), len(heads))
    return results
