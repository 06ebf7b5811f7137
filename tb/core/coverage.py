# SPDX-License-Identifier: Apache-2.0
"""Functional coverage: declared bins and how often each was met.

A module of our own: the bins are counted for a whole stream at once by NumPy. cocotb-coverage calls
Python for every sample and bin, which at 16 lanes costs more than the simulation.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.tb.core.beats import Bits
from surmax.tb.core.model import Observation

STALLS = ("never held", "held at the input", "held at the output", "held at both")
CHANGES = ("same head", "other head")
_SHOWN = 12


class Cross:
    """Bins for all combinations of some axes.

    Attributes:
        axes: the labels of each axis.
        counts: how often each bin was met, one dimension an axis.
        declared: of the same shape, False where a combination cannot exist.
    """

    def __init__(self, *axes: tuple[str, ...]) -> None:
        self.axes = axes
        shape = tuple(len(axis) for axis in axes)
        self.counts = np.zeros(shape, np.int64)
        self.declared = np.ones(shape, dtype=bool)

    def add(self, *places: npt.NDArray[np.int64]) -> None:
        """Count samples, each given by its index on every axis."""
        flat = np.ravel_multi_index(places, self.counts.shape)
        size = self.counts.size
        self.counts += np.bincount(flat, minlength=size).reshape(self.counts.shape)

    def open(self) -> Bits:
        """Return where a declared bin was never met."""
        return self.declared & (self.counts == 0)

    def missing(self) -> list[str]:
        """Return the names of the bins that were never met."""
        return [
            ", ".join(axis[index] for axis, index in zip(self.axes, place, strict=True))
            for place in np.argwhere(self.open()).tolist()
        ]


class Coverage(ABC):
    """The bins of one bench: crosses and, beside them, single points.

    Bins that the build cannot reach (a change of head with one head, say) are not declared.
    """

    def __init__(self, crosses: dict[str, Cross], points: Iterable[str]) -> None:
        self.crosses = crosses
        self.points = dict.fromkeys(points, 0)

    def event(self, name: str) -> None:
        """Count a point that no stream shows by itself."""
        self.points[name] += 1

    def events(self, found: dict[str, Any]) -> None:
        """Count those of the named points that are declared, once for each True."""
        for name in self.points.keys() & found.keys():
            self.points[name] += int(np.count_nonzero(found[name]))

    @abstractmethod
    def sample(self, seen: Observation) -> None:
        """Count every bin that a stream of checked beats met."""

    def missing(self) -> list[str]:
        """Return the names of the bins that were never met."""
        names = [name for name, count in self.points.items() if not count]
        return names + [name for cross in self.crosses.values() for name in cross.missing()]

    def to_json(self) -> dict[str, Any]:
        """Return bins declared and met, and the first missing ones."""
        missing = self.missing()
        bins = len(self.points)
        bins += sum(int(cross.declared.sum()) for cross in self.crosses.values())
        return {
            "bins": bins,
            "met": bins - len(missing),
            "full": not missing,
            "missing": missing[:_SHOWN],
            "crosses": {name: list(one.counts.shape) for name, one in self.crosses.items()},
            "points": dict(self.points),
        }
