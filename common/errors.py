# SPDX-License-Identifier: Apache-2.0
"""The one error that means: the caller's input is at fault, not Surmax."""


class InputError(ValueError):
    """Bad input, said in one line: what, which value, what is allowed.

    The command line prints the message and exits with code 2; everything else is a defect and
    keeps its traceback.
    """


def check_range(name: str, value: object, low: int, high: int) -> int:
    """Return `value` as an int if it is an integer in low..high.

    Raises InputError naming the field, the value and the bounds.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InputError(f"{name} is {value!r}: an integer from {low} to {high} is needed")
    number = value.__index__()
    if not low <= number <= high:
        raise InputError(f"{name} is {number}: {low} to {high} is allowed")
    return number


def check_choice(name: str, value: object, allowed: tuple[str, ...]) -> str:
    """Return `value` if it is one of `allowed`.

    Raises InputError naming the field, the value and the choices.
    """
    if value not in allowed:
        raise InputError(f"{name} is {value!r}: one of {', '.join(map(str, allowed))} is allowed")
    return str(value)
