# SPDX-License-Identifier: Apache-2.0
"""Softermax on the command line: options of its configuration and its build."""

from typing import Any

from surmax.golden.softermax.entry import ENTRY as LAW
from surmax.rtl import SoftermaxBuild
from surmax.units.options import (
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
    ("output", str, "output format: uq1.7 (published), u8 or i16"),
    ("maximum", str, "integer that stands for the maximum: ceil (published) or floor"),
    ("value-bits", int, "fraction bits of an exponential in the row sum, up to 20"),
    ("sum-bits", int, "fraction bits of the row sum, from 4"),
    ("reciprocal-bits", int, "fraction bits of the row sum and its reciprocal, 7..18"),
    ("segments", int, "straight lines that make the reciprocal, a power of two from 4"),
)


def add_options(command: Command) -> Command:
    """Add the options of a SoftermaxBuild, its configuration's included."""
    options = (*shape_options("products"), MAX_LENGTH)
    return config_options(with_options(command, *options), CONFIG_OPTIONS, LAW)


def take(options: dict[str, Any], *, adders: str) -> SoftermaxBuild:
    """Remove the options of add_options and return the build; `adders` is the default kind."""
    config = take_fields(options, take_preset(options, LAW), CONFIG_OPTIONS)
    return SoftermaxBuild(config, **take_shape(options, adders))


ENTRY = UnitCommand(
    text="Softermax, a baseline: base 2, integer running maximum, one pass over scores.",
    options=add_options,
    take=take,
    config_options=CONFIG_OPTIONS,
)
