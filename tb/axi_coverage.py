# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the AXI benches: frames, TKEEP, TUSER, pauses and answers."""

from abc import abstractmethod
from collections.abc import Iterable

import numpy as np
from surmax.tb.beats import Bits
from surmax.tb.consmax_coverage import CODES, ROLES, declared_roles
from surmax.tb.coverage import CHANGES, Coverage, Cross
from surmax.tb.hccs_coverage import checked_rows, head_changes, length_classes
from surmax.tb.hccs_rows import length_names
from surmax.tb.model import Observation
from surmax.tb.plan import BenchPlan

PAUSES = ("without pauses", "with pauses")


class AxiCoverage(Coverage):
    """The points of either unit's AXI bench."""

    def __init__(self, plan: BenchPlan, crosses: dict[str, Cross], points: Iterable[str]) -> None:
        build = plan.build
        common = ["frame of one beat", "frame of several beats"]
        common += ["frame that ends within a beat"] * (build.lanes > 1)
        common += ["masked by TUSER", "byte without TKEEP", "masked byte without TKEEP"]
        common += ["read answered", "read refused", "write refused", "reset in mid-row"]
        if build.heads > 1:
            common.append("frame of another head")
        if build.storage == "loadable":
            common.append("write taken")
        if build.storage == "loadable" and build.heads > 1:
            common.append("load in mid-stream")
        super().__init__(crosses, [*common, *points])

    def sample(self, seen: Observation, keep: Bits | None = None) -> None:
        """Count every bin that a stream of checked frames met; `keep` is TKEEP."""
        beats = seen.beats
        keep = np.ones(beats.mask.shape, dtype=bool) if keep is None else keep
        first = np.concatenate([[True], beats.last[:-1]])
        self.events(
            {
                "frame of one beat": first & beats.last,
                "frame of several beats": ~first & beats.last,
                "frame that ends within a beat": beats.last & keep[:, 0] & ~keep[:, -1],
                "masked by TUSER": beats.mask & keep,
                "byte without TKEEP": ~keep & ~beats.mask,
                "masked byte without TKEEP": ~keep & beats.mask,
                "frame of another head": first[1:] & (beats.heads[1:] != beats.heads[:-1]),
            }
        )
        self.sample_crosses(seen)

    @abstractmethod
    def sample_crosses(self, seen: Observation) -> None:
        """Count the bins of the crosses."""


class ConsmaxAxiCoverage(AxiCoverage):
    """Byte code (256) x role of the byte, with and without pauses; and the points."""

    def __init__(self, plan: BenchPlan) -> None:
        self.roles = declared_roles(plan)
        self.cross = Cross(self.roles, CODES)
        super().__init__(plan, {"codes": self.cross}, PAUSES)

    def sample_crosses(self, seen: Observation) -> None:
        """Count codes by role."""
        beats = seen.beats
        self.events({PAUSES[0]: ~seen.gap, PAUSES[1]: seen.gap})
        wide = np.array([t.config.score_bits == 16 for t in seen.contents])[seen.slots]
        role = np.where(wide[:, None], 1 + np.arange(beats.scores.shape[1]) % 2, 0)
        for number, name in enumerate(self.roles):
            codes = beats.scores[role == ROLES.index(name)].astype(np.int64)
            self.cross.add(np.full(len(codes), number), codes)


class HccsAxiCoverage(AxiCoverage):
    """Row length class x pauses x head change; and the points, among them the status register."""

    def __init__(self, plan: BenchPlan) -> None:
        build = self._build = plan.build
        self.cross = Cross(length_names(build.max_beats), PAUSES, CHANGES[: min(build.heads, 2)])
        points = ["constants read back", "over-long row reported", "over-long row cleared"]
        if build.storage == "loadable":
            points += ["illegal constants reported", "illegal constants cleared"]
        super().__init__(plan, {"rows": self.cross}, points)

    def sample_crosses(self, seen: Observation) -> None:
        """Count rows."""
        beats, most = seen.beats, self._build.max_beats
        rows = checked_rows(seen, most)
        paused = seen.gap[rows.begin].astype(np.int64)
        self.cross.add(length_classes(rows, beats, most), paused, head_changes(rows, beats))

    def wanted(self) -> list[tuple[str, str, bool]]:
        """Return length class, a mask kind and head change of the bins that are open."""
        names = self.cross.axes[0]
        found = np.argwhere(self.cross.open().any(axis=1)).tolist()
        return [(names[length], "holes", bool(change)) for length, change in found]
