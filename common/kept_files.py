# SPDX-License-Identifier: Apache-2.0
"""Files that tools make once for the same inputs: compiled simulations, libraries, headers.

They are made in a work folder, whose path has no character that makefiles and compilers stumble
over, and then moved to where they are kept, with a checksum.
"""

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from surmax.common.kept import Say, keep_result, kept_result, report
from surmax.common.locking import locked_folder
from surmax.common.work_folders import work_folder
from surmax.common.writing import write_whole

_NOTE = "made.json"


def kept_files(
    place: Path,
    digest: str,
    names: Sequence[str],
    make: Callable[[Path], object],
    say: Say = report,
) -> bool:
    """Make files in the folder `place`, once; return whether they had been made before.

    Files that were damaged or changed are reported by `say` in one line and made again. Of several
    processes and threads that want them at once, one makes them.

    Args:
        place: the folder; what is above it is made.
        digest: of all that decides the files.
        names: of the files.
        make: is called with a work folder and makes the files there.
        say: is told of what is made again.

    Raises InputError or OSError when `place` cannot be written, and what `make` raises.
    """
    note = place / _NOTE
    with locked_folder(place):
        if kept_result(note, digest, say) is not None:
            return True
        with work_folder() as work:
            make(work)
            for name in names:
                _move(work / name, place / name)
        keep_result(note, digest, list(names), beside=[place / name for name in names])
    return False


def _move(made: Path, place: Path) -> None:
    """Put a file in the place of another, whole or not at all, on whatever file system."""
    try:
        os.replace(made, place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        write_whole(place, made.read_bytes(), mode=made.stat().st_mode & 0o777)
