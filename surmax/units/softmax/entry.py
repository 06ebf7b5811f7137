# SPDX-License-Identifier: Apache-2.0
"""The integer softmax on the command line: options of its configuration and its build."""

from typing import Any

from surmax.golden.softmax.entry import ENTRY as LAW
from surmax.rtl import SoftmaxBuild
from surmax.units.options import (
    DIVIDER_BITS,
    MAX_LENGTH,
    config_options,
    shape_options,
    take_fields,
    take_preset,
    take_shape,
    with_options,
)
from surmax.units.protocol import Command, UnitCommand

# Overrides of a preset: option, type, help.
CONFIG_OPTIONS: tuple[tuple[str, type, str], ...] = (
    ("output", str, "output format: u8 or i16"),
    ("rate-bits", int, "fraction bits of a head's rate, 8..20"),
    ("fraction-bits", int, "fraction bits of an exponent, 4..12"),
    ("table-bits", int, "of these, the ones that address the table, 4..8"),
    ("value-bits", int, "bits of an exponential that is kept for its output, 9..17 (i16: 16..)"),
    ("sum-bits", int, "fraction bits of an exponential in the row sum, up to 24"),
    (
        "reciprocal-bits",
        int,
        "bits of the row sum's mantissa and its reciprocal, 9..18 (i16: 16..)",
    ),
    ("dropped-columns", int, "columns of the last product that are not built, 0..14"),
)


def add_options(command: Command) -> Command:
    """Add the options of a SoftmaxBuild, its configuration's included."""
    options = (*shape_options("products"), MAX_LENGTH, DIVIDER_BITS)
    return config_options(with_options(command, *options), CONFIG_OPTIONS, LAW)


def take(options: dict[str, Any], *, adders: str) -> SoftmaxBuild:
    """Remove the options of add_options and return the build; `adders` is the default kind."""
    config = take_fields(options, take_preset(options, LAW), CONFIG_OPTIONS)
    divider_bits = options.pop("divider_bits")
    return SoftmaxBuild(config, divider_bits=divider_bits, **take_shape(options, adders))


ENTRY = UnitCommand(
    text="Integer softmax, a baseline: maximum, exp by table, sum, reciprocal, scale.",
    options=add_options,
    take=take,
    config_options=CONFIG_OPTIONS,
)
