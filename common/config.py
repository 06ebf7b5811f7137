# SPDX-License-Identifier: Apache-2.0
"""Configurations as JSON objects."""

from dataclasses import asdict
from typing import Any, Self

from surmax.common.errors import InputError, check_keys, shown
from surmax.common.plain import PlainFields


class JsonConfig(PlainFields):
    """A frozen dataclass whose fields are JSON values."""

    def to_json(self) -> dict[str, Any]:
        """All fields as a JSON-ready dictionary."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Any) -> Self:
        """Rebuild from `to_json`: all fields must be there, none becomes a default.

        Raises InputError naming a missing, an unknown or an impossible field.
        """
        if not isinstance(fields, dict):
            raise InputError(f"config must be an object, not {shown(fields)}")
        check_keys("config", fields, tuple(cls.__dataclass_fields__))
        return cls(**fields)
