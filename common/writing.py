# SPDX-License-Identifier: Apache-2.0
"""Files that a user asks for: written whole or not at all, in place of regular files only."""

import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from surmax.common.errors import InputError
from surmax.common.reading import check_path, kind_of_file

PARTIAL = ".partial"


def check_output(path: Path, inputs: Iterable[Path] = ()) -> None:
    """Raise InputError where `path` cannot be written, or would take the place of an input.

    To be called before work begins. Its folder must be there and writable; what is there under its
    name must be a regular file and none of `inputs`, under whatever name those are given.
    """
    check_path(path, "output file")
    try:
        folder = path.parent
        if not folder.is_dir():
            raise InputError(f"output file {path}: folder {folder} is not there")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise InputError(f"output file {path}: folder {folder} must be writable")
        _check_place(path)
        for given in inputs:
            if given.exists() and path.exists() and path.samefile(given):
                raise InputError(f"output file {path} must not be the input {given}")
    except OSError as error:
        raise InputError(f"output file {path}: {error.strerror}") from None


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: others may read or write it at the same time.

    The content goes to a new file of a random name beside it, which then takes its place and its
    permissions. Text is written as UTF-8.

    Raises InputError when it cannot be written, or something else than a regular file is there.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        mode = _check_place(path)
        partial = path.with_name(f".{secrets.token_hex(8)}{PARTIAL}")
        # A new file, never one behind a link that somebody has put there.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(partial, flags, 0o666)
        try:
            with open(handle, "wb") as file:
                if mode is not None:
                    os.fchmod(handle, mode)
                file.write(data)
            os.replace(partial, path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"output file {path}: {error.strerror}") from None


def _check_place(path: Path) -> int | None:
    """Return the permissions of the file that is at `path`, None where there is nothing.

    Raises InputError for what is not a regular file, OSError for a name that no file can have.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        kind = kind_of_file(mode)
        raise InputError(f"output file {path} must be a regular file or a new one, not {kind}")
    return stat.S_IMODE(mode)
