# SPDX-License-Identifier: Apache-2.0
"""Values of options that click has no type for; each lists what shells can complete."""

import re
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

_LIBERTY = "liberty:"


class IntChoice(click.Choice):
    """One of a few integers."""

    def __init__(self, *values: int) -> None:
        super().__init__(tuple(map(str, values)))

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Return the integer; anything else is a usage error that lists the choices."""
        return int(super().convert(str(value), param, ctx))


class Count(click.ParamType):
    """A whole number of at least 1, which may be written as 1e8."""

    name = "count"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Return the number; anything else is a usage error that shows how one is written."""
        text = str(value)
        if not re.fullmatch(r"\d+(\.\d+)?([eE]\d+)?", text) or float(text) % 1:
            self.fail(f"{text!r} is not a whole number such as 1e8.", param, ctx)
        if float(text) < 1:
            self.fail(f"{text} is not in the range x>=1.", param, ctx)
        return int(float(text))


class TargetName(click.ParamType):
    """Name of a target of synthesis: one of a list, or liberty:PATH.

    Parameters:
        names: the list, as surmax.synth.TARGET_NAMES.
    """

    name = "target"

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Return the name; one that is not in the list is a usage error that shows the list."""
        if value not in self.names and not str(value).startswith(_LIBERTY):
            self.fail(f"{value!r} is not one of {', '.join(self.names)}.", param, ctx)
        return value

    def shell_complete(self, ctx: Any, param: Any, incomplete: str) -> list[CompletionItem]:
        """Return the names that begin as what was typed."""
        names = [name.replace(f"{_LIBERTY}PATH", _LIBERTY) for name in self.names]
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]
