# SPDX-License-Identifier: Apache-2.0
"""The units that commands take, and a subcommand of each for a command."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from surmax.options import (
    Command,
    consmax_build,
    hccs_build,
    softermax_build,
    softmax_build,
    take_build,
    take_hccs_build,
    take_softermax_build,
    take_softmax_build,
)
from surmax.rtl import Build


@dataclass(frozen=True)
class Unit:
    """A unit on the command line.

    Attributes:
        text: what it computes.
        options: adds the options of its build to a command.
        take: removes them from a dictionary and returns the build; `adders` is the default kind.
    """

    text: str
    options: Callable[[Command], Command]
    take: Callable[..., Build]


UNITS = {
    "consmax": Unit(
        "ConSmax: C*exp(s*q) from two 16-entry tables, N scores a cycle.",
        consmax_build,
        take_build,
    ),
    "hccs": Unit(
        "HCCS: B - S*min(max - x, Dmax) and one reciprocal a row, N scores a cycle.",
        hccs_build,
        take_hccs_build,
    ),
    "softmax": Unit(
        "Integer softmax, a baseline: maximum, exp by table, sum, reciprocal, scale.",
        softmax_build,
        take_softmax_build,
    ),
    "softermax": Unit(
        "Softermax, a baseline: base 2, integer running maximum, one pass over scores.",
        softermax_build,
        take_softermax_build,
    ),
}


def for_each_unit(
    group: click.Group, text: str, *more: Callable[[Command], Command]
) -> Callable[[Command], Command]:
    """Register the decorated run(take, options) as a subcommand of `group` for each unit.

    `text` is added to its help; `more` are its options beside those of the build. They are in
    `options` when it runs; `take` removes the build's.
    """

    def register(run: Command) -> Command:
        for name, unit in UNITS.items():
            group.add_command(_subcommand(name, unit, run, text, more))
        return run

    return register


def _subcommand(
    name: str, unit: Unit, run: Command, text: str, more: tuple[Callable[[Command], Command], ...]
) -> click.Command:
    def command(**options: Any) -> None:
        run(unit.take, options)

    for option in reversed(more):
        command = option(command)
    return click.command(name, help=f"{unit.text}\n\n{text}")(unit.options(command))
