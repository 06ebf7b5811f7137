# SPDX-License-Identifier: Apache-2.0
"""Options of a configuration of whichever unit --unit names, for commands that need no build."""

from dataclasses import replace
from typing import Any

import click

from surmax.golden import InputError, check_choice, unit_entry
from surmax.golden.head_file import units_with_files
from surmax.units.options import take_fields, take_preset
from surmax.units.protocol import Command

DEFAULT_UNIT = "hccs"


def any_unit_config(command: Command) -> Command:
    """Add --unit, --preset, and one option for each field of the units' configurations.

    The units are those whose heads stand in head-constants files. Fields that several of them have
    are one option.
    """
    units = units_with_files()
    texts: dict[str, tuple[type, list[str]]] = {}
    for unit in units:
        for name, kind, text in unit_entry("command", unit).config_options:
            texts.setdefault(name, (kind, []))[1].append(f"{unit}: {text}")
    for name, (kind, lines) in reversed(texts.items()):
        command = click.option(f"--{name}", type=kind, help="; ".join(lines))(command)
    presets = "; ".join(f"{one}: {', '.join(unit_entry('golden', one).presets)}" for one in units)
    command = click.option("--preset", help=f"configuration to start from, {presets}")(command)
    return click.option("--unit", default=DEFAULT_UNIT, show_default=True, help=" or ".join(units))(
        command
    )


def take_any_unit_config(options: dict[str, Any], length: int) -> Any:
    """Remove the options of any_unit_config and return the configuration that they describe.

    Fields that depend on the row length and are not given are fitted to rows of `length` positions
    (UnitLaw.fit). Raises InputError for an option that only another unit has.
    """
    unit = check_choice("unit", options.pop("unit"), units_with_files())
    law, own = unit_entry("golden", unit), unit_entry("command", unit).config_options
    names = {name.replace("-", "_") for name, _, _ in own}
    for other in units_with_files():
        for name, _, _ in unit_entry("command", other).config_options:
            key = name.replace("-", "_")
            if key not in names and options.pop(key, None) is not None:
                raise InputError(f"--{name} is no option of unit {unit}")
    if options["preset"] is None:
        options["preset"] = law.default_preset
    given = {name: options[name] for name in names if options[name] is not None}
    config = take_fields(options, take_preset(options, law), own)
    return replace(law.fit(config, length), **given)
