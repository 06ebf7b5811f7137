# SPDX-License-Identifier: Apache-2.0
"""Mutants that a reader found equivalent where the solver cannot: a file of each unit.

The file is JSON, a list of objects: the key of a mutant (Design.key), its module, place and change
as the command prints them, and the reason why no check can tell it from the design. The key covers
the text of the mutant's module: when that changes, the mutant is no longer in the list.
"""

from pathlib import Path

from surmax.common.errors import InputError, shown
from surmax.common.reading import read_json

_FIELDS = ("key", "module", "place", "change", "reason")


def read_reviewed(path: Path | None) -> dict[str, str]:
    """Return the reason for each key; raises InputError for a file that is none of these."""
    if path is None:
        return {}
    what = "reviewed mutants"
    document = read_json(path, what)
    if not isinstance(document, list):
        raise InputError(f"{what} {path} must be a list")
    found: dict[str, str] = {}
    for number, entry in enumerate(document, 1):
        where = f"{what} {path}, entry {number}"
        if not isinstance(entry, dict) or set(entry) != set(_FIELDS):
            raise InputError(f"{where}: its fields must be {', '.join(_FIELDS)}")
        for name, value in entry.items():
            if not isinstance(value, str) or not value.strip():
                raise InputError(f"{where}: {name} must be text, not {shown(value)}")
        if entry["key"] in found:
            raise InputError(f"{where}: key {entry['key']} must not be twice in the list")
        found[entry["key"]] = entry["reason"]
    return found
