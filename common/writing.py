# SPDX-License-Identifier: Apache-2.0
"""Files that a user asks for: written whole or not at all, in place of regular files only."""

import os
import re
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from surmax.common.errors import InputError
from surmax.common.locking import lock_now
from surmax.common.processes import held
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
        _check_place(path, "output file")
        _check_apart(path, inputs, "file")
    except OSError as error:
        raise InputError(f"output file {path}: {error.strerror}") from None


def check_output_folder(
    folder: Path, names: Iterable[str] = (), inputs: Iterable[Path] = ()
) -> None:
    """Raise InputError where files cannot be written to `folder`, or would replace an input.

    To be called before work begins. The folder, or the nearest one above it that is there, must be
    a writable folder; what is there under one of `names` must be a regular file. It must be none of
    `inputs`, and neither must those files.
    """
    check_path(folder, "output folder")
    inputs = list(inputs)
    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            folder.lstat()  # a name that no folder can have
        there = folder
        while not os.path.lexists(there) and there != there.parent:
            there = there.parent
        mode = there.stat().st_mode
        if not stat.S_ISDIR(mode):
            raise InputError(f"output folder {folder}: {there} is {kind_of_file(mode)}")
        if not os.access(there, os.W_OK | os.X_OK):
            raise InputError(f"output folder {folder}: folder {there} must be writable")
        _check_apart(folder, inputs, "folder")
        for name in names:
            _check_place(folder / name, "output file")
            _check_apart(folder / name, inputs, "file")
    except OSError as error:
        raise InputError(f"output folder {folder}: {error.strerror}") from None


def write_whole(
    path: Path, content: str | bytes, what: str = "output file", *, mode: int | None = None
) -> None:
    """Write a file whole or not at all: others may read or write it at the same time.

    The content goes to a new file of a random name beside it, which then takes its place and its
    permissions, unless `mode` gives others. Text is written as UTF-8. `what` the file is, the first
    words of a message.

    Raises InputError when it cannot be written, or something else than a regular file is there.
    """
    check_path(path, what)
    # Names of files, which a text may repeat, need not be UTF-8.
    data = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    partial = None
    try:
        there = _check_place(path, what)
        mode = there if mode is None else mode
        _remove_orphans(path.parent)
        try:
            with held():
                partial, handle = _new_file(path.parent)
            with open(handle, "wb") as file:
                if mode is not None:
                    os.fchmod(handle, mode)
                file.write(data)
                file.flush()
                # While it is locked nobody takes it for an orphan.
                os.replace(partial, path)
        except BaseException:
            if partial is not None:
                partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"{what} {path}: {error.strerror}") from None


def append(path: Path, content: bytes) -> None:
    """Write at the end of a regular file that is there; never through a link.

    Raises OSError.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    with open(os.open(path, flags), "ab", buffering=0) as file:
        file.write(content)


def _new_file(folder: Path) -> tuple[Path, int]:
    """Return a new file of a random name, locked, and its descriptor."""
    # A new file, never one behind a link that somebody has put there.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    while True:
        partial = folder / f".{secrets.token_hex(8)}{PARTIAL}"
        handle = os.open(partial, flags, 0o666)
        # Another process may have taken it for an orphan before it was locked.
        if lock_now(handle) is not False and partial.exists():
            return partial, handle
        os.close(handle)


def _remove_orphans(folder: Path) -> None:
    """Remove the partial files that killed processes have left: nobody holds their locks."""
    for partial in folder.glob(f".*{PARTIAL}"):
        if not re.fullmatch(r"\.[0-9a-f]{16}", partial.stem):
            continue
        with suppress(OSError):
            handle = os.open(partial, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                if stat.S_ISREG(os.fstat(handle).st_mode) and lock_now(handle):
                    partial.unlink()
            finally:
                os.close(handle)


def _check_apart(path: Path, inputs: Iterable[Path], what: str) -> None:
    for given in inputs:
        if os.path.exists(given) and path.exists() and path.samefile(given):
            raise InputError(f"output {what} {path} must not be the input {given}")


def _check_place(path: Path, what: str) -> int | None:
    """Return the permissions of the file that is at `path`, None where there is nothing.

    Raises InputError for what is not a regular file, OSError for a name that no file can have.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        kind = kind_of_file(mode)
        raise InputError(f"{what} {path} must be a regular file or a new one, not {kind}")
    return stat.S_IMODE(mode)
