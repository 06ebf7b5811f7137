# SPDX-License-Identifier: Apache-2.0
"""File lock: one process or thread builds, the others wait."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def making(place: Path) -> Iterator[bool]:
    """Hold the lock of `place`; yield whether `place` has yet to be made.

    The lock file beside `place` stays; the system frees the lock of a process that dies.
    """
    with place.with_name(f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not place.exists()
