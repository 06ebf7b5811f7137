# SPDX-License-Identifier: Apache-2.0
"""Build of a Softermax unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from surmax.golden import SOFTERMAX_PRESETS
from surmax.rtl.rows.build import RowBuild
from surmax.rtl.rows.unit import RowUnit
from surmax.rtl.softermax.axi import SoftermaxAxiTop
from surmax.rtl.softermax.unit import SoftermaxUnit
from surmax.rtl.tops.row_axi import RowAxiTop


@dataclass(frozen=True)
class SoftermaxBuild(RowBuild):
    """Parameters of SoftermaxUnit, and the top that is put around it.

    Raises InputError when a parameter is out of range (see SoftermaxUnit).
    """

    unit_name: ClassVar[str] = "softermax"
    presets: ClassVar[Mapping[str, Any]] = SOFTERMAX_PRESETS
    unit_class: ClassVar[type[RowUnit]] = SoftermaxUnit
    axi_class: ClassVar[type[RowAxiTop]] = SoftermaxAxiTop
    parts: ClassVar[dict[str, str]] = {"row storage": "surmax_row_storage"}

    def lone_latency(self, beats: int) -> int:
        """Latency of a row of `beats` beats."""
        # The pass takes beats - 1 cycles from the first to the last beat. Distances, sum,
        # reciprocal and codes add one cycle each.
        return beats + 3

    @property
    def reciprocal_interval(self) -> float:
        """Largest mean number of cycles from one reciprocal to the next."""
        return 1

    def headline(self) -> str:
        """Return a one-line description of the build."""
        return (
            f"Softermax, preset {self.preset}: {self.lanes} lanes, {self.heads} heads, rows up to "
            f"{self.max_length}"
        )
