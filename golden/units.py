# SPDX-License-Identifier: Apache-2.0
"""Registry of units: their names, and where each layer describes them.

A unit is described once a layer, by the object ENTRY of a module of its own:

    layer      module                            ENTRY is a
    golden     surmax.golden.UNIT.entry          surmax.golden.protocol.UnitLaw
    calibrate  surmax.calibrate.UNIT.entry       surmax.calibrate.protocol.UnitCalibration
    rtl        surmax.rtl.UNIT.entry             surmax.rtl.protocol.UnitHardware
    tb         surmax.tb.UNIT.entry              surmax.tb.core.protocol.UnitBench
    synth      surmax.synth.units.UNIT.entry     surmax.synth.units.protocol.UnitDesigns
    command    surmax.units.UNIT.entry           surmax.units.protocol.UnitCommand

No other place lists units. Another distribution adds one with an entry point of the group
`surmax.units`: the entry point's name is the unit's, its value a package that has a module for each
layer, named after the layer (PACKAGE.golden, PACKAGE.rtl and so on). See docs/contributing.md.
"""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from surmax.common.errors import check_choice

# For surmax.common.digest: unit_entry(LAYER, ...) imports one of the modules entry_modules(LAYER).
REACHES = {"unit_entry": "entry_modules"}

GROUP = "surmax.units"
_OWN_UNITS = ("consmax", "hccs", "softmax", "softermax")
_LAYERS = {
    "golden": "surmax.golden",
    "calibrate": "surmax.calibrate",
    "rtl": "surmax.rtl",
    "tb": "surmax.tb",
    "synth": "surmax.synth.units",
    "command": "surmax.units",
}


@cache
def _packages() -> dict[str, str]:
    """Return the package of each unit of another distribution, by the unit's name."""
    return {one.name: one.value for one in entry_points(group=GROUP)}


def unit_names() -> tuple[str, ...]:
    """Return the names of all units: Surmax's own, then those of other distributions."""
    return (*_OWN_UNITS, *sorted(set(_packages()) - set(_OWN_UNITS)))


def entry_module(layer: str, unit: str) -> str:
    """Return the name of the module in which `layer` describes `unit`.

    Raises InputError when there is no such layer or unit.
    """
    check_choice("layer", layer, tuple(_LAYERS))
    check_choice("unit", unit, unit_names())
    if unit in _OWN_UNITS:
        return f"{_LAYERS[layer]}.{unit}.entry"
    return f"{_packages()[unit]}.{layer}"


def entry_modules(layer: str) -> tuple[str, ...]:
    """Return the names of the modules in which `layer` describes the units, one each."""
    return tuple(entry_module(layer, unit) for unit in unit_names())


def unit_entry(layer: str, unit: str) -> Any:
    """Return what `layer` knows of `unit`, an object of the layer's protocol (see above).

    Raises InputError when there is no such layer or unit.
    """
    return import_module(entry_module(layer, unit)).ENTRY
