# SPDX-License-Identifier: Apache-2.0
"""Configurations as JSON objects."""

from dataclasses import asdict
from typing import Any, Self

from surmax.common.errors import InputError
from surmax.common.plain import PlainFields


class JsonConfig(PlainFields):
    """A frozen dataclass whose fields are JSON values."""

    def to_json(self) -> dict[str, Any]:
        """All fields as a JSON-ready dictionary."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Any) -> Self:
        """Rebuild from `to_json`; raises InputError naming an unknown or impossible field."""
        if not isinstance(fields, dict):
            raise InputError(f"config must be an object, not {fields!r}")
        unknown = sorted(set(fields) - set(cls.__dataclass_fields__))
        if unknown:
            raise InputError(f"config has an unknown field {unknown[0]!r}")
        return cls(**fields)
