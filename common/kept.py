# SPDX-License-Identifier: Apache-2.0
"""Results that are kept as they come, so that work that was interrupted goes on where it was."""

import hashlib
import json
from pathlib import Path
from typing import Any

from surmax.golden import InputError


class Kept:
    """A file of JSON lines: a digest of all that decides the results, then a result a line.

    Parameters:
        path: of the file; it is there only while work is unfinished.
        digest: results that were kept under another one are dropped.

    Raises InputError when the file cannot be written.
    """

    def __init__(self, path: Path, digest: str) -> None:
        self._path, self._digest = path, digest
        self._found: dict[str, Any] = {}
        try:
            lines = path.read_text().splitlines() if path.is_file() else []
        except (OSError, UnicodeDecodeError):
            lines = []
        if lines and lines[0] == digest:
            for line in lines[1:]:
                try:
                    key, value = json.loads(line)
                except ValueError:
                    break  # the line at which it was interrupted
                self._found[key] = value
        try:
            # Whole lines only: what follows is appended.
            text = "".join(json.dumps(item) + "\n" for item in self._found.items())
            path.write_text(f"{digest}\n{text}")
        except OSError as error:
            raise InputError(f"kept results {path}: {error.strerror}") from None

    def __len__(self) -> int:
        """Return the number of results."""
        return len(self._found)

    def get(self, key: str) -> Any:
        """Return what is kept under a key, or None."""
        return self._found.get(key)

    def put(self, key: str, value: Any) -> None:
        """Keep a JSON value."""
        self._found[key] = value
        with self._path.open("a") as file:
            file.write(json.dumps([key, value]) + "\n")

    def finish(self) -> None:
        """Remove the file: all is done."""
        self._path.unlink(missing_ok=True)


def digest_of(*parts: Any) -> str:
    """Return the sha256 of JSON values, paths of files (their content) and bytes."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            content = part.read_bytes()
        else:
            content = part if isinstance(part, bytes) else json.dumps(part, sort_keys=True).encode()
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()
