# SPDX-License-Identifier: Apache-2.0
"""Kinds of trouble, all below SurmaxError: what each means, and the exit code of the command line.

Anything else that is raised is a defect of Surmax and keeps its traceback.
"""

import math
import reprlib
from collections.abc import Collection, Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, TypeVar
from unicodedata import category

Kind = TypeVar("Kind")
LONGEST_MESSAGE = 300  # characters


def escaped(text: str) -> str:
    """Return text without what acts on a terminal: control characters are written as escapes.

    So are bytes of a file name that are no UTF-8, and characters that turn the direction of a line.
    New lines and spaces of any width stay.
    """
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one == "\n" or category(one) == "Zs" else ascii(one)[1:-1]
        for one in text
    )


def one_line(text: str) -> str:
    """Return a message as one line of at most LONGEST_MESSAGE characters.

    What is cut lies in its middle: its end says what must hold, or where a log is.
    """
    line = escaped(" ".join(text.split()))
    half = (LONGEST_MESSAGE - 5) // 2
    return line if len(line) <= LONGEST_MESSAGE else f"{line[:half]} ... {line[-half:]}"


class SurmaxError(Exception):
    """Base of all errors that a user can act on; the message is one line.

    Attributes:
        exit_code: exit code of the command line.
    """

    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        """Return the message, whatever names and values it repeats, as one line."""
        return one_line(super().__str__())


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
_LONGEST = 120


def shown(value: object) -> str:
    """Return `repr` of a value for a message: on one line, what is long is cut in its middle."""
    text = " ".join(_BOUNDED.repr(value).split())
    if len(text) <= _LONGEST:
        return text
    half = (_LONGEST - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def shown_path(path: object) -> str:
    """Return a path for a message: of a long one its end."""
    text = str(path)
    return text if len(text) <= _LONGEST else f"...{text[3 - _LONGEST :]}"


def is_integer(value: object) -> bool:
    """Return whether a value is an integer, Python's or NumPy's; truth values are none."""
    # NumPy counts spans of time among its integers.
    kind = getattr(getattr(value, "dtype", None), "kind", "i")
    return isinstance(value, Integral) and not isinstance(value, bool) and kind in "iu"


def check_range(name: str, value: object, low: int, high: int) -> int:
    """Return `value` as a plain int if it is an integer from `low` to `high`.

    Raises InputError naming the field, the bounds and the value.
    """
    if not is_integer(value):
        raise InputError(f"{name} must be an integer from {low} to {high}, not {shown(value)}")
    number = int(value)
    if not low <= number <= high:
        raise InputError(f"{name} must be {low} to {high}, not {shown(number)}")
    return number


def check_real(name: str, value: object, low: float, high: float) -> float:
    """Return `value` as a plain float if it is a finite number from `low` to `high`.

    Raises InputError naming the field, the bounds and the value.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        raise InputError(f"{name} must be a number, not {shown(value)}")
    try:
        number = float(value)
    except OverflowError:
        # An integer or a fraction beyond the range of floats.
        number = math.inf
    if not (math.isfinite(number) and low <= number <= high):
        wrong = value if math.isinf(number) else number
        bounds = "a finite number" if math.isinf(high - low) else f"{low:g} to {high:g}"
        raise InputError(f"{name} must be {bounds}, not {shown(wrong)}")
    return number


def listed(values: Collection[object]) -> str:
    """Return values for a message, with commas; of a long list as many as a line has room for."""
    names = [str(value) for value in values]
    text = ", ".join(names)
    if len(text) <= _LONGEST:
        return text
    kept = text[:_LONGEST].rpartition(", ")[0]
    return f"{kept} ... ({len(names)} in all)"


def check_choice(name: str, value: object, allowed: tuple[Any, ...]) -> Any:
    """Return the one of `allowed` that equals `value`, of the same kind: text, or an integer.

    Raises InputError naming the field, the choices and the value.
    """
    for one in allowed:
        same_kind = isinstance(value, str) if isinstance(one, str) else is_integer(value)
        if same_kind and value == one:
            return one
    among = "one of " if len(allowed) > 1 else ""
    raise InputError(f"{name} must be {among}{listed(allowed)}, not {shown(value)}")


def check_kind(name: str, value: object, kind: type[Kind]) -> Kind:
    """Return `value` if it is an instance of the class `kind`; raises InputError if it is not."""
    if not isinstance(value, kind):
        raise InputError(f"{name} must be {kind.__name__}, not {shown(value)}")
    return value


def check_keys(name: str, given: Mapping[str, object], keys: Collection[str]) -> None:
    """Check that an object of a file has just these keys.

    Raises InputError, which begins with `name`, naming the first missing or unknown one.
    """
    for key in given:
        if key not in keys:
            raise InputError(f"{name} must not have the field {shown(key)}")
    for key in keys:
        if key not in given:
            raise InputError(f"{name} must have the field {key}")
