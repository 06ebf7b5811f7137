# SPDX-License-Identifier: Apache-2.0
"""What a Softermax unit is built with."""

from dataclasses import dataclass
from typing import Any, ClassVar

from surmax.golden import SOFTERMAX_PRESETS, SoftermaxConfig, check_choice
from surmax.rtl.build import TOPS
from surmax.rtl.parameters import check_row_unit
from surmax.rtl.row_build import RowBuild
from surmax.rtl.softermax import SoftermaxUnit
from surmax.rtl.softermax_axi import SoftermaxAxiTop


@dataclass(frozen=True)
class SoftermaxBuild(RowBuild):
    """What to elaborate: the parameters of SoftermaxUnit, and which top around it.

    Raises InputError when made with a parameter out of range (see SoftermaxUnit).
    """

    unit_name: ClassVar[str] = "softermax"
    parts: ClassVar[dict[str, str]] = {"row storage": "surmax_row_storage"}

    config: SoftermaxConfig
    lanes: int = 16
    heads: int = 1
    max_length: int = 64
    adders: str = "operators"
    top: str = "stream"

    def __post_init__(self) -> None:
        """Refuse early what the unit would refuse."""
        check_choice("top", self.top, TOPS)
        check_row_unit(
            self.lanes, self.heads, self.max_length, "loadable", "constants", None, self.adders
        )

    def lone_latency(self, beats: int) -> int:
        """Latency of a row of `beats` beats."""
        # The row once; distances, sum, reciprocal and codes take a cycle each.
        return beats + 3

    @property
    def reciprocal_interval(self) -> float:
        """Mean cycles from one reciprocal to the next, at most."""
        return 1

    @property
    def preset(self) -> str:
        """Name of the configuration's preset, or "custom"."""
        known = SOFTERMAX_PRESETS.items()
        return next((name for name, one in known if one == self.config), "custom")

    def unit(self, tag_bits: int) -> SoftermaxUnit:
        """Make the Amaranth component."""
        return SoftermaxUnit(
            self.config,
            lanes=self.lanes,
            heads=self.heads,
            max_length=self.max_length,
            adders=self.adders,
            tag_bits=tag_bits,
        )

    def axi(self, unit: SoftermaxUnit) -> SoftermaxAxiTop:
        """Put the AXI top around the unit."""
        return SoftermaxAxiTop(unit)

    def describe(self) -> dict[str, Any]:
        """Everything that decides the Verilog, JSON-ready."""
        return {
            "unit": "softermax",
            "top": self.top_module,
            "preset": self.preset,
            "config": self.config.to_json(),
            "lanes": self.lanes,
            "heads": self.heads,
            "max_length": self.max_length,
            "adders": self.adders,
        }

    def headline(self) -> str:
        """Say in one line what this is."""
        return (
            f"Softermax, preset {self.preset}: {self.lanes} lanes, {self.heads} heads, rows up to "
            f"{self.max_length}"
        )
