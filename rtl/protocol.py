# SPDX-License-Identifier: Apache-2.0
"""Description of a unit in the rtl layer: its builds and the address map of its AXI top."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from surmax.rtl.build import Build


@dataclass(frozen=True)
class UnitHardware:
    """The hardware of one unit.

    Attributes:
        build: class of its builds.
        address_map: returns the address map of its AXI top as Markdown.
        contents: name of the build parameter that holds the contents of heads with storage
            "constant"; None when nothing can be built in.
        preset_parameters: parameters of the build that a preset is meant for, by its name.
    """

    build: type[Build]
    address_map: Callable[[], str]
    contents: str | None = None
    preset_parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
