# SPDX-License-Identifier: Apache-2.0
"""Files that a user gives: read whole, up to a size, and refused in one line that names the file.

What is not a regular file is refused: a device may never end, a pipe may never begin.
"""

import errno
import json
import math
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

from surmax.common.errors import InputError, shown, shown_path

MIB = 1 << 20
MOST_BYTES = 64 * MIB

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISLNK, "a link"),
    (stat.S_ISREG, "a file"),
)


def kind_of_file(mode: int) -> str:
    """Return what a file is that is not a regular one, from the mode of its status."""
    return next((kind for is_kind, kind in _KINDS if is_kind(mode)), "a special file")


def check_path(path: Path, what: str) -> None:
    """Raise InputError, which begins with `what`, for a path that no file can have."""
    if "\0" in str(path):
        raise InputError(f"{what} {shown(str(path))}: no path has a null character")


def read_bytes(path: Path, what: str, *, most: int = MOST_BYTES) -> bytes:
    """Return the content of a regular file.

    Args:
        path: the file.
        what: what it is for, the first words of a message: "sweep", "constants file".
        most: bytes that it may have.

    Raises InputError when it cannot be read, is not a regular file or is larger.
    """
    check_path(path, what)
    try:
        # Without blocking: opening a pipe waits for a writer otherwise.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            os.close(handle)
            raise InputError(
                f"{what} {shown_path(path)} must be a regular file, not {kind_of_file(mode)}"
            )
        with open(handle, "rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        # A socket cannot be opened at all.
        reason = "it is no regular file" if error.errno == errno.ENXIO else error.strerror
        raise InputError(f"{what} {shown_path(path)}: {reason}") from None
    if len(content) > most:
        raise InputError(f"{what} {shown_path(path)} must have at most {most // MIB} MiB")
    return content


def read_text(path: Path, what: str, *, most: int = MOST_BYTES) -> str:
    """Return the text of a file in UTF-8, with or without a byte order mark.

    Raises InputError as read_bytes does, and for bytes that are not UTF-8.
    """
    return decoded(read_bytes(path, what, most=most), f"{what} {shown_path(path)}")


def decoded(content: bytes, name: str) -> str:
    """Return UTF-8 text without its byte order mark; InputError begins with `name`."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise InputError(f"{name} must be UTF-8 text: line {line} has byte 0x{byte:02x}") from None


def read_json(path: Path, what: str, *, most: int = MOST_BYTES) -> Any:
    """Return the value of a JSON file.

    Raises InputError as read_text and parse_json do.
    """
    return parse_json(read_text(path, what, most=most), f"{what} {shown_path(path)}")


def parse_json(text: str, name: str) -> Any:
    """Return the value that a JSON text stands for.

    Stricter than Python's reader: no NaN or Infinity, no number beyond the range of floats, and no
    key twice in an object, of which all but the last would be lost without a word.

    Raises InputError, which begins with `name`.
    """
    try:
        return json.loads(
            text, object_pairs_hook=_once, parse_constant=_finite, parse_float=_finite
        )
    except RecursionError:
        raise InputError(f"{name} must be JSON: it is nested too deeply") from None
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    except ValueError as error:
        raise InputError(f"{name} must be JSON: {_reason(error)}") from None


def read_toml(path: Path, what: str, *, most: int = MIB) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises InputError as read_text does, for text that is not TOML, and for numbers that are not
    finite.
    """
    text = read_text(path, what, most=most)
    try:
        return tomllib.loads(text, parse_float=_finite)
    except InputError as error:
        raise InputError(f"{what} {shown_path(path)}: {error}") from None
    except RecursionError:
        raise InputError(
            f"{what} {shown_path(path)} must be TOML: it is nested too deeply"
        ) from None
    except ValueError as error:
        raise InputError(f"{what} {shown_path(path)} must be TOML: {_reason(error)}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InputError(f"key {shown(key)} must not be twice in an object")
        found[key] = value
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InputError(f"number must be finite, not {text if len(text) < 30 else number}")
    return number


def _reason(error: ValueError) -> str:
    """Return what a parser says, in words for a user where it speaks of Python's settings."""
    text = str(error)
    return "an integer has too many digits" if "integer string conversion" in text else text
