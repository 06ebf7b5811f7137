# SPDX-License-Identifier: Apache-2.0
"""Frozen dataclasses whose fields are plain Python values."""

from dataclasses import fields
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python value that it stands for, anything else as it is.

    A NumPy integer of a configuration would bring its width into the law's arithmetic: with
    np.int16(15) fraction bits a product of two integers wraps, without a word.
    """
    return value.item() if isinstance(value, np.generic) else value


class PlainFields:
    """Base of frozen dataclasses that are validated when made: NumPy scalars become Python values.

    A subclass with a `__post_init__` of its own calls this one first.
    """

    def __post_init__(self) -> None:
        """Store each field as a plain Python value."""
        for field in fields(self):  # type: ignore[arg-type]
            object.__setattr__(self, field.name, plain(getattr(self, field.name)))
