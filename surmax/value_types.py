# SPDX-License-Identifier: Apache-2.0
"""Values of options that click has no type for; each lists what shells can complete."""

import math
import re
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

LIBERTY = "liberty:"
_MOST = 10**12


class IntChoice(click.Choice):
    """One of a few integers."""

    def __init__(self, *values: int) -> None:
        super().__init__(tuple(map(str, values)))

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Return the integer; anything else is a usage error that lists the choices."""
        return int(super().convert(str(value), param, ctx))


class RealRange(click.FloatRange):
    """A finite number from `low` to `high`; more than `low` where `open` is set."""

    def __init__(self, low: float, high: float, *, open: bool = False) -> None:
        super().__init__(low, high, min_open=open)

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """Return the number; anything else is a usage error that shows the range."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):  # no comparison with NaN holds, nor fails
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return number


class Count(click.ParamType):
    """A whole number from 1 to 10**12, which may be written as 1e8."""

    name = "count"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Return the number; anything else is a usage error that shows how one is written."""
        text = str(value)
        if not re.fullmatch(r"\d+(\.\d+)?([eE]\d+)?", text) or float(text) % 1:
            self.fail(f"{text!r} is not a whole number such as 1e8.", param, ctx)
        if not 1 <= float(text) <= _MOST:
            self.fail(f"{text} is not in the range 1<=x<={_MOST}.", param, ctx)
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
        if value not in self.names and not str(value).startswith(LIBERTY):
            self.fail(f"{value!r} is not one of {', '.join(self.names)}.", param, ctx)
        return value

    def shell_complete(self, ctx: Any, param: Any, incomplete: str) -> list[CompletionItem]:
        """Return the names that begin as what was typed."""
        names = [name.replace(f"{LIBERTY}PATH", LIBERTY) for name in self.names]
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]
