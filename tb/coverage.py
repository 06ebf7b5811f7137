# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the ConSmax benches: which cases a regression has seen.

A module of our own: the bins are counted for a whole stream at once by NumPy. cocotb-coverage calls
Python for every sample and bin, which at 16 lanes costs more than the simulation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.golden import ConsmaxTables
from surmax.tb.model import Bits, Bytes, Codes
from surmax.tb.plan import BenchPlan

# What the byte on a lane is: a whole score, or the low or high byte of a 16-bit one.
ROLES = ("8-bit score", "low byte", "high byte")
STALLS = ("never held", "held at the input", "held at the output", "held at both")
CHANGES = ("same head", "other head")
_SHOWN = 12


@dataclass(frozen=True)
class Observation:
    """What one stream of beats met on its way; all arrays have one row a beat.

    Attributes:
        tables: what each head held.
        scores, mask: (beats, lanes), as sent.
        heads, last: (beats,), as sent.
        codes: (beats, lanes), as expected (and received).
        held_in, held_out: (beats,), True where the beat had to wait at the input or output.
        gap: (beats,), True where the input was idle before the beat.
    """

    tables: Sequence[ConsmaxTables]
    scores: Bytes
    mask: Bits
    heads: npt.NDArray[np.int64]
    last: Bits
    codes: Codes
    held_in: Bits
    held_out: Bits
    gap: Bits


class Coverage:
    """Declared bins and how often each was met.

    The cross is byte code (256) x stall state x head change x mode; a bin is met when any lane
    carries the code. Beside it stand single points: masks, TLAST, saturation, idle input, changes
    of mode, reset and table loads in mid-stream. Bins that the build cannot reach (a change of head
    with one head, say) are not declared.
    """

    def __init__(self, plan: BenchPlan) -> None:
        build, loadable = plan.build, plan.build.storage == "loadable"
        wide = {tables.config.score_bits == 16 for tables in plan.pool}
        self.roles = [role for role in ROLES if (role != ROLES[0]) in wide]
        self.changes = CHANGES[: min(build.heads, 2)]
        self.cross = np.zeros((len(self.roles), len(self.changes), len(STALLS), 256), np.int64)
        points = ["masked lane", "unmasked lane", "fully masked beat", "last", "not last"]
        points += ["gap before a beat", "reset in mid-row"]
        if any((tables.codes == tables.config.max_code).any() for tables in plan.pool):
            points += ["saturated code", "masked score that saturates"]
        if len(wide) == 2 and build.heads > 1:
            points += ["8-bit after 16-bit beat", "16-bit after 8-bit beat"]
        if loadable:
            points.append("table load in mid-stream")
        self.points = dict.fromkeys(points, 0)

    def event(self, name: str) -> None:
        """Count a point that no stream shows by itself."""
        self.points[name] += 1

    def sample(self, seen: Observation) -> None:
        """Count every bin that a stream of checked beats met."""
        if not len(seen.heads):
            return
        wide_heads = np.array([t.config.score_bits == 16 for t in seen.tables])
        wide = wide_heads[seen.heads]
        changed = np.concatenate([[False], seen.heads[1:] != seen.heads[:-1]])
        stall = seen.held_in + 2 * seen.held_out.astype(np.int64)
        lanes = np.arange(seen.scores.shape[1])
        role = np.where(wide[:, None], 1 + lanes % 2, 0)
        for number, name in enumerate(self.roles):
            rows, columns = np.nonzero(role == ROLES.index(name))
            place = (changed[rows] * len(STALLS) + stall[rows]) * 256 + seen.scores[rows, columns]
            size = len(self.changes) * len(STALLS) * 256
            self.cross[number] += np.bincount(place, minlength=size).reshape(self.cross.shape[1:])
        self._sample_points(seen, wide)

    def _sample_points(self, seen: Observation, wide: Bits) -> None:
        full = np.zeros(len(seen.heads), dtype=bool)
        masked_full = full.copy()
        for head, tables in enumerate(seen.tables):
            rows = np.nonzero(seen.heads == head)[0]
            step = 2 if tables.config.score_bits == 16 else 1
            scores = np.ascontiguousarray(seen.scores[rows])
            values = scores.view("<i2" if step == 2 else np.int8).astype(np.int64)
            saturates = tables.codes[values + (1 << (8 * step - 1))] == tables.config.max_code
            lanes = seen.mask.shape[1]
            mask = seen.mask[rows].reshape(len(rows), lanes // step, step).any(axis=-1)
            full[rows] = (saturates & ~mask).any(axis=-1)
            masked_full[rows] = (saturates & mask).any(axis=-1)
        found = {
            "masked lane": seen.mask,
            "unmasked lane": ~seen.mask,
            "fully masked beat": seen.mask.all(axis=1),
            "last": seen.last,
            "not last": ~seen.last,
            "gap before a beat": seen.gap,
            "saturated code": full,
            "masked score that saturates": masked_full,
            "8-bit after 16-bit beat": wide[:-1] & ~wide[1:],
            "16-bit after 8-bit beat": ~wide[:-1] & wide[1:],
        }
        for name, hits in found.items():
            if name in self.points:
                self.points[name] += int(np.count_nonzero(hits))

    def missing_codes(self, role: str) -> npt.NDArray[np.uint8]:
        """Return the byte codes of `role` with at least one bin of the cross still empty."""
        empty = (self.cross[self.roles.index(role)] == 0).any(axis=(0, 1))
        return np.nonzero(empty)[0].astype(np.uint8)

    def missing(self) -> list[str]:
        """Return the names of the bins that were never met."""
        names = [name for name, count in self.points.items() if not count]
        for role, change, stall, code in np.argwhere(self.cross == 0):
            names.append(
                f"code {code:#04x} as {self.roles[role]}, {self.changes[change]}, {STALLS[stall]}"
            )
        return names

    def to_json(self) -> dict[str, Any]:
        """Return bins declared and met, and the first missing ones."""
        missing = self.missing()
        bins = self.cross.size + len(self.points)
        return {
            "bins": bins,
            "met": bins - len(missing),
            "full": not missing,
            "missing": missing[:_SHOWN],
            "cross": {"roles": list(self.roles), "changes": list(self.changes), "codes": 256},
            "points": dict(self.points),
        }
