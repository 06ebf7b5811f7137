# SPDX-License-Identifier: Apache-2.0
"""Kinds of trouble, all below SurmaxError: what each means, and the exit code of the command line.

Anything else that is raised is a defect of Surmax and keeps its traceback.
"""

import reprlib
from typing import Any, ClassVar


class SurmaxError(Exception):
    """Base of all errors that a user can act on; the message is one line.

    Attributes:
        exit_code: exit code of the command line.
    """

    exit_code: ClassVar[int] = 1


class InputError(SurmaxError, ValueError):
    """Bad input: the message names the field, what must hold, and the value."""

    exit_code = 2


class MissingToolError(InputError):
    """A program or an optional package is not installed: the message says how to install it."""


class ToolError(SurmaxError, RuntimeError):
    """A program that was started failed.

    The message is one line: what failed, what its log says of it, and where the whole log is kept
    (see surmax.common.tools.failure). Classes below this one say which program it was.
    """


class NetworkError(SurmaxError, OSError):
    """Something could not be downloaded: the message says what, from where, and why."""


class _Bounded(reprlib.Repr):
    """Representations of a length that fits into a message of one line."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 3, 60, 60

    def repr_int(self, value: Any, level: int) -> str:
        # Python does not write an integer of more than 4300 digits at all.
        bits = value.bit_length()
        return super().repr_int(value, level) if bits < 4096 else f"an integer of {bits} bits"


_BOUNDED = _Bounded()


def shown(value: object) -> str:
    """Return `repr` of a value for a message: what is long is cut in its middle."""
    return _BOUNDED.repr(value)


def check_range(name: str, value: object, low: int, high: int) -> int:
    """Return `value` as a plain int if it is an integer from `low` to `high`.

    Raises InputError naming the field, the bounds and the value.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InputError(f"{name} must be an integer from {low} to {high}, not {shown(value)}")
    number = value.__index__()
    if not low <= number <= high:
        raise InputError(f"{name} must be {low} to {high}, not {shown(number)}")
    return number


def check_choice(name: str, value: object, allowed: tuple[str, ...]) -> str:
    """Return `value` if it is one of `allowed`.

    Raises InputError naming the field, the choices and the value.
    """
    if value not in allowed:
        among = "one of " if len(allowed) > 1 else ""
        raise InputError(
            f"{name} must be {among}{', '.join(map(str, allowed))}, not {shown(value)}"
        )
    return str(value)
