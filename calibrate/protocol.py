# SPDX-License-Identifier: Apache-2.0
"""Protocol of the calibration layer: the constants that suit a head's scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from surmax.golden.protocol import BoolArray, Int8Array


@dataclass(frozen=True)
class UnitCalibration:
    """Calibration of one unit.

    Attributes:
        content: (config, scores, mask, scale) -> what a head stores that suits these calibration
            rows: int8 (rows, length), `mask` True where masked, `scale` real score units a code.
            ConsmaxTables, HccsConstants or SoftmaxConstants; None for a unit that stores nothing.
            Raises InputError when the configuration has no legal constants for them.
    """

    content: Callable[[Any, Int8Array, BoolArray, float], Any]
