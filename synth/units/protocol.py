# SPDX-License-Identifier: Apache-2.0
"""Protocol of the synth layer: the designs of a unit that the report measures."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class UnitDesigns:
    """The report's designs of one unit.

    Attributes:
        designs: name in the tables -> preset, and the clock period in ns that cells are sized for
            (None: least area).
    """

    designs: Mapping[str, tuple[str, float | None]] = field(default_factory=dict)
