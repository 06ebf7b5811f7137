# SPDX-License-Identifier: Apache-2.0
"""Options that the builds of several units have, and what they stand for."""

from dataclasses import replace
from typing import Any

import click

from surmax.golden import InputError, check_choice, load_constants
from surmax.golden.protocol import UnitLaw
from surmax.options import INPUT_FILE, Command
from surmax.units.protocol import ConfigOption


def config_options(command: Command, fields: tuple[ConfigOption, ...], law: UnitLaw) -> Command:
    """Add --preset and one option for each field of a unit's configuration."""
    for one in reversed(fields):
        command = click.option(one.flag, one.field, type=one.type, help=one.text)(command)
    return click.option(
        "--preset",
        type=click.Choice(tuple(law.presets)),
        default=law.default_preset,
        show_default=True,
        help="configuration to start from",
    )(command)


def shape_options(product: str) -> tuple[Command, ...]:
    """Return the options that the builds of all units have; `product` is what adders build."""
    from surmax.rtl.build import TOPS
    from surmax.rtl.parts.parameters import ADDER_KINDS

    return (
        click.option(
            "--lanes",
            type=click.IntRange(1, 64),
            default=16,
            show_default=True,
            help="scores of a beat, one byte each",
        ),
        click.option("--heads", type=click.IntRange(1, 64), help="heads in storage  [default: 1]"),
        click.option(
            "--adders",
            type=click.Choice(ADDER_KINDS),
            help=f"{product} as Verilog operators (FPGA, simulation) or adder cells (ASIC area)",
        ),
        click.option(
            "--top",
            type=click.Choice(TOPS),
            default="stream",
            show_default=True,
            help="ports of the Verilog top",
        ),
    )


def storage_options(what: str) -> tuple[Command, ...]:
    """Return the options of a unit whose heads can be built in; `what` is kept for one."""
    from surmax.rtl.parts.parameters import STORAGE_KINDS

    return (
        click.option(
            "--storage",
            type=click.Choice(STORAGE_KINDS),
            default="loadable",
            show_default=True,
            help=f"{what} in flip-flops that are loaded, or built in from --constants",
        ),
        click.option(
            "--constants",
            type=INPUT_FILE,
            help=f"head-constants file: configuration, and the {what} for constant storage",
        ),
    )


MAX_LENGTH = click.option(
    "--max-length",
    type=click.IntRange(1, 4096),
    help="positions of the longest row, a multiple of the lanes  [default: 64]",
)
DIVIDER_BITS = click.option(
    "--divider-bits",
    type=click.IntRange(1, 16),
    help="quotient bits that a divider makes a cycle  [default: the fewest that keep up with the "
    "longest rows]",
)


def take_preset(options: dict[str, Any], law: UnitLaw) -> Any:
    """Remove --preset and return the configuration of that name; raises InputError for others."""
    name = options.pop("preset")
    return law.presets[check_choice("preset", name, tuple(law.presets))]


def take_fields(options: dict[str, Any], config: Any, fields: tuple[ConfigOption, ...]) -> Any:
    """Remove the options of `fields`; return `config` with those changed that were given."""
    changes = {one.field: options.pop(one.field) for one in fields}
    return replace(config, **{name: value for name, value in changes.items() if value is not None})


def take_shape(options: dict[str, Any], adders: str) -> dict[str, Any]:
    """Remove the options of a baseline's build; return those that were given, by name."""
    given = {name: options.pop(name) for name in ("lanes", "heads", "max_length", "top")}
    given["adders"] = options.pop("adders") or adders
    return {name: value for name, value in given.items() if value is not None}


def take_stored(options: dict[str, Any], unit: str, field: str) -> tuple[Any, dict[str, Any]]:
    """Remove --storage, --constants and --heads; return the file's content, and the build's fields.

    The content is that of the head-constants file, None without one. The fields are `storage`,
    `heads`, and `field` ("tables", "constants"): what each head stores where it is built in, else
    None.
    """
    storage, path, heads = (options.pop(name) for name in ("storage", "constants", "heads"))
    if path is None:
        if storage == "constant":
            raise InputError(
                f"storage 'constant' needs --constants, a file with the {field} to build in"
            )
        return None, {"storage": storage, "heads": 1 if heads is None else heads, field: None}
    loaded = load_constants(path, unit)
    count = len(loaded.heads)
    if heads not in (None, count):
        raise InputError(f"heads must be {count}, as in {path}, not {heads}")
    built_in = storage == "constant"
    contents = tuple(getattr(one, field) for one in loaded.heads) if built_in else None
    return loaded, {"storage": storage, "heads": count, field: contents}
