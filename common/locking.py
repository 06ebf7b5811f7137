# SPDX-License-Identifier: Apache-2.0
"""File locks: one process builds and the others wait; or what is locked has a living owner."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def locked_folder(place: Path) -> Iterator[None]:
    """Hold the lock of a folder, which is made with all above it; others wait for it.

    It is removed at the end where it is empty. The system frees the lock of a process that dies.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        place.mkdir(parents=True, exist_ok=True)
        handle = os.open(place, flags)
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        # Whoever had the lock may have removed the folder, and another may have made it anew.
        if place.is_dir() and os.path.samestat(place.stat(), os.fstat(handle)):
            break
        os.close(handle)
    try:
        yield
    finally:
        with suppress(OSError):
            place.rmdir()
        os.close(handle)


def lock_now(handle: int) -> bool | None:
    """Lock an open file or folder until it is closed.

    Returns False where another holds it, None where the file system has no locks.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
