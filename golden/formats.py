# SPDX-License-Identifier: Apache-2.0
"""Output formats that several units share, and defaults that follow from the output."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from surmax.common.errors import check_range

# Output -> the code of a probability of 1.
FULL_SCALE = {"u8": 255, "i16": 32767}


# Positions of the longest row that functions take; units and files have smaller bounds.
MOST_POSITIONS = 1 << 30


def check_length(length: object) -> int:
    """Return positions of a row as a plain int; raises InputError unless 1 to MOST_POSITIONS."""
    return check_range("length", length, 1, MOST_POSITIONS)


class IntegerOutput:
    """A configuration with outputs "u8" (code = 255 p) or "i16" (code = 32767 p)."""

    output: str

    @property
    def max_code(self) -> int:
        """Largest output code: full scale."""
        return FULL_SCALE[self.output]

    @property
    def output_bits(self) -> int:
        """Bits of an output code."""
        return 8 if self.output == "u8" else 16


def fill_defaults(config: Any, defaults: Mapping[str, Any]) -> None:
    """Set the fields of a frozen configuration that are None to their defaults."""
    for field in fields(config):
        if getattr(config, field.name) is None:
            object.__setattr__(config, field.name, defaults[field.name])
