# SPDX-License-Identifier: Apache-2.0
"""Commands that have a subcommand for each unit."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import click

from surmax.golden import unit_entry, unit_names
from surmax.lazy_group import Listed
from surmax.options import Command
from surmax.units.protocol import UnitCommand

Option = Callable[[Command], Command]


def unit_command(
    *options: Option, example: str, defaults: Mapping[str, Any] | None = None
) -> Callable[[Command], "UnitGroup"]:
    """Make a group with a subcommand for each unit of the decorated run(take, values).

    The first line of its docstring is the help of the group; the rest is added to what each unit
    says of itself. `options` are those beside the options of a build. All their values are in the
    dictionary `values` when it runs; `take(values, adders=...)` removes those of the build and
    returns the build. `example` is what follows the name of a unit in the help's example;
    `defaults` are values of options of a build where they differ from the build's own.
    """
    return lambda run: UnitGroup(run, options, example, defaults or {})


class UnitGroup(click.Group):
    """The group that unit_command makes; a unit is imported when its subcommand is called."""

    def __init__(
        self,
        run: Command,
        options: tuple[Option, ...],
        example: str,
        defaults: Mapping[str, Any],
    ) -> None:
        summary, _, self.details = inspect.cleandoc(run.__doc__ or "").partition("\n")
        self.run, self.options, self.example = run, options, example
        self.settings = {"default_map": dict(defaults)}
        super().__init__(
            run.__name__, help=summary, epilog=self._epilog(run.__name__, unit_names()[0])
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the units."""
        return list(unit_names())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the subcommand of a unit; None where there is none of that name."""
        if cmd_name not in unit_names():
            return None
        unit: UnitCommand = unit_entry("command", cmd_name)

        def command(**values: Any) -> None:
            self.run(unit.take, values)

        for option in reversed(self.options):
            command = option(command)
        text = f"{unit.text}\n\n{self.details.strip()}"
        epilog = self._epilog(self.name or "", cmd_name)
        make = click.command(cmd_name, help=text, epilog=epilog, context_settings=self.settings)
        return make(unit.options(command))

    def _epilog(self, name: str, unit: str) -> str:
        return f"Example: surmax {name} {unit} {self.example}"


class OwnGroup(click.Group):
    """A group of commands that single units have below its name; see UnitCommand.commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the units that have such a command."""
        return [name for name in unit_names() if self._listed(name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a unit, imported now; None where there is none."""
        listed = self._listed(cmd_name) if cmd_name in unit_names() else None
        return listed and listed.load()

    def _listed(self, unit: str) -> Listed | None:
        entry: UnitCommand = unit_entry("command", unit)
        return entry.commands.get(self.name or "")
