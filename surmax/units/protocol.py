# SPDX-License-Identifier: Apache-2.0
"""What the command line knows of a unit: help, options, and how a build is made of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from surmax.rtl import Build

Command = Callable[..., Any]


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
        config_options: options of its configuration: name, type, help. For commands that need a
            configuration and no build.
    """

    text: str
    options: Callable[[Command], Command]
    take: Callable[..., Build]
    flow: tuple[tuple[str, int], ...] = ()
    exactness: Callable[[Any], dict[str, int]] | None = None
    config_options: tuple[tuple[str, type, str], ...] = ()
