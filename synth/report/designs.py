# SPDX-License-Identifier: Apache-2.0
"""Designs: a unit with its parameters under a name, the rows of reports and sweeps."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from surmax.common.errors import shown
from surmax.golden import InputError, check_choice, check_range, unit_entry
from surmax.golden.recorded.rows import LENGTHS, recorded_heads
from surmax.rtl import Build
from surmax.synth.mapping.targets import Target

# Parameters of a build that other attributes of a design give, or that a design does not have.
_FIXED = {"config", "lanes", "adders", "top", "max_length", "tables", "constants"}


@dataclass(frozen=True)
class Design:
    """One unit to measure, JSON-ready.

    With storage "constant" the constants that are built in suit the first recorded heads.

    Attributes:
        name: its name in tables, without lanes and row length.
        unit: name of the unit in the registry.
        preset: name of the configuration to start from.
        lanes: scores a cycle.
        length: positions of the longest row. Energy and error are measured on rows of this length;
            the hardware of a unit that does not go over rows does not depend on it.
        config: fields of the configuration that differ from the preset. A field that depends on the
            row length (min_sum of HCCS) is fitted to it unless it is given here.
        parameters: further parameters of the build, such as heads, storage, stages or dividers.
        sized_for: clock period in ns that cells are sized for, on targets with delays; None maps
            for the least area.
    """

    name: str
    unit: str
    preset: str
    lanes: int
    length: int
    config: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    sized_for: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return this design as keyword arguments that are JSON."""
        return asdict(self)

    @property
    def rows(self) -> bool:
        """Whether the hardware depends on the row length."""
        return unit_entry("golden", self.unit).rows

    def make_config(self) -> Any:
        """Return the unit's configuration.

        Raises InputError for an unknown unit, preset or field, and for a value out of range.
        """
        law = unit_entry("golden", self.unit)
        check_choice("preset", self.preset, tuple(law.presets))
        check_range("length", self.length, 1, 4096)
        config = law.presets[self.preset]
        _check_names("config", self.config, _names(config))
        fitted = law.fit(replace(config, **self.config), self.length)
        return replace(fitted, **self.config)

    def make(self, adders: str = "operators") -> Build:
        """Return the build, with a stream top and `adders` as the build takes them.

        Raises InputError as make_config does, and when the build refuses a parameter.
        """
        config = self.make_config()
        hardware = unit_entry("rtl", self.unit)
        parameters = dict(self.parameters)
        _check_names("parameters", parameters, knobs(self.unit)[1])
        if self.rows:
            parameters["max_length"] = self.length
        parameters = {**hardware.preset_parameters.get(self.preset, {}), **parameters}
        if parameters.get("storage") == "constant":
            heads = check_range("heads", parameters.get("heads", 1), 1, 64)
            parameters[hardware.contents] = _built_in(self.unit, config, self.length, heads)
        return hardware.build(config, lanes=self.lanes, adders=adders, **parameters)


def adders_for(target: Target) -> str:
    """Return the kind of adders for a target: operators for FPGAs, cells for cell libraries."""
    return "operators" if target.family else "cells"


def knobs(unit: str) -> tuple[set[str], set[str]]:
    """Return the names that a design of `unit` may have in `config` and in `parameters`.

    Raises InputError when there is no such unit.
    """
    law, hardware = unit_entry("golden", unit), unit_entry("rtl", unit)
    return _names(law.config), _names(hardware.build) - _FIXED


def _built_in(unit: str, config: Any, length: int, heads: int) -> tuple[Any, ...]:
    """Return constants that suit the recorded heads, which repeat where there are too few."""
    calibration, recorded = unit_entry("calibrate", unit), recorded_heads()
    known = length if length in LENGTHS else min(LENGTHS)
    content = []
    for number in range(heads):
        head = recorded[number % len(recorded)]
        rows = head.rows(known, "calibration")
        content.append(calibration.content(config, rows.scores, rows.mask, head.scale))
    return tuple(content)


def _names(kind: Any) -> set[str]:
    return {field.name for field in fields(kind)}


def _check_names(what: str, given: Mapping[str, Any], known: set[str]) -> None:
    for name in given:
        if name not in known:
            allowed = ", ".join(sorted(known))
            raise InputError(f"{what} must have names from {allowed}, not {shown(name)}")
