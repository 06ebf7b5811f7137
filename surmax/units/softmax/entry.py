# SPDX-License-Identifier: Apache-2.0
"""The integer softmax on the command line: options of its configuration and its build."""

from typing import TYPE_CHECKING, Any

import click

from surmax.golden.formats import FULL_SCALE
from surmax.golden.softmax.entry import ENTRY as LAW
from surmax.options import Command, with_options
from surmax.units.options import (
    DIVIDER_BITS,
    MAX_LENGTH,
    config_options,
    shape_options,
    take_fields,
    take_preset,
    take_shape,
)
from surmax.units.protocol import ConfigOption, UnitCommand

if TYPE_CHECKING:
    from surmax.rtl import SoftmaxBuild

# Fields that change a preset.
CONFIG_OPTIONS = (
    ConfigOption("output", click.Choice(tuple(FULL_SCALE)), "number format of a code"),
    ConfigOption("rate_bits", click.IntRange(8, 20), "fraction bits of a head's rate"),
    ConfigOption("fraction_bits", click.IntRange(4, 12), "fraction bits of an exponent"),
    ConfigOption("table_bits", click.IntRange(4, 8), "of these, the ones that address the table"),
    ConfigOption(
        "value_bits",
        click.IntRange(9, 17),
        "bits of an exponential that is kept for its output (i16: from 16)",
    ),
    ConfigOption(
        "sum_bits", click.IntRange(9, 24), "fraction bits of an exponential in the row sum"
    ),
    ConfigOption(
        "reciprocal_bits",
        click.IntRange(9, 18),
        "bits of the row sum's mantissa and of its reciprocal (i16: from 16)",
    ),
    ConfigOption(
        "dropped_columns", click.IntRange(0, 14), "columns of the last product that are not built"
    ),
)


def add_options(command: Command) -> Command:
    """Add the options of a SoftmaxBuild, its configuration's included."""
    options = (*shape_options("products"), MAX_LENGTH, DIVIDER_BITS)
    return config_options(with_options(command, *options), CONFIG_OPTIONS, LAW)


def take(options: dict[str, Any], *, adders: str) -> "SoftmaxBuild":
    """Remove the options of add_options and return the build; `adders` is the default kind."""
    from surmax.rtl import SoftmaxBuild

    config = take_fields(options, take_preset(options, LAW), CONFIG_OPTIONS)
    divider_bits = options.pop("divider_bits")
    return SoftmaxBuild(config, divider_bits=divider_bits, **take_shape(options, adders))


ENTRY = UnitCommand(
    text="Integer softmax, a baseline: maximum, exp by table, sum, reciprocal, scale.",
    options=add_options,
    take=take,
    config_options=CONFIG_OPTIONS,
)
