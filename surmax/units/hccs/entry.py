# SPDX-License-Identifier: Apache-2.0
"""HCCS on the command line: options of its configuration and its build."""

from typing import Any

import click

from surmax.golden import HccsConstants, check_range
from surmax.golden.hccs.config import fit_min_sum
from surmax.golden.hccs.entry import ENTRY as LAW
from surmax.rtl import HccsBuild
from surmax.units.options import (
    DIVIDER_BITS,
    MAX_LENGTH,
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
    ("output", str, "output format: u8 or i16"),
    ("reciprocal", str, "div, or from leading bits: clb, clb1, clb2"),
    ("rounding", str, "floor or nearest"),
    ("fraction-bits", int, "fraction bits of the reciprocal, 0..24"),
    ("sum-bits", int, "bits of a row sum, 15..23"),
    ("min-sum", int, "least row sum, a power of two: B must be at least this"),
)


def add_options(command: Command) -> Command:
    """Add the options of an HccsBuild, its configuration's included."""
    own = (
        MAX_LENGTH,
        click.option(
            "--divider",
            default="serial",
            show_default=True,
            help="serial, or pipelined: a quotient a cycle",
        ),
        click.option(
            "--dividers",
            type=int,
            default=1,
            show_default=True,
            help="serial dividers side by side, 1..16",
        ),
        DIVIDER_BITS,
    )
    options = (*shape_options("products"), *storage_options("constants"), *own)
    return config_options(with_options(command, *options), CONFIG_OPTIONS, LAW)


def take(options: dict[str, Any], *, adders: str) -> HccsBuild:
    """Remove the options of add_options and return the build; `adders` is the default kind.

    Without --min-sum the configuration is fitted to the row length: see fit_min_sum.
    """
    own_min_sum = options["min_sum"] is not None
    config = take_fields(options, take_preset(options, LAW), CONFIG_OPTIONS)
    storage = options.pop("storage")
    loaded, heads = take_constants(options, "hccs", storage, "constants")
    max_length = options.pop("max_length")
    constants: tuple[HccsConstants, ...] | None = None
    if loaded is not None:
        config, own_min_sum = loaded.config, True
        max_length = loaded.length if max_length is None else max_length
        if storage == "constant":
            constants = tuple(one.constants for one in loaded.heads)
    max_length = 64 if max_length is None else check_range("max_length", max_length, 1, 4096)
    return HccsBuild(
        config if own_min_sum else fit_min_sum(config, max_length),
        lanes=options.pop("lanes"),
        heads=heads,
        max_length=max_length,
        storage=storage,
        divider=options.pop("divider"),
        dividers=options.pop("dividers"),
        divider_bits=options.pop("divider_bits"),
        adders=options.pop("adders") or adders,
        top=options.pop("top"),
        constants=constants,
    )


ENTRY = UnitCommand(
    text="HCCS: B - S*min(max - x, Dmax) and one reciprocal a row, N scores a cycle.",
    options=add_options,
    take=take,
    flow=(("clb", 16), ("div", 16)),
    config_options=CONFIG_OPTIONS,
)
