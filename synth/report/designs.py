# SPDX-License-Identifier: Apache-2.0
"""Designs by name and parameters, as reports and sweeps put them side by side."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from surmax.golden import InputError, check_choice, check_range, unit_entry
from surmax.golden.recorded.rows import LENGTHS, recorded_heads
from surmax.rtl import Build
from surmax.synth.mapping.targets import Target

# What a build is given by other attributes of a design, or has no place in one.
_FIXED = {"config", "lanes", "adders", "top", "max_length", "tables", "constants"}


@dataclass(frozen=True)
class Design:
    """One unit to measure, JSON-ready.

    Attributes:
        name: how tables call it, without lanes and length.
        unit: name of the unit.
        preset: of the unit's configuration.
        lanes: scores a cycle.
        length: positions of the longest row, and of the rows by which energy and error are
            measured; the hardware of a unit that does not go over rows does not depend on it.
        config: fields of the configuration that differ from the preset. A field that the row length
            decides (min_sum of HCCS) is fitted to it unless it is here.
        parameters: further parameters of the build: heads, storage, stages, dividers and such.
        sized_for: clock in ns that cells are sized for, where the target has delays; None for the
            least area.
            With storage "constant" what is built in suits the first recorded heads.
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
        """This design as keyword arguments that are JSON."""
        return asdict(self)

    @property
    def rows(self) -> bool:
        """Whether the hardware depends on the row length."""
        return unit_entry("golden", self.unit).rows

    def make_config(self) -> Any:
        """Return the unit's configuration.

        Raises InputError when unit, preset, a field or a value is not there, in one line.
        """
        law = unit_entry("golden", self.unit)
        check_choice("preset", self.preset, tuple(law.presets))
        check_range("length", self.length, 1, 4096)
        config = law.presets[self.preset]
        _check_names("config", self.config, _names(config))
        fitted = law.fit(replace(config, **self.config), self.length)
        return replace(fitted, **self.config)

    def make(self, adders: str = "operators") -> Build:
        """Return the build with a stream top; `adders` as for the build.

        Raises InputError as make_config does, or when the build refuses a parameter.
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
    """Return how the product is best written for a target."""
    return "operators" if target.family else "cells"


def knobs(unit: str) -> tuple[set[str], set[str]]:
    """Return the names that a design of `unit` may have in `config` and in `parameters`.

    Raises InputError when there is no such unit.
    """
    law, hardware = unit_entry("golden", unit), unit_entry("rtl", unit)
    return _names(law.config), _names(hardware.build) - _FIXED


def _built_in(unit: str, config: Any, length: int, heads: int) -> tuple[Any, ...]:
    """What suits recorded heads, the first ones again when there are not enough."""
    calibration, recorded = unit_entry("calibrate", unit), recorded_heads()
    known = length if length in LENGTHS else min(LENGTHS)
    content = []
    for number in range(heads):
        head = recorded[number % len(recorded)]
        rows = head.rows(known, "calibration")
        content.append(calibration.content(config, rows.scores, rows.mask, head.scale))
    return tuple(content)


def _names(kind: Any) -> set[str]:
    return {one.name for one in fields(kind)}


def _check_names(what: str, given: Mapping[str, Any], known: set[str]) -> None:
    for name in given:
        if name not in known:
            allowed = ", ".join(sorted(known))
            raise InputError(f"{what} has {name!r}: one of {allowed} is allowed")
