# SPDX-License-Identifier: Apache-2.0
"""Output formats that several units share, and defaults that follow from the output."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

# Output -> the code of a probability of 1.
FULL_SCALE = {"u8": 255, "i16": 32767}


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
