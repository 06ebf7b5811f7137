# SPDX-License-Identifier: Apache-2.0
"""Results that are kept in files, each with the digest of its inputs and a checksum of its own.

A kept result is read back only when it is whole: one that was cut off, edited, or belongs to other
inputs is reported in one line, and its caller computes it again.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from surmax.common.digest import digest_of
from surmax.common.errors import InputError
from surmax.common.reading import MIB, read_bytes, read_text
from surmax.common.writing import append, write_whole

# A file of kept results, and a kept result, are no larger.
MOST_KEPT = 1024 * MIB
_DAMAGED = "is damaged or no result of surmax"

Say = Callable[[str], None]


def report(line: str) -> None:
    """Print a line to standard error."""
    print(line, file=sys.stderr, flush=True)


def keep_result(
    path: Path,
    digest: str,
    result: Any,
    *,
    beside: Iterable[Path] = (),
    about: Mapping[str, Any] | None = None,
) -> None:
    """Keep a JSON value in a file, whole or not at all.

    Args:
        path: the file, in a folder that exists.
        digest: of the inputs that decide the result.
        result: JSON-ready.
        beside: files of the same folder that belong to the result, written before.
        about: JSON-ready fields that tell a reader what the result is.
    """
    files = {one.name: digest_of(one) for one in beside}
    document = {**(about or {}), "digest": digest, "files": files, "result": result}
    document = _as_read(document)
    document["checksum"] = digest_of(document)
    write_whole(path, json.dumps(document, indent=1) + "\n")


def kept_result(path: Path, digest: str, say: Say = report) -> dict[str, Any] | None:
    """Return the document that keep_result wrote, whose field "result" is the value; or None.

    A file that is not what keep_result wrote for `digest`, or that has lost a file beside it, is
    reported by `say` in one line; a file that is not there is not.
    """
    if not os.path.lexists(path):
        return None
    try:
        document = json.loads(read_bytes(path, "kept result", most=MOST_KEPT))
        trouble = _trouble(path, document, digest)
    except (InputError, OSError, ValueError, RecursionError):
        trouble = _DAMAGED
    if trouble:
        say(f"kept result {path} {trouble}: it is made again")
        return None
    return document


def _trouble(path: Path, document: Any, digest: str) -> str:
    """Return what is wrong with a kept document, "" when it is sound."""
    fields = ("digest", "files", "result", "checksum")
    if not isinstance(document, dict) or any(name not in document for name in fields):
        return _DAMAGED
    checksum = document.pop("checksum")
    if checksum != digest_of(document):
        return "was changed after it was written"
    if digest != document["digest"]:
        return "belongs to other inputs"
    for name, wanted in document["files"].items():
        file = path.with_name(name)
        if not file.is_file() or digest_of(file) != wanted:
            return f"has lost {name}, or that file was changed"
    return ""


def _as_read(value: Any) -> Any:
    """Return a value as JSON gives it back: keys are text."""
    return json.loads(json.dumps(value, allow_nan=False))


class Kept:
    """Results that are kept as they come, so that work that was interrupted goes on where it was.

    The file has JSON lines: a digest of all that decides the results, then for each result its key,
    its value and a checksum.

    Parameters:
        path: of the file; it is there only while work is unfinished.
        digest: results that were kept under another one are dropped.
        say: is told in one line what is dropped.

    Raises InputError when the file cannot be written.
    """

    def __init__(self, path: Path, digest: str, say: Say = report) -> None:
        self._path, self._digest = path, digest
        self._found: dict[str, Any] = {}
        text = ""
        if os.path.lexists(path):
            try:
                text = read_text(path, "kept results", most=MOST_KEPT)
            except InputError:
                text = "?"
        lines = text.splitlines()
        if lines and lines[0] != digest:
            say(f"kept results {path} belong to other inputs: they are made again")
            lines = []
        for number, line in enumerate(lines[1:], 2):
            try:
                key, value, checksum = json.loads(line)
            except (ValueError, TypeError, RecursionError):
                key = value = checksum = None
            if checksum != self._checksum(key, value):
                say(
                    f"kept results {path}, line {number}: damaged or cut off; "
                    "it and what follows are made again"
                )
                break
            self._found[key] = value
        # Whole lines only: what follows is appended.
        lines = [digest, *(self._line(*item) for item in self._found.items())]
        write_whole(path, "\n".join(lines) + "\n", "kept results")

    def __len__(self) -> int:
        """Return the number of results."""
        return len(self._found)

    def get(self, key: str) -> Any:
        """Return what is kept under a key, or None."""
        return self._found.get(key)

    def put(self, key: str, value: Any) -> None:
        """Keep a JSON value."""
        self._found[key] = value
        try:
            append(self._path, f"{self._line(key, value)}\n".encode())
        except FileNotFoundError:
            pass  # another process that did the same work has finished it
        except OSError as error:
            raise InputError(f"kept results {self._path}: {error.strerror}") from None

    def finish(self) -> None:
        """Remove the file: all is done."""
        self._path.unlink(missing_ok=True)

    def _line(self, key: str, value: Any) -> str:
        return json.dumps([key, value, self._checksum(key, value)])

    def _checksum(self, key: str, value: Any) -> str:
        return digest_of([self._digest, key, _as_read(value)])[:16]
