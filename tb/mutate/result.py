# SPDX-License-Identifier: Apache-2.0
"""Result of a run over automatic mutants."""

from dataclasses import dataclass
from typing import Any

from surmax.tb.mutate.mutants import Mutant

# What became of a mutant.
KILLED, EQUIVALENT, SURVIVED = "killed", "equivalent", "survived"


@dataclass(frozen=True)
class Verdict:
    """What became of one mutant.

    Attributes:
        top: module of the text that it is in, "hccs_stream" say.
        mutant: the change.
        key: name of the mutant for as long as its module is the same.
        status: KILLED, EQUIVALENT or SURVIVED.
        by: the check that killed it, or what found it equivalent; "" of one that survived.
        detail: what the check saw, or why it is equivalent or may not be.
    """

    top: str
    mutant: Mutant
    key: str
    status: str
    by: str
    detail: str

    def to_json(self) -> dict[str, Any]:
        """Return all fields, JSON-ready, with place and change in words."""
        mutant = self.mutant.to_json()
        fields = {name: value for name, value in vars(self).items() if name != "mutant"}
        words = {"place": self.mutant.place, "change": self.mutant.change}
        return fields | {"module": self.mutant.module} | words | {"mutant": mutant}


@dataclass(frozen=True)
class MutantsResult:
    """All verdicts of a unit.

    Attributes:
        build: description of the build (its describe()); both tops were run.
        seed: of the choice of mutants and of the stimulus.
        verdicts: the stream top's mutants, then those of the AXI top.
    """

    build: dict[str, Any]
    seed: int
    verdicts: tuple[Verdict, ...]

    def having(self, status: str) -> tuple[Verdict, ...]:
        """Return the verdicts with a status."""
        return tuple(one for one in self.verdicts if one.status == status)

    @property
    def percent(self) -> float:
        """Mutants killed, in percent of those that are not equivalent; 100 where there are none."""
        wanted = len(self.verdicts) - len(self.having(EQUIVALENT))
        return 100 * len(self.having(KILLED)) / wanted if wanted else 100.0

    def counts(self) -> dict[tuple[str, str, str], int]:
        """Return how many have each (top, status, by), in the order of the verdicts."""
        counts: dict[tuple[str, str, str], int] = {}
        for one in self.verdicts:
            name = (one.top, one.status, one.by)
            counts[name] = counts.get(name, 0) + 1
        return counts

    def to_json(self) -> dict[str, Any]:
        """Return everything, JSON-ready."""
        totals = {name: len(self.having(name)) for name in (KILLED, EQUIVALENT, SURVIVED)}
        counts = [
            {"top": top, "status": status, "by": by, "mutants": count}
            for (top, status, by), count in self.counts().items()
        ]
        return {
            "build": self.build,
            "seed": self.seed,
            "mutants": len(self.verdicts),
            **totals,
            "percent_killed": round(self.percent, 2),
            "counts": counts,
            "verdicts": [one.to_json() for one in self.verdicts],
        }
