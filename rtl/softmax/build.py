# SPDX-License-Identifier: Apache-2.0
"""Build of an integer softmax unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from surmax.golden import SOFTMAX_PRESETS, SoftmaxConstants
from surmax.rtl.parts.divider import bits_to_keep_up, divider_cycles
from surmax.rtl.rows.build import RowBuild
from surmax.rtl.rows.unit import RowUnit
from surmax.rtl.softmax.axi import SoftmaxAxiTop
from surmax.rtl.softmax.unit import SoftmaxUnit
from surmax.rtl.tops.row_axi import RowAxiTop


@dataclass(frozen=True)
class SoftmaxBuild(RowBuild):
    """Parameters of SoftmaxUnit, and the top that is put around it.

    `divider_bits` None is replaced by the fewest bits that keep up with the longest rows.

    Raises InputError when a parameter is out of range (see SoftmaxUnit).
    """

    unit_name: ClassVar[str] = "softmax"
    presets: ClassVar[Mapping[str, Any]] = SOFTMAX_PRESETS
    unit_class: ClassVar[type[RowUnit]] = SoftmaxUnit
    axi_class: ClassVar[type[RowAxiTop]] = SoftmaxAxiTop
    parts: ClassVar[dict[str, str]] = {
        "row storage": "surmax_row_storage",
        "constant storage": "softmax_constant_storage",
    }

    storage: str = "loadable"
    divider_bits: int | None = None
    constants: tuple[SoftmaxConstants, ...] | None = None

    def __post_init__(self) -> None:
        """Check the parameters as the unit does, and fill in `divider_bits`."""
        super().__post_init__()
        if self.divider_bits is None:
            fewest = bits_to_keep_up(self.config.reciprocal_bits, self.max_beats)
            object.__setattr__(self, "divider_bits", fewest)

    def lone_latency(self, beats: int) -> int:
        """Latency of a row of `beats` beats."""
        # Each of the two passes takes beats - 1 cycles from the first to the last beat. Two FIFOs
        # add two cycles each; the registers of t, of the beat's sum, of the factor and of the
        # output add one each.
        return 2 * beats + self._cycles + 6

    @property
    def reciprocal_interval(self) -> float:
        """Largest mean number of cycles from one reciprocal to the next."""
        return self._cycles

    @property
    def _cycles(self) -> int:
        return divider_cycles(self.config.reciprocal_bits, self.divider_bits)

    def headline(self) -> str:
        """Return a one-line description of the build."""
        return (
            f"integer softmax, preset {self.preset}: {self.lanes} lanes, {self.heads} heads, rows "
            f"up to {self.max_length}, rates {self.storage}"
        )
