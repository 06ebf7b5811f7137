# SPDX-License-Identifier: Apache-2.0
"""What several processes or threads need is made by one of them while the others wait."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def making(place: Path) -> Iterator[bool]:
    """Enter alone of all that want `place`; say whether it has yet to be made.

    A lock file beside `place` stays; the system frees the lock of a process that dies.
    """
    with place.with_name(f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not place.exists()
