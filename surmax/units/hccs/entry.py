# SPDX-License-Identifier: Apache-2.0
"""HCCS on the command line: options of its configuration and its build."""

from typing import TYPE_CHECKING, Any

import click

from surmax.golden import check_range
from surmax.golden.formats import FULL_SCALE
from surmax.golden.hccs.config import MANTISSA_BITS, fit_min_sum
from surmax.golden.hccs.entry import ENTRY as LAW
from surmax.lazy_group import Listed
from surmax.options import Command, with_options
from surmax.units.options import (
    DIVIDER_BITS,
    MAX_LENGTH,
    config_options,
    shape_options,
    storage_options,
    take_fields,
    take_preset,
    take_stored,
)
from surmax.units.protocol import ConfigOption, UnitCommand

if TYPE_CHECKING:
    from surmax.rtl import HccsBuild

# Fields that change a preset.
CONFIG_OPTIONS = (
    ConfigOption("output", click.Choice(tuple(FULL_SCALE)), "number format of a code"),
    ConfigOption(
        "reciprocal", click.Choice(tuple(MANTISSA_BITS)), "by division or from leading bits"
    ),
    ConfigOption("rounding", click.Choice(("floor", "nearest")), "rounding of a code"),
    ConfigOption("fraction_bits", click.IntRange(0, 24), "fraction bits of the reciprocal"),
    ConfigOption("sum_bits", click.IntRange(15, 23), "bits of a row sum"),
    ConfigOption(
        "min_sum",
        click.IntRange(1, 1 << 14),
        "least row sum, a power of two: B must be at least this",
    ),
)


def add_options(command: Command) -> Command:
    """Add the options of an HccsBuild, its configuration's included."""
    from surmax.rtl.hccs.reciprocal import DIVIDERS

    own = (
        MAX_LENGTH,
        click.option(
            "--divider",
            type=click.Choice(DIVIDERS),
            default="serial",
            show_default=True,
            help="a pipelined one makes a quotient a cycle",
        ),
        click.option(
            "--dividers",
            type=click.IntRange(1, 16),
            default=1,
            show_default=True,
            help="serial dividers side by side",
        ),
        DIVIDER_BITS,
    )
    options = (*shape_options("products"), *storage_options("constants"), *own)
    return config_options(with_options(command, *options), CONFIG_OPTIONS, LAW)


def take(options: dict[str, Any], *, adders: str) -> "HccsBuild":
    """Remove the options of add_options and return the build; `adders` is the default kind.

    Without --min-sum the configuration is fitted to the row length: see fit_min_sum.
    """
    from surmax.rtl import HccsBuild

    own_min_sum = options["min_sum"] is not None
    config = take_fields(options, take_preset(options, LAW), CONFIG_OPTIONS)
    loaded, stored = take_stored(options, "hccs", "constants")
    max_length = options.pop("max_length")
    if loaded is not None:
        config, own_min_sum = loaded.config, True
        max_length = loaded.length if max_length is None else max_length
    max_length = 64 if max_length is None else check_range("max_length", max_length, 1, 4096)
    return HccsBuild(
        config if own_min_sum else fit_min_sum(config, max_length),
        lanes=options.pop("lanes"),
        max_length=max_length,
        divider=options.pop("divider"),
        dividers=options.pop("dividers"),
        divider_bits=options.pop("divider_bits"),
        adders=options.pop("adders") or adders,
        top=options.pop("top"),
        **stored,
    )


ENTRY = UnitCommand(
    text="HCCS: B - S*min(max - x, Dmax) and one reciprocal a row, N scores a cycle.",
    options=add_options,
    take=take,
    flow=(("clb", 16), ("div", 16)),
    config_options=CONFIG_OPTIONS,
    calibration="surmax.units.hccs.calibrate:CALIBRATION",
    commands={
        "explore": Listed(
            "surmax.units.hccs.explore:explore",
            "Measure shapes, reciprocals and row storage.",
            "synth",
        ),
    },
)
