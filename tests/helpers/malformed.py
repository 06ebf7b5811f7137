# SPDX-License-Identifier: Apache-2.0
"""Malformed input: values of any type, spoilt JSON documents, and what may come of them."""

import math
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction

import numpy as np
from surmax.golden import InputError

LONGEST_MESSAGE = 300
NUMPY_INTEGERS = (
    *(np.int8, np.int16, np.int32, np.int64),
    *(np.uint8, np.uint16, np.uint32, np.uint64),
)


class Text(str):
    """A class of its own below str."""


HOSTILE = (
    *(kind(1) for kind in NUMPY_INTEGERS),
    *(np.float16(1), np.float32(0.5), np.float64(1), np.longdouble(1), np.complex64(1)),
    *(True, False, np.True_, np.False_, 0, -1, 1, 15, 10**30, -(10**30), 10**5000, 1 << 64),
    *(0.0, -0.0, 1.0, 15.0, 1e300, math.inf, -math.inf, math.nan, 1j),
    *(Fraction(15), Fraction(1, 3), Fraction(10**400), Decimal(15), Decimal("nan")),
    *("", "x", "15", "div", "\n", "\x1b[31m", "[bold]", "\ud800", "x" * 10**6),
    *(Text("div"), np.str_("u8"), b"15", bytearray(b"1")),
    *(None, ..., object(), int, [], [1], [[1]], (), (1,), {}, {"a": 1}, {1}, range(3), slice(1)),
    *(np.array(15), np.array([15]), np.zeros((2, 2)), np.array(["a"]), np.array([None])),
    *(np.datetime64("2026-01-01"), np.timedelta64(1)),
)


def one_line_or(result):
    """Call `result`; return what it returns, or None where it raises an InputError of one line."""
    try:
        return result()
    except InputError as error:
        text = str(error)
    assert text
    assert len(text) <= LONGEST_MESSAGE, text
    assert text.isprintable(), text
    return None


def check_fields(kind, good, hostile=HOSTILE):
    """Check that each field of a dataclass stores plain values of its kind, or refuses a value."""
    values = {field.name: getattr(good, field.name) for field in fields(good) if field.init}
    made = 0
    for name in values:
        for value in hostile:
            found = one_line_or(lambda name=name, value=value: kind(**values | {name: value}))
            if found is None:
                continue
            made += 1
            stored = getattr(found, name)
            assert type(stored) in plain_types(getattr(good, name)), (name, value, stored)
    return made


def plain_types(good):
    """Return the types that a field may store which stores `good` by default."""
    return (type(good), type(None), tuple) if good is None else (type(good),)


def put(document, path, value):
    """Set what stands at `path` in a document to `value`, or delete it for KeyError."""
    *parents, last = path
    for key in parents:
        document = document[key]
    if value is KeyError:
        del document[last]
    else:
        document[last] = value
