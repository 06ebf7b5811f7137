# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the AXI benches: frames, TKEEP, TUSER, pauses and answers."""

from abc import abstractmethod
from collections.abc import Iterable

import numpy as np
from surmax.tb.core.beats import Bits
from surmax.tb.core.coverage import Coverage, Cross
from surmax.tb.core.model import Observation
from surmax.tb.core.plan import BenchPlan

PAUSES = ("without pauses", "with pauses")


class AxiCoverage(Coverage):
    """The points that the AXI benches of all units share."""

    def __init__(self, plan: BenchPlan, crosses: dict[str, Cross], points: Iterable[str]) -> None:
        build = plan.build
        common = ["frame of one beat", "frame of several beats"]
        common += ["frame that ends within a beat"] * (build.lanes > 1)
        common += ["masked by TUSER", "byte without TKEEP", "masked byte without TKEEP"]
        common += ["read answered", "read refused", "write refused", "reset in mid-row"]
        table = plan.model.register_map(plan.heads(0))
        if table is not None:
            common += ["write address before data", "write data before address"]
            common += ["write offered while an answer waits", "read offered while an answer waits"]
            common += ["read of an unaligned address", "write to an unaligned address"]
            common += ["part of a word written"] * bool(table.writable)
        if build.heads > 1:
            common.append("frame of another head")
        if plan.model.loadable:
            common.append("write taken")
        if plan.model.loadable and build.heads > 1:
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
