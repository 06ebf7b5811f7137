# SPDX-License-Identifier: Apache-2.0
"""Designs by name and parameters, as reports and sweeps put them side by side."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from surmax.calibrate.unit_laws import LAWS
from surmax.golden import CONSMAX_PRESETS, HCCS_PRESETS, InputError, check_choice, check_range
from surmax.golden.hccs.config import fit_min_sum
from surmax.golden.recorded.rows import LENGTHS, recorded_heads
from surmax.golden.softermax.config import SOFTERMAX_PRESETS
from surmax.golden.softmax.config import SOFTMAX_PRESETS
from surmax.rtl import PRESET_STAGES, Build, ConsmaxBuild, HccsBuild
from surmax.rtl.softermax.build import SoftermaxBuild
from surmax.rtl.softmax.build import SoftmaxBuild
from surmax.synth.mapping.targets import Target


@dataclass(frozen=True)
class _Unit:
    """A unit's presets, its build, and whether it goes over rows; `fit` suits a row length."""

    presets: Mapping[str, Any]
    build: Callable[..., Build]
    rows: bool
    fit: Callable[[Any, int], Any] = lambda config, length: config


UNITS: dict[str, _Unit] = {
    "consmax": _Unit(CONSMAX_PRESETS, ConsmaxBuild, rows=False),
    "hccs": _Unit(HCCS_PRESETS, HccsBuild, rows=True, fit=fit_min_sum),
    "softmax": _Unit(SOFTMAX_PRESETS, SoftmaxBuild, rows=True),
    "softermax": _Unit(SOFTERMAX_PRESETS, SoftermaxBuild, rows=True),
}

# What a build is given by other attributes of a design, or has no place in one.
_FIXED = {"config", "lanes", "adders", "top", "max_length", "tables", "constants"}


@dataclass(frozen=True)
class Design:
    """One unit to measure, JSON-ready.

    Attributes:
        name: how tables call it, without lanes and length.
        unit: a key of UNITS.
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
        return UNITS[self.unit].rows

    def make_config(self) -> Any:
        """Return the unit's configuration.

        Raises InputError when unit, preset, a field or a value is not there, in one line.
        """
        check_choice("unit", self.unit, tuple(UNITS))
        unit = UNITS[self.unit]
        check_choice("preset", self.preset, tuple(unit.presets))
        check_range("length", self.length, 1, 4096)
        config = unit.presets[self.preset]
        _check_names("config", self.config, _names(config))
        fitted = unit.fit(replace(config, **self.config), self.length)
        return replace(fitted, **self.config)

    def make(self, adders: str = "operators") -> Build:
        """Return the build with a stream top; `adders` as for the build.

        Raises InputError as make_config does, or when the build refuses a parameter.
        """
        config = self.make_config()
        unit = UNITS[self.unit]
        parameters = dict(self.parameters)
        _check_names("parameters", parameters, knobs(self.unit)[1])
        if unit.rows:
            parameters["max_length"] = self.length
        elif self.unit == "consmax":
            parameters.setdefault("stages", PRESET_STAGES.get(self.preset, 1))
        if parameters.get("storage") == "constant":
            content = "constants" if unit.rows else "tables"
            heads = check_range("heads", parameters.get("heads", 1), 1, 64)
            parameters[content] = _built_in(self.unit, config, self.length, heads)
        return unit.build(config, lanes=self.lanes, adders=adders, **parameters)


def adders_for(target: Target) -> str:
    """Return how the product is best written for a target."""
    return "operators" if target.family else "cells"


def knobs(unit: str) -> tuple[set[str], set[str]]:
    """Return the names that a design of `unit` may have in `config` and in `parameters`.

    Raises InputError when there is no such unit.
    """
    check_choice("unit", unit, tuple(UNITS))
    known = UNITS[unit]
    return _names(next(iter(known.presets.values()))), _names(known.build) - _FIXED


def _built_in(unit: str, config: Any, length: int, heads: int) -> tuple[Any, ...]:
    """What suits recorded heads, the first ones again when there are not enough."""
    law, recorded = LAWS[unit], recorded_heads()
    known = length if length in LENGTHS else min(LENGTHS)
    content = []
    for number in range(heads):
        head = recorded[number % len(recorded)]
        rows = head.rows(known, "calibration")
        content.append(law.content(config, rows.scores, rows.mask, head.scale))
    return tuple(content)


def _names(kind: Any) -> set[str]:
    return {one.name for one in fields(kind)}


def _check_names(what: str, given: Mapping[str, Any], known: set[str]) -> None:
    for name in given:
        if name not in known:
            allowed = ", ".join(sorted(known))
            raise InputError(f"{what} has {name!r}: one of {allowed} is allowed")
