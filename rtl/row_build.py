# SPDX-License-Identifier: Apache-2.0
"""What builds of all row units have in common."""

from abc import abstractmethod
from typing import Any

from amaranth.lib import wiring
from surmax.golden import check_range
from surmax.rtl.axi import AxiTop
from surmax.rtl.build import Build
from surmax.rtl.row_axi import RowAxiTop
from surmax.rtl.tops import RowStreamTop


class RowBuild(Build):
    """A build of a unit that answers a row when all of it is in.

    Attributes:
        lanes, heads, max_length: as the unit has them.
    """

    lanes: int
    heads: int
    max_length: int

    @abstractmethod
    def unit(self, tag_bits: int) -> wiring.Component:
        """Make the Amaranth component of the unit."""

    @abstractmethod
    def axi(self, unit: wiring.Component) -> RowAxiTop:
        """Put the AXI top around the unit."""

    @abstractmethod
    def lone_latency(self, beats: int) -> int:
        """Latency of a row of `beats` beats, from 1 to max_beats (see latency)."""

    @property
    @abstractmethod
    def reciprocal_interval(self) -> float:
        """Mean cycles from one reciprocal to the next, at most."""

    @property
    def max_beats(self) -> int:
        """Beats of the longest row."""
        return self.max_length // self.lanes

    def latency(self, beats: int) -> int:
        """Cycles from a lone row's first accepted beat to its first output beat, without stalls."""
        return self.lone_latency(check_range("beats", beats, 1, self.max_beats))

    def interval(self, beats: int) -> float:
        """Mean cycles that a row takes in a steady stream of rows of `beats` beats."""
        check_range("beats", beats, 1, self.max_beats)
        return max(float(beats), self.reciprocal_interval)

    def component(self) -> wiring.Component:
        """Make the top component."""
        if self.top == "axi":
            return self.axi(self.unit(AxiTop.tag_bits(self.lanes, self.heads)))
        return RowStreamTop(self.unit(0), f"{self.unit_name}_unit")

    def figures(self) -> dict[str, Any]:
        """Figures of the unit that a user of its Verilog needs, JSON-ready."""
        return {
            "scores_per_cycle": self.lanes,
            "rows": [
                {
                    "beats": beats,
                    "latency_cycles": self.latency(beats),
                    "interval_cycles": self.interval(beats),
                }
                for beats in range(1, self.max_beats + 1)
            ],
        }
