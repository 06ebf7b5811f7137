# SPDX-License-Identifier: Apache-2.0
"""Options that the builds of several units have, and what they stand for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from surmax.golden import InputError, check_choice, load_constants
from surmax.golden.protocol import UnitLaw
from surmax.units.protocol import Command


def config_options(
    command: Command, fields: tuple[tuple[str, type, str], ...], law: UnitLaw
) -> Command:
    """Add --preset and one option for each field of a unit's configuration."""
    for name, kind, text in reversed(fields):
        command = click.option(f"--{name}", type=kind, help=text)(command)
    return click.option(
        "--preset",
        default=law.default_preset,
        show_default=True,
        help=f"configuration to start from: {', '.join(law.presets)}",
    )(command)


def with_options(command: Command, *options: Command) -> Command:
    """Add options to a command, in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def shape_options(product: str) -> tuple[Command, ...]:
    """Options that the builds of all units have."""
    return (
        click.option("--lanes", type=int, default=16, show_default=True, help="byte lanes, 1..64"),
        click.option("--heads", type=int, help="heads in storage, 1..64  [default: 1]"),
        click.option(
            "--adders",
            help=f"{product} as Verilog operators (FPGA, simulation) or adder cells (ASIC area)",
        ),
        click.option(
            "--top", default="stream", show_default=True, help="Verilog top: stream or axi"
        ),
    )


def storage_options(what: str) -> tuple[Command, ...]:
    """Options of a unit whose heads can be built in; `what` is kept for one."""
    return (
        click.option(
            "--storage",
            default="loadable",
            show_default=True,
            help=f"{what}: loadable (flip-flops) or constant (built in, needs --constants)",
        ),
        click.option(
            "--constants",
            type=click.Path(path_type=Path),
            help=f"head-constants file: configuration, and the {what} for constant storage",
        ),
    )


MAX_LENGTH = click.option(
    "--max-length",
    type=int,
    help="positions of the longest row, a multiple of the lanes  [default: 64]",
)
DIVIDER_BITS = click.option(
    "--divider-bits",
    type=int,
    help="quotient bits that a divider makes a cycle, 1..16  [default: the fewest that "
    "keep up with the longest rows]",
)


def take_preset(options: dict[str, Any], law: UnitLaw) -> Any:
    """Remove --preset and return the configuration of that name; raises InputError for others."""
    name = options.pop("preset")
    return law.presets[check_choice("preset", name, tuple(law.presets))]


def take_fields(
    options: dict[str, Any], config: Any, fields: tuple[tuple[str, type, str], ...]
) -> Any:
    """Remove the options named in `fields`; return `config` with those that were given."""
    given = {name.replace("-", "_") for name, _, _ in fields}
    changes = {name: options.pop(name) for name in given}
    return replace(config, **{name: value for name, value in changes.items() if value is not None})


def take_shape(options: dict[str, Any], adders: str) -> dict[str, Any]:
    """Remove the options of a baseline's build; return those that were given, by name."""
    given = {name: options.pop(name) for name in ("lanes", "heads", "max_length", "top")}
    given["adders"] = options.pop("adders") or adders
    return {name: value for name, value in given.items() if value is not None}


def take_constants(options: dict[str, Any], unit: str, storage: str, what: str) -> tuple[Any, int]:
    """Remove --constants and --heads; return the file's content or None, and the heads."""
    path, heads = options.pop("constants"), options.pop("heads")
    if path is None:
        if storage == "constant":
            raise InputError(f"storage is 'constant' without --constants: the {what} to build in")
        return None, 1 if heads is None else heads
    loaded = load_constants(path, unit)
    if heads not in (None, len(loaded.heads)):
        raise InputError(f"heads is {heads}: {path} has {len(loaded.heads)}")
    return loaded, len(loaded.heads)
