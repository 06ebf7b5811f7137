# SPDX-License-Identifier: Apache-2.0
"""Softermax on the command line: options of its configuration and its build."""

from typing import TYPE_CHECKING, Any

import click

from surmax.golden.softermax.config import OUTPUTS
from surmax.golden.softermax.entry import ENTRY as LAW
from surmax.options import Command, with_options
from surmax.units.options import (
    MAX_LENGTH,
    config_options,
    shape_options,
    take_fields,
    take_preset,
    take_shape,
)
from surmax.units.protocol import ConfigOption, UnitCommand

if TYPE_CHECKING:
    from surmax.rtl import SoftermaxBuild

# Fields that change a preset.
CONFIG_OPTIONS = (
    ConfigOption("output", click.Choice(OUTPUTS), "number format of a code (uq1.7: published)"),
    ConfigOption(
        "maximum",
        click.Choice(("ceil", "floor")),
        "integer that stands for the maximum (ceil: published)",
    ),
    ConfigOption(
        "value_bits", click.IntRange(1, 20), "fraction bits of an exponential in the row sum"
    ),
    ConfigOption("sum_bits", click.IntRange(4, 20), "fraction bits of the row sum"),
    ConfigOption(
        "reciprocal_bits",
        click.IntRange(7, 18),
        "fraction bits of the row sum's mantissa and of its reciprocal",
    ),
    ConfigOption(
        "segments",
        click.IntRange(4, 1 << 16),
        "straight lines that make the reciprocal, a power of two",
    ),
)


def add_options(command: Command) -> Command:
    """Add the options of a SoftermaxBuild, its configuration's included."""
    options = (*shape_options("products"), MAX_LENGTH)
    return config_options(with_options(command, *options), CONFIG_OPTIONS, LAW)


def take(options: dict[str, Any], *, adders: str) -> "SoftermaxBuild":
    """Remove the options of add_options and return the build; `adders` is the default kind."""
    from surmax.rtl import SoftermaxBuild

    config = take_fields(options, take_preset(options, LAW), CONFIG_OPTIONS)
    return SoftermaxBuild(config, **take_shape(options, adders))


ENTRY = UnitCommand(
    text="Softermax, a baseline: base 2, integer running maximum, one pass over scores.",
    options=add_options,
    take=take,
    config_options=CONFIG_OPTIONS,
)
