# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the HCCS stream bench: which rows a regression has seen, and how."""

import numpy as np
from surmax.golden.hccs import reciprocal
from surmax.tb.beats import Beats
from surmax.tb.coverage import CHANGES, STALLS, Coverage, Cross
from surmax.tb.hccs_model import Indices, Rows, find_rows, scores_of
from surmax.tb.hccs_rows import LENGTHS, MASKS, length_names
from surmax.tb.model import Observation
from surmax.tb.plan import BenchPlan


def reset_phases(max_beats: int) -> tuple[str, ...]:
    """Return in which phases of a row a reset can come."""
    return ("receiving",) * (max_beats > 1) + ("dropping", "waiting", "sending")


def length_classes(rows: Rows, beats: Beats, max_beats: int) -> Indices:
    """Return the class of each row, an index into length_names."""
    cut = ~beats.last[rows.begin + rows.kept - 1]
    kind = np.minimum(rows.kept - 1, 2)
    kind[rows.kept == max_beats] = 3
    kind[cut] = 4
    names = length_names(max_beats)
    index = np.array([names.index(name) if name in names else -1 for name in LENGTHS])
    return index[kind]


def checked_rows(seen: Observation, max_beats: int) -> Rows:
    """Return the rows all of whose answer has come out."""
    rows = find_rows(seen.beats.last, max_beats)
    whole = rows.place + rows.kept <= len(seen.held_out)
    return Rows(*(getattr(rows, name)[whole] for name in Rows.__match_args__))


def head_changes(rows: Rows, beats: Beats) -> Indices:
    """Return 1 for each row with another head than the row before it, else 0."""
    heads = beats.heads[rows.begin]
    return np.concatenate([[0], heads[1:] != heads[:-1]]).astype(np.int64)


class HccsCoverage(Coverage):
    """Row length class x mask kind x stall state x head change; and points.

    Points: what the scores look like, how far they lie from the maximum, extreme sums, saturation,
    pauses and resets in every phase of a row, over-long rows, loads in mid-stream.
    """

    def __init__(self, plan: BenchPlan) -> None:
        build, pool = plan.build, plan.pool
        self._build = build
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
        if build.max_length > 1:
            points.append("clipped distance")
        if build.max_length > 1 and any(one.Dmax > 1 for one in pool):
            points += ["distance of Dmax", "distance below Dmax"]
        if build.config.saturates:
            points.append("saturated code")
        bounds = {one.B for one in pool}
        if build.config.max_b(build.max_length) in bounds:
            points.append("largest row sum")
        if build.config.min_sum in bounds:
            points.append("least row sum")
        if build.storage == "loadable":
            points.append("load in mid-stream")
        super().__init__({"rows": self.cross}, points)

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
            _, mask, chosen = scores_of(rows, seen.beats, count)
            masks[chosen] = _mask_kinds(mask)
            self._sample_scores(seen, rows, count)
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

    def _sample_scores(self, seen: Observation, rows: Rows, count: int) -> None:
        """Count the points about scores, for the rows of `count` beats."""
        config, lanes = self._build.config, self._build.lanes
        scores, mask, chosen = scores_of(rows, seen.beats, count)
        held = [seen.contents[slot] for slot in seen.slots[rows.begin[chosen]]]
        B, S, Dmax = (
            np.array([getattr(one, name) for one in held])[:, None] for name in ("B", "S", "Dmax")
        )
        x, valid = scores.view(np.int8).astype(np.int64), ~mask
        some = valid.any(axis=1)
        top = np.where(mask, -129, x).max(axis=1, keepdims=True)
        low = np.where(mask, 128, x).min(axis=1, keepdims=True)
        at_top, at_low, width = valid & (x == top), valid & (x == low), valid.sum(axis=1)
        distance = top - x
        total = np.where(valid, B - S * np.minimum(distance, Dmax), 0).sum(axis=1)
        largest = (B[:, 0] * reciprocal(config, np.maximum(total, 1)) + config.half) >> (
            config.fraction_bits
        )
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
                "clipped distance": valid & (distance > Dmax),
                "distance of Dmax": valid & (distance == Dmax) & (Dmax > 1),
                "distance below Dmax": valid & (distance > 0) & (distance < Dmax),
                "saturated code": some & (largest > config.max_code),
                "largest row sum": total == config.max_b(self._build.max_length) * x.shape[1]
                if count == self._build.max_beats
                else False,
                "least row sum": total == config.min_sum,
            }
        )


def _mask_kinds(mask: np.ndarray) -> Indices:
    """Return the kind of each row's mask, an index into MASKS."""
    valid = np.count_nonzero(~mask, axis=1)
    first_masked = np.where(mask.any(axis=1), mask.argmax(axis=1), mask.shape[1])
    return np.select(
        [valid == 0, valid == mask.shape[1], valid == 1, first_masked == valid],
        [MASKS.index(k) for k in ("all masked", "all valid", "one valid", "tail masked")],
        MASKS.index("holes"),
    )
