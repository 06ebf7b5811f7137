# SPDX-License-Identifier: Apache-2.0
"""A command group that lists its commands by topic and imports a command when it is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from surmax.common.extras import needs


def load_object(place: str) -> Any:
    """Import and return the object at a place, MODULE:NAME."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


@dataclass(frozen=True)
class Listed:
    """A command that is not imported yet.

    Attributes:
        place: where it is, as MODULE:NAME.
        summary: its line in the help of the group: the first sentence of its own help.
        extra: the extra of Surmax that installs the packages which the module imports; None where
            the base installation does.
    """

    place: str
    summary: str
    extra: str | None = None

    def load(self) -> click.Command:
        """Import the command.

        Raises MissingToolError when an optional package is missing.
        """
        if self.extra is None:
            return load_object(self.place)
        with needs(self.extra):
            return load_object(self.place)


class LazyGroup(click.Group):
    """A group whose commands are known by name and summary until one of them is called.

    Parameters:
        topics: for each heading of the help the commands below it, by name.
        Everything else is as in click.Group.
    """

    def __init__(
        self, *args: Any, topics: Mapping[str, Mapping[str, Listed]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.topics = topics
        self.listed = {name: one for below in topics.values() for name, one in below.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of the help."""
        return list(self.listed)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, imported now; None where there is none."""
        listed = self.listed.get(cmd_name)
        return listed and listed.load()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands topic by topic; none of them is imported."""
        width = max(map(len, self.listed))
        for topic, below in self.topics.items():
            with formatter.section(topic):
                rows = [(name.ljust(width), one.summary) for name, one in below.items()]
                formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete names of commands from the list, and options; no command is imported."""
        names = [
            CompletionItem(name, help=one.summary)
            for name, one in self.listed.items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)
