# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the benches: which rows a regression has seen, and how."""

import numpy as np
from surmax.tb.core.axi_coverage import PAUSES, AxiCoverage
from surmax.tb.core.beats import Beats, Bits
from surmax.tb.core.coverage import CHANGES, STALLS, Coverage, Cross
from surmax.tb.core.model import Observation
from surmax.tb.core.plan import BenchPlan
from surmax.tb.rows.cutting import Indices, Rows, beats_of, find_rows
from surmax.tb.rows.model import RowScores
from surmax.tb.rows.stimulus import LENGTHS, MASKS, length_names


def reset_phases(max_beats: int) -> tuple[str, ...]:
    """Return in which phases of a row a reset can come."""
    return ("receiving",) * (max_beats > 1) + ("dropping", "waiting", "sending")


def length_classes(rows: Rows, beats: Beats, max_beats: int) -> Indices:
    """Return the class of each row, an index into length_names."""
    cut = ~beats.last[rows.ends]
    kind = np.minimum(rows.kept - 1, 2)
    kind[rows.kept == max_beats] = 3
    kind[cut] = 4
    names = length_names(max_beats)
    index = np.array([names.index(name) if name in names else -1 for name in LENGTHS])
    return index[kind]


def checked_rows(seen: Observation, max_beats: int) -> Rows:
    """Return the rows all of whose answer has come out."""
    rows = find_rows(seen.beats.last, max_beats)
    return rows[rows.place + rows.kept <= len(seen.held_out)]


def head_changes(rows: Rows, beats: Beats) -> Indices:
    """Return 1 for each row with another head than the row before it, else 0."""
    heads = beats.heads[rows.begin]
    return np.concatenate([[0], heads[1:] != heads[:-1]]).astype(np.int64)


class RowCoverage(Coverage):
    """Row length class x mask kind x stall state x head change; and points.

    Points: what the scores look like, pauses and resets in every phase of a row, over-long rows,
    loads in mid-stream; and the unit's own (RowModel.points).
    """

    def __init__(self, plan: BenchPlan) -> None:
        build = plan.build
        self._build, self._model = build, plan.model
        names = length_names(build.max_beats)
        self.cross = Cross(names, MASKS, STALLS, CHANGES[: min(build.heads, 2)])
        for index, name in enumerate(names):
            # A row of one position has no single valid one beside others, and so on.
            positions = build.lanes * {"one beat": 1, "two beats": 2, "between": 3}.get(
                name, build.max_beats
            )
            for kind, least in (("one valid", 2), ("tail masked", 3), ("holes", 3)):
                self.cross.declared[index, MASKS.index(kind)] = positions >= least
        points = ["pause within a row", "over-long row after over-long row"]
        points += ["row after an over-long row"]
        points += [f"reset while {phase}" for phase in reset_phases(build.max_beats)]
        if build.max_length > 2:
            points += ["all equal", "one peak", "alternating extremes", "descending"]
            points += ["masked score above the maximum"]
        if build.max_beats > 1:
            points += ["maximum in the first beat only", "maximum in the last beat only"]
            points += ["masked beat before a valid one"]
        points += self._model.points(plan.pool)
        if self._model.loadable:
            points.append("load in mid-stream")
        super().__init__({"rows": self.cross} | self._model.crosses(plan.pool), points)

    def wanted(self, stall: str) -> list[tuple[str, str, bool]]:
        """Return length class, mask kind and head change of the bins open in a stall state."""
        names = self.cross.axes[0]
        found = np.argwhere(self.cross.open()[:, :, STALLS.index(stall)]).tolist()
        return [(names[length], MASKS[mask], bool(change)) for length, mask, change in found]

    def sample(self, seen: Observation) -> None:
        """Count every bin that the rows of a stream met."""
        build = self._build
        rows = checked_rows(seen, build.max_beats)
        if not len(rows.begin):
            return
        kinds = length_classes(rows, seen.beats, build.max_beats)
        changes = head_changes(rows, seen.beats)
        ends = int(rows.begin[-1] + rows.sent[-1])
        held = np.logical_or.reduceat(seen.held_in[:ends], rows.begin).astype(np.int64)
        held += 2 * np.logical_or.reduceat(seen.held_out[: rows.outputs], rows.place)
        masks = np.zeros(len(kinds), np.int64)
        for count in np.unique(rows.kept).tolist():
            chosen = rows.kept == count
            masks[chosen] = self._sample_scores(seen, rows[chosen], count)
        self.cross.add(kinds, masks, held, changes)
        inside = np.ones(len(seen.beats), dtype=bool)
        inside[rows.begin] = False
        cut = kinds == len(self.cross.axes[0]) - 1
        self.events(
            {
                "pause within a row": seen.gap & inside,
                "over-long row after over-long row": cut[1:] & cut[:-1],
                "row after an over-long row": ~cut[1:] & cut[:-1],
            }
        )

    def _sample_scores(self, seen: Observation, rows: Rows, count: int) -> Indices:
        """Count the points about scores, for rows of `count` beats; return the kind of each mask.

        A kind is an index into MASKS.
        """
        lanes = self._build.lanes
        inputs, shape = beats_of(rows.begin, count), (len(rows.begin), count * lanes)
        mask = seen.beats.mask[inputs].reshape(shape)
        scores = RowScores(
            seen.beats.scores[inputs].reshape(shape).view(np.int8).astype(np.int64),
            ~mask,
            [seen.contents[slot] for slot in seen.slots[rows.ends]],
            count == self._build.max_beats,
        )
        x, valid, top, some = scores.x, scores.valid, scores.top, scores.some
        low = np.where(mask, 128, x).min(axis=1, keepdims=True)
        at_top, at_low, width = valid & (x == top), valid & (x == low), valid.sum(axis=1)
        extremes = np.where(np.arange(x.shape[1]) % 2, 127, -128)
        alternating = (x == extremes).all(axis=1) | (x == -1 - extremes).all(axis=1)
        falling = (np.diff(x, axis=1) <= 0).all(axis=1) & (top != low)[:, 0]
        by_beat = valid.reshape(len(x), count, lanes).any(axis=2)
        # Where the row has more than one beat.
        first = some & ~at_top[:, lanes:].any(axis=1) & (count > 1)
        last = some & ~at_top[:, :-lanes].any(axis=1) & (count > 1)
        self.events(
            {
                "all equal": (width > 1) & (top == low)[:, 0],
                "one peak": (width > 2)
                & (at_top.sum(axis=1) == 1)
                & (at_low.sum(axis=1) == width - 1),
                "alternating extremes": alternating & (width == x.shape[1]),
                "descending": falling & (width == x.shape[1]),
                "masked score above the maximum": some & (mask & (x > top)).any(axis=1),
                "maximum in the first beat only": first,
                "maximum in the last beat only": last,
                "masked beat before a valid one": ~by_beat[:, :-1] & by_beat[:, 1:],
            }
        )
        self.events(self._model.met(scores))
        for name, places in self._model.samples(scores).items():
            self.crosses[name].add(*places)
        return _mask_kinds(mask)


def _mask_kinds(mask: Bits) -> Indices:
    """Return the kind of each row's mask, an index into MASKS."""
    valid = np.count_nonzero(~mask, axis=1)
    first_masked = np.where(mask.any(axis=1), mask.argmax(axis=1), mask.shape[1])
    return np.select(
        [valid == 0, valid == mask.shape[1], valid == 1, first_masked == valid],
        [MASKS.index(k) for k in ("all masked", "all valid", "one valid", "tail masked")],
        MASKS.index("holes"),
    )


class RowAxiCoverage(AxiCoverage):
    """Row length class x pauses x head change; and the points, among them the status register."""

    def __init__(self, plan: BenchPlan) -> None:
        build = self._build = plan.build
        self.cross = Cross(length_names(build.max_beats), PAUSES, CHANGES[: min(build.heads, 2)])
        points = ["over-long row reported", "over-long row cleared"]
        points += ["full row ended by a null beat", "row of a null beat only"]
        points += ["short row ended by a null beat"] * (build.max_beats > 1)
        points.append("over-long row with null beats reported")
        if plan.model.fields:
            points.append("constants read back")
        if plan.model.illegal_words() and plan.model.loadable:
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


COVERAGES = {"stream": RowCoverage, "axi": RowAxiCoverage}
