# SPDX-License-Identifier: Apache-2.0
"""Build of an HCCS unit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from surmax.golden import HCCS_PRESETS, HccsConfig, HccsConstants
from surmax.rtl.hccs.axi import HccsAxiTop
from surmax.rtl.hccs.reciprocal import fewest_bits, reciprocal_cycles
from surmax.rtl.hccs.shape import HccsShape
from surmax.rtl.hccs.unit import HccsUnit, row_latency
from surmax.rtl.rows.build import RowBuild
from surmax.rtl.rows.unit import RowUnit
from surmax.rtl.tops.row_axi import RowAxiTop


@dataclass(frozen=True)
class HccsBuild(RowBuild):
    """Parameters of HccsUnit, and the top that is put around it.

    `divider_bits` None is replaced by the fewest bits that keep up with the longest rows.

    Raises InputError when a parameter is out of range (see HccsUnit).
    """

    unit_name: ClassVar[str] = "hccs"
    presets: ClassVar[Mapping[str, Any]] = HCCS_PRESETS
    unit_class: ClassVar[type[RowUnit]] = HccsUnit
    axi_class: ClassVar[type[RowAxiTop]] = HccsAxiTop
    parts: ClassVar[dict[str, str]] = {
        "row storage": "surmax_row_storage",
        "constant storage": "hccs_constant_storage",
    }

    storage: str = "loadable"
    divider: str = "serial"
    dividers: int = 1
    divider_bits: int | None = None
    constants: tuple[HccsConstants, ...] | None = None

    def __post_init__(self) -> None:
        """Check the parameters as the unit does, and fill in `divider_bits`."""
        super().__post_init__()
        if self.divider_bits is None:
            fewest = fewest_bits(self.config, self.divider, self.dividers, self.max_beats)
            object.__setattr__(self, "divider_bits", fewest)

    @property
    def _reciprocal(self) -> tuple[str, int, int]:
        return self.divider, self.dividers, self.divider_bits

    def lone_latency(self, beats: int) -> int:
        """Latency of a row of `beats` beats."""
        shape = HccsShape(self.config, self.lanes, self.heads, self.max_length, 0)
        return row_latency(shape, beats, *self._reciprocal)

    @property
    def reciprocal_interval(self) -> float:
        """Largest mean number of cycles from one reciprocal to the next."""
        return reciprocal_cycles(self.config, *self._reciprocal)[1]

    @property
    def preset(self) -> str:
        """Name of the preset that equals the configuration except for min_sum, or "custom"."""
        own = replace(self.config, min_sum=HccsConfig().min_sum)
        return next((name for name, config in self.presets.items() if config == own), "custom")

    def headline(self) -> str:
        """Return a one-line description of the build."""
        return (
            f"preset {self.preset}: {self.lanes} lanes, {self.heads} heads, rows up to "
            f"{self.max_length}, constants {self.storage}, B {self.config.min_sum} to "
            f"{self.config.max_b(self.max_length)}"
        )
