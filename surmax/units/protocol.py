# SPDX-License-Identifier: Apache-2.0
"""What the command line knows of a unit: help, options, and how a build is made of them.

An entry module (surmax.units.UNIT.entry) imports the golden layer only; hardware is imported when a
build is asked for. So `surmax calibrate` and `surmax solve` need nothing but NumPy.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from surmax.options import Command

if TYPE_CHECKING:
    from surmax.rtl import Build


@dataclass(frozen=True)
class ConfigOption:
    """One field of a unit's configuration as an option of the command line.

    Attributes:
        field: name of the field.
        type: its values; click shows them in the help and completes them.
        text: its help.
    """

    field: str
    type: click.ParamType
    text: str

    @property
    def flag(self) -> str:
        """Return the option's name: that of the field, but --format for the format of a code."""
        return "--format" if self.field == "output" else f"--{self.field.replace('_', '-')}"


@dataclass(frozen=True)
class UnitCommand:
    """One unit on the command line.

    Attributes:
        text: what it computes, one line of help.
        options: adds the options of its build to a command.
        take: take(options, adders=...) removes them from a dictionary and returns the build;
            `adders` is the kind where --adders is not given.
        flow: rows of `surmax flow`: preset and lanes of each.
        exactness: config -> counts of codes that are not correctly rounded (see
            surmax.golden.wrong_codes), None for a unit that claims no correct rounding.
        config_options: options of its configuration, for commands that need no build.
    """

    text: str
    options: Callable[[Command], Command]
    take: "Callable[..., Build]"
    flow: tuple[tuple[str, int], ...] = ()
    exactness: Callable[[Any], dict[str, int]] | None = None
    config_options: tuple[ConfigOption, ...] = ()
