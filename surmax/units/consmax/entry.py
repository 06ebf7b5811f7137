# SPDX-License-Identifier: Apache-2.0
"""ConSmax on the command line: options of its configuration and its build."""

from typing import Any

import click

from surmax.golden import ConsmaxConfig, ConsmaxTables, wrong_codes
from surmax.golden.consmax.entry import ENTRY as LAW
from surmax.rtl import CONSMAX_PRESET_STAGES, ConsmaxBuild
from surmax.units.options import (
    config_options,
    shape_options,
    storage_options,
    take_constants,
    take_fields,
    take_preset,
    with_options,
)
from surmax.units.protocol import Command, UnitCommand

# Overrides of a preset: option, type, help.
CONFIG_OPTIONS: tuple[tuple[str, type, str], ...] = (
    ("score-bits", int, "bits of a score: 8, or 16 for the mixed 8/16-bit unit"),
    ("output", str, "output format: uq0.8 or uq0.16"),
    ("mantissa-bits", int, "bits of an upper word's mantissa, 4..24"),
    ("exponent-bits", int, "bits of an upper word's shift, 0..6 (0: fixed point)"),
    ("lower-mantissa-bits", int, "the same for a lower word, 4..24"),
    ("lower-exponent-bits", int, "the same for a lower word, 0..6"),
    ("exponent-step", int, "bits of shift a unit of the exponent, 1..4"),
    ("hidden-bit", bool, "normalised mantissas without their top bit: true or false"),
    ("dropped-columns", int, "product columns not built, from 0"),
    ("headroom-bits", int, "bits above full scale before saturation, 1..6 (3: scale < 0.138)"),
    ("chain-bits", int, "bits of each half product of a 16-bit score, 8..32"),
    ("table-rounding", str, "table entries: solved or nearest"),
)


def config_of_consmax(command: Command) -> Command:
    """Add --preset and one option for each field of ConsmaxConfig."""
    return config_options(command, CONFIG_OPTIONS, LAW)


def take_config(options: dict[str, Any]) -> ConsmaxConfig:
    """Remove the options of config_of_consmax and return the configuration they describe."""
    return take_fields(options, take_preset(options, LAW), CONFIG_OPTIONS)


def add_options(command: Command) -> Command:
    """Add the options of a ConsmaxBuild, its configuration's included."""
    stages = click.option(
        "--stages", type=int, help="pipeline stages, 1..5  [default: 1; fast: 3; fpga: 5]"
    )
    options = (*shape_options("product"), *storage_options("tables"), stages)
    return config_of_consmax(with_options(command, *options))


def take(options: dict[str, Any], *, adders: str) -> ConsmaxBuild:
    """Remove the options of add_options and return the build; `adders` is the default kind."""
    stages = options.pop("stages")
    if stages is None:
        stages = CONSMAX_PRESET_STAGES.get(options["preset"], 1)
    config = take_config(options)
    storage = options.pop("storage")
    loaded, heads = take_constants(options, "consmax", storage, "tables")
    tables: tuple[ConsmaxTables, ...] | None = None
    if loaded is not None:
        config = loaded.config
        if storage == "constant":
            tables = tuple(one.tables for one in loaded.heads)
    return ConsmaxBuild(
        config,
        lanes=options.pop("lanes"),
        heads=heads,
        storage=storage,
        stages=stages,
        adders=options.pop("adders") or adders,
        top=options.pop("top"),
        tables=tables,
    )


ENTRY = UnitCommand(
    text="ConSmax: C*exp(s*q) from two 16-entry tables, N scores a cycle.",
    options=add_options,
    take=take,
    flow=(("small", 16), ("fpga", 4), ("paper", 16), ("mixed", 4)),
    exactness=wrong_codes,
    config_options=CONFIG_OPTIONS,
)
