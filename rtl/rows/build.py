# SPDX-License-Identifier: Apache-2.0
"""Base of the builds of row units."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from amaranth.lib import wiring
from surmax.common.errors import check_kind
from surmax.golden import check_choice, check_range, unit_entry
from surmax.rtl.build import TOPS, Build
from surmax.rtl.rows.unit import RowUnit
from surmax.rtl.tops.axi import AxiTop
from surmax.rtl.tops.row_axi import RowAxiTop
from surmax.rtl.tops.stream import RowStreamTop


@dataclass(frozen=True)
class RowBuild(Build):
    """Build of a unit that answers a row once all of it is in.

    Its fields are the parameters of the unit, and `top`. A subclass adds the parameters that only
    its unit has.

    Attributes:
        presets: the unit's configurations by name.
        unit_class, axi_class: the unit and its AXI top.
    """

    presets: ClassVar[Mapping[str, Any]]
    unit_class: ClassVar[type[RowUnit]]
    axi_class: ClassVar[type[RowAxiTop]]

    config: Any
    lanes: int = 16
    heads: int = 1
    max_length: int = 64
    adders: str = "operators"
    top: str = "stream"

    def __post_init__(self) -> None:
        """Refuse early what the unit would refuse."""
        super().__post_init__()
        check_kind("config", self.config, unit_entry("golden", self.unit_name).config)
        check_choice("top", self.top, TOPS)
        self.unit_class.check_parameters(self.config, tag_bits=0, **self._parameters())

    @abstractmethod
    def lone_latency(self, beats: int) -> int:
        """Latency of a row of `beats` beats, from 1 to max_beats (see latency)."""

    @property
    @abstractmethod
    def reciprocal_interval(self) -> float:
        """Largest mean number of cycles from one reciprocal to the next."""

    @property
    def preset(self) -> str:
        """Name of the configuration's preset, or "custom"."""
        return next(
            (name for name, config in self.presets.items() if config == self.config), "custom"
        )

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

    def unit(self, tag_bits: int) -> RowUnit:
        """Make the Amaranth component of the unit."""
        return self.unit_class(self.config, tag_bits=tag_bits, **self._parameters())

    def component(self) -> wiring.Component:
        """Make the top component."""
        if self.top == "axi":
            return self.axi_class(self.unit(AxiTop.tag_bits(self.lanes, self.heads)))
        return RowStreamTop(self.unit(0), f"{self.unit_name}_unit")

    @property
    def built_in(self) -> tuple[Any, ...] | None:
        """Constants of each head that are built in; None when they are loaded or there are none."""
        return getattr(self, "constants", None)

    def describe(self) -> dict[str, Any]:
        """Everything that decides the Verilog, JSON-ready."""
        parameters = self._parameters()
        if parameters.get("constants"):
            parameters["constants"] = [vars(head) for head in parameters["constants"]]
        return {
            "unit": self.unit_name,
            "top": self.top_module,
            "preset": self.preset,
            "config": self.config.to_json(),
        } | parameters

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
