# SPDX-License-Identifier: Apache-2.0
"""ConSmax on the command line: options of its configuration and its build."""

from typing import TYPE_CHECKING, Any

import click

from surmax.golden import ConsmaxConfig, wrong_codes
from surmax.golden.consmax.config import OUTPUT_BITS
from surmax.golden.consmax.entry import ENTRY as LAW
from surmax.lazy_group import Listed
from surmax.options import Command, with_options
from surmax.units.options import (
    config_options,
    shape_options,
    storage_options,
    take_fields,
    take_preset,
    take_stored,
)
from surmax.units.protocol import ConfigOption, UnitCommand
from surmax.value_types import IntChoice

if TYPE_CHECKING:
    from surmax.rtl import ConsmaxBuild

# Fields that change a preset.
CONFIG_OPTIONS = (
    ConfigOption("score_bits", IntChoice(8, 16), "bits of a score; 16: the mixed 8/16-bit unit"),
    ConfigOption("output", click.Choice(tuple(OUTPUT_BITS)), "number format of a code"),
    ConfigOption("mantissa_bits", click.IntRange(4, 24), "bits of an upper word's mantissa"),
    ConfigOption(
        "exponent_bits", click.IntRange(0, 6), "bits of an upper word's shift; 0: fixed point"
    ),
    ConfigOption("lower_mantissa_bits", click.IntRange(4, 24), "the same for a lower word"),
    ConfigOption("lower_exponent_bits", click.IntRange(0, 6), "the same for a lower word"),
    ConfigOption("exponent_step", click.IntRange(1, 4), "bits of shift a unit of the exponent"),
    ConfigOption("hidden_bit", click.BOOL, "normalised mantissas without their top bit"),
    ConfigOption(
        "dropped_columns", click.IntRange(0, 48), "columns of the product that are left out"
    ),
    ConfigOption(
        "headroom_bits",
        click.IntRange(1, 6),
        "bits above full scale before saturation (3: scale < 0.138)",
    ),
    ConfigOption(
        "chain_bits", click.IntRange(8, 32), "bits of each half product of a 16-bit score"
    ),
    ConfigOption(
        "table_rounding", click.Choice(("solved", "nearest")), "how table entries are chosen"
    ),
)


def config_of_consmax(command: Command) -> Command:
    """Add --preset and one option for each field of ConsmaxConfig."""
    return config_options(command, CONFIG_OPTIONS, LAW)


def take_config(options: dict[str, Any]) -> ConsmaxConfig:
    """Remove the options of config_of_consmax and return the configuration they describe."""
    return take_fields(options, take_preset(options, LAW), CONFIG_OPTIONS)


def add_options(command: Command) -> Command:
    """Add the options of a ConsmaxBuild, its configuration's included."""
    from surmax.rtl import CONSMAX_PRESET_STAGES

    others = "; ".join(f"{name}: {count}" for name, count in CONSMAX_PRESET_STAGES.items())
    stages = click.option(
        "--stages", type=click.IntRange(1, 5), help=f"pipeline stages  [default: 1; {others}]"
    )
    options = (*shape_options("product"), *storage_options("tables"), stages)
    return config_of_consmax(with_options(command, *options))


def take(options: dict[str, Any], *, adders: str) -> "ConsmaxBuild":
    """Remove the options of add_options and return the build; `adders` is the default kind."""
    from surmax.rtl import CONSMAX_PRESET_STAGES, ConsmaxBuild

    stages = options.pop("stages")
    if stages is None:
        stages = CONSMAX_PRESET_STAGES.get(options["preset"], 1)
    config = take_config(options)
    loaded, stored = take_stored(options, "consmax", "tables")
    return ConsmaxBuild(
        config if loaded is None else loaded.config,
        lanes=options.pop("lanes"),
        stages=stages,
        adders=options.pop("adders") or adders,
        top=options.pop("top"),
        **stored,
    )


ENTRY = UnitCommand(
    text="ConSmax: C*exp(s*q) from two 16-entry tables, N scores a cycle.",
    options=add_options,
    take=take,
    flow=(("small", 16), ("fpga", 4), ("paper", 16), ("mixed", 4)),
    exactness=wrong_codes,
    config_options=CONFIG_OPTIONS,
    calibration="surmax.units.consmax.calibrate:CALIBRATION",
    commands={
        "solve": Listed(
            "surmax.units.consmax.solve:solve", "Solve the tables of heads from beta and gamma."
        ),
        "explore": Listed(
            "surmax.units.consmax.explore:explore",
            "Measure the datapaths that were tried.",
            "synth",
        ),
    },
)
