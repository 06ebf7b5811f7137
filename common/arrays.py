# SPDX-License-Identifier: Apache-2.0
"""Files of NumPy arrays (.npz) that a user gives: read whole, up to a size, one line a fault."""

import io
import math
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.common.errors import InputError, shown, shown_path
from surmax.common.reading import MIB, read_bytes

# Bytes of a file, and of its arrays together once they are unpacked.
MOST_BYTES = 1024 * MIB
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1
# Kinds of NumPy's types that are taken: truth values, integers, floats, text.
_KINDS = "biufU"

Arrays = dict[str, npt.NDArray[Any]]


def read_arrays(path: Path, what: str, *, most: int = MOST_BYTES) -> Arrays:
    """Return the arrays of an .npz file by name, in C order and in the byte order of this machine.

    What a member says of its size is compared with the archive before memory is taken for it.
    Pickled objects are refused.

    Args:
        path: the file.
        what: what it is for, the first words of a message: "scores".
        most: bytes that the file may have, and its arrays together.

    Raises InputError in one line that names the file and what is wrong in it.
    """
    content = read_bytes(path, what, most=most)
    try:
        return _arrays(content, most)
    except InputError as error:
        raise InputError(f"{what} {shown_path(path)}: {error}") from None


def _arrays(content: bytes, most: int) -> Arrays:
    if content.startswith(b"\x93NUMPY"):
        raise InputError("must be an .npz file, not a single array")
    with _reading("must be an .npz file"):
        archive = zipfile.ZipFile(io.BytesIO(content))
    members = archive.infolist()
    if sum(member.file_size for member in members) > most:
        raise InputError(f"arrays must have at most {most // MIB} MiB together")
    arrays: Arrays = {}
    for member in members:
        name = member.filename.removesuffix(".npy")
        if name == member.filename:
            raise InputError(f"member {shown(member.filename)} must be an array, NAME.npy")
        if name in arrays:
            raise InputError(f"array {shown(name)} must not be twice in the file")
        arrays[name] = _array(archive, member, f"array {shown(name)}")
    return arrays


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> npt.NDArray[Any]:
    """Return the array of a member of the archive; raises InputError, which begins with `name`."""
    if member.flag_bits & _ENCRYPTED:
        raise InputError(f"{name} must not be encrypted")
    if member.compress_type not in _COMPRESSIONS:
        raise InputError(
            f"{name} must be stored or deflated, not compression {member.compress_type}"
        )
    with _reading(f"{name} cannot be unpacked"):
        # Reads as many bytes as the archive announces, and compares their checksum.
        data = archive.read(member)
    if len(data) != member.file_size:
        raise InputError(f"{name} must have {member.file_size} bytes, not {len(data)}")
    stream = io.BytesIO(data)
    with _reading(f"{name} must begin as an .npy file does"):
        version = np.lib.format.read_magic(stream)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read_header is None:
            raise InputError(f"{name} must have .npy version 1.0 or 2.0, not {shown(version)}")
        shape, fortran, dtype = read_header(stream)
    if dtype.kind not in _KINDS:
        raise InputError(f"{name} must be numbers, truth values or text, not {shown(dtype)}")
    if any(size < 0 for size in shape):
        raise InputError(f"{name} must have sizes from 0, not {shown(shape)}")
    wanted, there = math.prod(shape) * dtype.itemsize, len(data) - stream.tell()
    if wanted != there:
        raise InputError(
            f"{name} of shape {shown(shape)} must have {shown(wanted)} bytes, not {there}"
        )
    with _reading(f"{name} of shape {shown(shape)} must be an array"):
        if not wanted:
            return np.zeros(shape, dtype)
        values = np.frombuffer(data, dtype, offset=stream.tell())
        values = values.reshape(shape[::-1]).T if fortran else values.reshape(shape)
    return np.ascontiguousarray(values, dtype=dtype.newbyteorder("=")).reshape(shape)


@contextmanager
def _reading(text: str) -> Iterator[None]:
    """Parse hostile bytes: whatever a parser raises becomes an InputError that begins with `text`.

    zipfile, zlib and numpy.lib.format state no list of what they raise for damaged bytes: seen are
    BadZipFile, NotImplementedError, RuntimeError, EOFError, KeyError, ValueError, TypeError,
    OverflowError, SyntaxError, tokenize.TokenError, RecursionError, MemoryError, struct.error and
    zlib.error.
    """
    try:
        with warnings.catch_warnings():
            # Of duplicate names and odd headers, which are refused here in an error.
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    except Exception as error:
        reason = shown(str(error) or type(error).__name__).strip("'\"")
        raise InputError(f"{text}: {reason}") from None
