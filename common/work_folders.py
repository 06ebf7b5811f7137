# SPDX-License-Identifier: Apache-2.0
"""Folders for the files of work in progress; those of processes that have died are removed.

The owner of a folder holds a lock on it, which the system frees when the owner ends in whatever
way. Whoever makes the next folder removes those beside it that nobody holds.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from surmax.common.errors import InputError
from surmax.common.locking import lock_now
from surmax.common.processes import held

# No user names a folder of theirs so: those of dead processes are removed.
_PREFIX = "surmax-work-"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def work_folder(parent: Path | None = None) -> Iterator[Path]:
    """Make a folder of its own, which is removed at the end.

    Parameters:
        parent: where it is made; a folder that is not there is made. None: the folder of temporary
            files of this user, whose path has no character that programs stumble over.

    Raises InputError when it cannot be made.
    """
    parent = private_folder() if parent is None else parent
    made = None
    try:
        with held():
            made = _make(parent)
        yield made[0]
    finally:
        if made is not None:
            with held():
                shutil.rmtree(made[0], ignore_errors=True)
                os.close(made[1])


@cache
def private_folder() -> Path:
    """Return a folder that only this user can use, below the system's temporary files.

    Raises InputError when there is none and it cannot be made.
    """
    system = Path(tempfile.gettempdir())
    # A fixed name, so that the next run finds what a killed one has left.
    for place in dict.fromkeys(([system] if _is_plain(system) else []) + [Path("/tmp")]):
        folder = place / f"surmax-{os.getuid()}"
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
            # Another user who has made it before us would read and change our files.
            mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
            if mine and not stat.S_IMODE(found.st_mode) & 0o077 and os.access(folder, os.W_OK):
                return folder
    try:
        return Path(tempfile.mkdtemp(prefix="surmax-"))
    except OSError as error:
        raise InputError(f"temporary folder: {error.strerror}") from None


def _is_plain(place: Path) -> bool:
    """Return whether make and compilers take the path as it is."""
    text = str(place)
    return text.isascii() and all(one.isalnum() or one in "/._-+" for one in text)


def _make(parent: Path) -> tuple[Path, int]:
    """Return a new folder and the descriptor that holds its lock."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _remove_orphans(parent)
        while True:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            with suppress(FileNotFoundError):
                handle = os.open(folder, _FOLDER)
                # Another process may take it for an orphan before it is locked.
                if lock_now(handle) is not False and folder.is_dir():
                    return folder, handle
                os.close(handle)
    except OSError as error:
        raise InputError(f"work folder in {parent}: {error.strerror}") from None


def _remove_orphans(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            handle = os.open(folder, _FOLDER)
        except OSError:
            continue
        if lock_now(handle):
            shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)
