# SPDX-License-Identifier: Apache-2.0
"""A subcommand of each unit for a command."""

from collections.abc import Callable
from typing import Any

import click

from surmax.golden import unit_entry, unit_names
from surmax.units.protocol import Command, UnitCommand


def for_each_unit(
    group: click.Group, text: str, *more: Callable[[Command], Command]
) -> Callable[[Command], Command]:
    """Register the decorated run(take, options) as a subcommand of `group` for each unit.

    `text` is added to its help; `more` are its options beside those of the build. They are in
    `options` when it runs; `take` removes the build's.
    """

    def register(run: Command) -> Command:
        for name in unit_names():
            unit = unit_entry("command", name)
            group.add_command(_subcommand(name, unit, run, text, more))
        return run

    return register


def _subcommand(
    name: str,
    unit: UnitCommand,
    run: Command,
    text: str,
    more: tuple[Callable[[Command], Command], ...],
) -> click.Command:
    def command(**options: Any) -> None:
        run(unit.take, options)

    for option in reversed(more):
        command = option(command)
    return click.command(name, help=f"{unit.text}\n\n{text}")(unit.options(command))
