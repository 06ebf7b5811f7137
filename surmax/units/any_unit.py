# SPDX-License-Identifier: Apache-2.0
"""Options of a configuration of whichever unit --unit names, for commands that need no build."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from surmax.golden import InputError, check_choice, unit_entry
from surmax.golden.head_file import units_with_files
from surmax.options import Command
from surmax.units.options import take_fields, take_preset
from surmax.units.protocol import ConfigOption

DEFAULT_UNIT = "hccs"


def any_unit_config(command: Command) -> Command:
    """Add --unit, --preset, and one option for each field of the units' configurations.

    The units are those whose heads stand in head-constants files. Fields that several of them have
    are one option.
    """
    units = units_with_files()
    found: dict[str, list[tuple[str, ConfigOption]]] = {}
    for unit in units:
        for one in unit_entry("command", unit).config_options:
            found.setdefault(one.flag, []).append((unit, one))
    for flag, same in reversed(found.items()):
        text = "; ".join(f"{unit}: {one.text}" for unit, one in same)
        kind = _joined([one.type for _, one in same])
        command = click.option(flag, same[0][1].field, type=kind, help=text)(command)
    presets = {unit: tuple(unit_entry("golden", unit).presets) for unit in units}
    listed = "; ".join(f"{unit}: {', '.join(names)}" for unit, names in presets.items())
    command = click.option(
        "--preset",
        type=click.Choice(tuple(dict.fromkeys(sum(presets.values(), ())))),
        metavar="PRESET",
        help=f"configuration to start from, {listed}",
    )(command)
    return click.option(
        "--unit",
        type=click.Choice(units),
        default=DEFAULT_UNIT,
        show_default=True,
        help="unit that the constants are for",
    )(command)


def _joined(kinds: Sequence[click.ParamType]) -> click.ParamType:
    """Return the type of values that any of `kinds` takes; the configuration checks its own."""
    first = kinds[0]
    if len(kinds) == 1:
        return first
    if isinstance(first, click.Choice):
        return click.Choice(tuple(dict.fromkeys(value for one in kinds for value in one.choices)))
    return click.IntRange(min(one.min for one in kinds), max(one.max for one in kinds))


def take_any_unit_config(options: dict[str, Any], length: int) -> Any:
    """Remove the options of any_unit_config and return the configuration that they describe.

    Fields that depend on the row length and are not given are fitted to rows of `length` positions
    (UnitLaw.fit). Raises InputError for an option that only another unit has.
    """
    unit = check_choice("unit", options.pop("unit"), units_with_files())
    law, own = unit_entry("golden", unit), unit_entry("command", unit).config_options
    names = {one.field for one in own}
    for other in units_with_files():
        for one in unit_entry("command", other).config_options:
            if one.field not in names and options.pop(one.field, None) is not None:
                raise InputError(f"{one.flag} is an option of unit {other}, not of {unit}")
    if options["preset"] is None:
        options["preset"] = law.default_preset
    given = {name: options[name] for name in names if options[name] is not None}
    config = take_fields(options, take_preset(options, law), own)
    return replace(law.fit(config, length), **given)
