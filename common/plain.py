# SPDX-License-Identifier: Apache-2.0
"""Frozen dataclasses whose fields are plain Python values of the types that they declare."""

import math
from dataclasses import fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import numpy as np
from surmax.common.errors import InputError, check_real, is_integer, shown

_KINDS = {int: "an integer", str: "text", bool: "true or false"}


def check_flag(name: str, value: object) -> bool:
    """Return `value` as a plain bool if it is a truth value, Python's or NumPy's.

    Raises InputError naming the field and the value.
    """
    return _plain(name, value, bool)


class PlainFields:
    """Base of frozen dataclasses that are validated when made: each field is of its declared type.

    A NumPy integer of a configuration would bring its width into the law's arithmetic: with
    np.int16(15) fraction bits a product of two integers wraps, without a word. So fields declared
    as int, float, bool or str hold exactly these types: NumPy's scalars and classes derived from
    them are converted. A truth value is no integer, a float is none either, and nothing is rounded.
    Fields declared as another class hold an instance of it, a tuple of items is checked item by
    item, and Any holds anything.

    A subclass with a `__post_init__` of its own calls this one first.
    """

    def __post_init__(self) -> None:
        """Store each field as a plain value; raises InputError naming the field and its value."""
        for name, kind in _declared(type(self)):
            object.__setattr__(self, name, _plain(name, getattr(self, name), kind))


def check_declared(name: str, value: Any, kind: Any) -> None:
    """Raise InputError unless an argument is a plain value of its declared type.

    For constructors, which cannot replace what they are given: NumPy's scalars are refused.
    Declared types other than int, float, bool, str and our own classes are not checked.
    """
    if get_origin(kind) in (UnionType, Union) and len(get_args(kind)) == 2:
        if value is None and NoneType in get_args(kind):
            return
        kind = next(one for one in get_args(kind) if one is not NoneType)
    if kind not in (int, float, bool, str) and not _is_ours(kind):
        return
    if type(_plain(name, value, kind)) is not type(value) and not _is_ours(kind):
        raise InputError(f"{name} must be Python's own {kind.__name__}, not {shown(value)}")


def _is_ours(kind: Any) -> bool:
    return isinstance(kind, type) and kind.__module__.startswith("surmax.")


@cache
def _declared(kind: type) -> tuple[tuple[str, Any], ...]:
    """Return name and declared type of each field of a dataclass."""
    return tuple((field.name, field.type) for field in fields(kind))


def _plain(name: str, value: Any, kind: Any) -> Any:
    """Return `value` as a plain value of the declared type `kind`; raises InputError."""
    if kind is float:
        return check_real(name, value, -math.inf, math.inf)
    if type(value) is kind or kind is Any:
        return value
    if kind is int and is_integer(value):
        return int(value)
    if kind is bool and isinstance(value, np.bool_):
        return bool(value)
    if kind is str and isinstance(value, str):
        return str.__str__(value)
    if kind in _KINDS:
        raise InputError(f"{name} must be {_KINDS[kind]}, not {shown(value)}")
    return _of_class(name, value, kind)


def _of_class(name: str, value: Any, kind: Any) -> Any:
    """Return `value` as an instance of a class, a union with None or a tuple; raises InputError."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union):
        (other,) = (one for one in inner if one is not NoneType)
        return None if value is None else _plain(name, value, other)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise InputError(f"{name} must be a list or a tuple, not {shown(value)}")
        return tuple(_plain(f"{name}[{at}]", item, inner[0]) for at, item in enumerate(value))
    if not isinstance(value, origin or kind):
        raise InputError(f"{name} must be {(origin or kind).__name__}, not {shown(value)}")
    return value
