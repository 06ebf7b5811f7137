# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the ConSmax benches: which cases a regression has seen."""

import numpy as np
import numpy.typing as npt
from surmax.tb.core.axi_coverage import PAUSES, AxiCoverage
from surmax.tb.core.beats import Bits
from surmax.tb.core.coverage import CHANGES, STALLS, Coverage, Cross
from surmax.tb.core.model import Observation
from surmax.tb.core.plan import BenchPlan

# What the byte on a lane is: a whole score, or the low or high byte of a 16-bit one.
ROLES = ("8-bit score", "low byte", "high byte")
CODES = tuple(f"code {code:#04x}" for code in range(256))


def declared_roles(plan: BenchPlan) -> tuple[str, ...]:
    """Return the roles that a byte can have with the table contents of the plan."""
    wide = {tables.config.score_bits == 16 for tables in plan.pool}
    return tuple(role for role in ROLES if (role != ROLES[0]) in wide)


class ConsmaxCoverage(Coverage):
    """Byte code (256) x head change x stall state x role of the byte, and points.

    A bin of the cross is met when any lane carries the code. Points: masks, TLAST, saturation, idle
    input, changes of mode, reset and table loads in mid-stream.
    """

    def __init__(self, plan: BenchPlan) -> None:
        build = plan.build
        self.roles = declared_roles(plan)
        self.cross = Cross(self.roles, CHANGES[: min(build.heads, 2)], STALLS, CODES)
        points = ["masked lane", "unmasked lane", "fully masked beat", "last", "not last"]
        points += ["gap before a beat", "reset in mid-row"]
        if any((tables.codes == tables.config.max_code).any() for tables in plan.pool):
            points += ["saturated code", "masked score that saturates"]
        if len({t.config.score_bits for t in plan.pool}) == 2 and build.heads > 1:
            points += ["8-bit after 16-bit beat", "16-bit after 8-bit beat"]
        if plan.model.loadable:
            points.append("table load in mid-stream")
        super().__init__({"codes": self.cross}, points)

    def sample(self, seen: Observation) -> None:
        """Count every bin that a stream of checked beats met."""
        count = len(seen.held_out)
        if not count:
            return
        beats, slots = seen.beats[:count], seen.slots[:count]
        wide = np.array([t.config.score_bits == 16 for t in seen.contents])[slots]
        changed = np.concatenate([[False], beats.heads[1:] != beats.heads[:-1]])
        stall = seen.held_in[:count] + 2 * seen.held_out.astype(np.int64)
        lanes = np.arange(beats.scores.shape[1])
        role = np.where(wide[:, None], 1 + lanes % 2, 0)
        for number, name in enumerate(self.roles):
            rows, columns = np.nonzero(role == ROLES.index(name))
            codes = beats.scores[rows, columns].astype(np.int64)
            number = np.full(len(rows), number)
            self.cross.add(number, changed[rows].astype(np.int64), stall[rows], codes)
        full = np.zeros(count, dtype=bool)
        masked_full = full.copy()
        for slot, tables in enumerate(seen.contents):
            rows = np.nonzero(slots == slot)[0]
            step = 2 if tables.config.score_bits == 16 else 1
            scores = np.ascontiguousarray(beats.scores[rows])
            values = scores.view("<i2" if step == 2 else np.int8).astype(np.int64)
            saturates = tables.codes[values + (1 << (8 * step - 1))] == tables.config.max_code
            mask = beats.mask[rows].reshape(len(rows), len(lanes) // step, step).any(axis=-1)
            full[rows] = (saturates & ~mask).any(axis=-1)
            masked_full[rows] = (saturates & mask).any(axis=-1)
        self.events(
            {
                "masked lane": beats.mask,
                "unmasked lane": ~beats.mask,
                "fully masked beat": beats.mask.all(axis=1),
                "last": beats.last,
                "not last": ~beats.last,
                "gap before a beat": seen.gap[:count],
                "saturated code": full,
                "masked score that saturates": masked_full,
                "8-bit after 16-bit beat": wide[:-1] & ~wide[1:],
                "16-bit after 8-bit beat": ~wide[:-1] & wide[1:],
            }
        )

    def missing_codes(self, role: str) -> npt.NDArray[np.uint8]:
        """Return the byte codes of `role` with at least one bin of the cross still empty."""
        empty: Bits = self.cross.open()[self.roles.index(role)].any(axis=(0, 1))
        return np.nonzero(empty)[0].astype(np.uint8)


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


COVERAGES = {"stream": ConsmaxCoverage, "axi": ConsmaxAxiCoverage}
