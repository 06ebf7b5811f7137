# SPDX-License-Identifier: Apache-2.0
"""What the rtl layer knows of a unit: how it is built and how its AXI top is addressed."""

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
        contents: the build's parameter for what is built in with storage "constant", None where
            nothing can be built in.
        preset_parameters: preset -> parameters of the build that it is meant to be built with.
    """

    build: type[Build]
    address_map: Callable[[], str]
    contents: str | None = None
    preset_parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
