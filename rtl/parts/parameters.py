# SPDX-License-Identifier: Apache-2.0
"""Parameters that all units have in common, and their checks."""

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any, Self

from amaranth.lib import wiring
from surmax.common.plain import check_declared
from surmax.golden import InputError, check_choice, check_range

ADDER_KINDS = ("operators", "cells")
STORAGE_KINDS = ("loadable", "constant")


class CheckedComponent(wiring.Component):
    """Component whose parameters are checked before it exists.

    Amaranth warns of every component that was made and never used. If a constructor refused its
    parameters, the half-made component would cause that warning as well. The check therefore runs
    first, with the arguments and the defaults of the constructor.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Check the parameters, then make the component."""
        arguments = signature(cls.__init__).bind(None, *args, **kwargs)
        arguments.apply_defaults()
        _, *values = arguments.arguments.items()
        for name, value in values:
            check_declared(name, value, signature(cls.__init__).parameters[name].annotation)
        cls.check_parameters(**dict(values))
        # One frame lies between Amaranth's constructor and the caller that its warnings name.
        return super().__new__(cls, src_loc_at=1)

    @staticmethod
    def check_parameters(**parameters: Any) -> None:
        """Raise InputError, naming the parameter and its bounds, if no such unit can be built.

        A subclass checks the parameters of its constructor, which it takes by the same names.
        """


def check_heads(heads: int, storage: str, what: str, contents: Sequence[object] | None) -> None:
    """Raise InputError unless the number of heads, the storage and its contents go together.

    Args:
        heads: 1 to 64.
        storage: "loadable" or "constant".
        what: what a head holds, for the message: "tables" or "constants".
        contents: one for each head with storage "constant", None with "loadable".
    """
    check_range("heads", heads, 1, 64)
    check_choice("storage", storage, STORAGE_KINDS)
    if storage == "loadable":
        if contents is not None:
            raise InputError(f"{what} are given with storage 'loadable': load them at run time")
    elif contents is None or len(contents) != heads:
        count = 0 if contents is None else len(contents)
        raise InputError(f"{what} for {count} heads with storage 'constant': {heads} are needed")


def check_each_head(contents: Sequence[Any] | None, check: Callable[[Any], object]) -> None:
    """Raise InputError, naming the head, if `check` refuses what one of the heads has."""
    for head, content in enumerate(contents or ()):
        try:
            check(content)
        except InputError as error:
            raise InputError(f"head {head}: {error}") from None


def check_tag_bits(tag_bits: int) -> None:
    """Raise InputError unless a beat can carry so many bits through unchanged."""
    check_range("tag_bits", tag_bits, 0, 256)
