# SPDX-License-Identifier: Apache-2.0
"""Every fault of a file of arrays is one line that names the file."""

import io
import struct
import time
import zipfile

import numpy as np
import pytest
from helpers.malformed import LONGEST_MESSAGE, one_line_or
from surmax.common.arrays import read_arrays
from surmax.common.errors import InputError

VALUES = np.arange(24, dtype=np.int8).reshape(2, 3, 4)


def npy(array, version=None):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asanyarray(array), version=version)
    return stream.getvalue()


def with_header(text, data=b"\0" * 8, version=b"\x01\x00"):
    """Return an .npy file with any header."""
    header = text.encode() + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(header)) + header + data


def packed(*members, compression=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


GOOD = packed(("a.npy", npy(VALUES)))
CENTRAL = GOOD.index(b"PK\x01\x02")


def patched(at, value, content=GOOD):
    """Return an archive with bytes of the first local header and of the directory changed.

    `at` is the place in the local header; in the directory the same field is 2 bytes further.
    """
    spoilt = bytearray(content)
    for place in (at, content.index(b"PK\x01\x02") + at + 2):
        spoilt[place : place + len(value)] = value
    return bytes(spoilt)


def header_of(shape="(8,)", descr="'|i1'", order="False"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"


FAULTS = {
    "empty": (b"", "must be an .npz file"),
    "text": (b"scores", "must be an .npz file"),
    "one array": (npy(VALUES), "must be an .npz file, not a single array"),
    "cut off": (GOOD[: CENTRAL - 5], "must be an .npz file"),
    "cut directory": (GOOD[: CENTRAL + 20], "must be an .npz file"),
    "cut end": (GOOD[:-3], "must be an .npz file"),
    "unknown version": (patched(4, b"\xc1\x00"), "must be an .npz file: zip file version 19.3"),
    "encrypted": (patched(6, b"\x01\x00"), "array 'a' must not be encrypted"),
    "lzma": (
        packed(("a.npy", npy(VALUES)), compression=zipfile.ZIP_LZMA),
        "array 'a' must be stored or deflated, not compression 14",
    ),
    "unknown compression": (patched(8, b"\x63\x00"), "must be stored or deflated, not compr"),
    "checksum": (patched(14, b"\0\0\0\0"), "array 'a' cannot be unpacked: Bad CRC-32"),
    "announced size": (patched(22, b"\x10\0\0\0"), "array 'a' "),
    "deflated data": (
        GOOD[:36] + b"\xff\xff\xff" + GOOD[39:],
        "array 'a' cannot be unpacked",
    ),
    "no .npy": (packed(("a", npy(VALUES))), "member 'a' must be an array, NAME.npy"),
    "folder": (packed(("a/", b"")), "member 'a/' must be an array, NAME.npy"),
    "no magic": (packed(("a.npy", b"text")), "array 'a' must begin as an .npy file does"),
    "empty member": (packed(("a.npy", b"")), "array 'a' must begin as an .npy file does"),
    "npy version": (
        packed(("a.npy", with_header(header_of(), version=b"\x03\x00"))),
        "must have .npy version 1.0 or 2.0, not (3, 0)",
    ),
    "cut header": (packed(("a.npy", npy(VALUES)[:40])), "array 'a' must begin as"),
    "open bracket": (packed(("a.npy", with_header("{'descr': ("))), "array 'a' must begin as"),
    "deep header": (packed(("a.npy", with_header("(" * 9000))), "array 'a' must begin as"),
    "long header": (packed(("a.npy", with_header(" " * 60000))), "array 'a' must begin as"),
    "no dictionary": (packed(("a.npy", with_header("[1, 2]"))), "array 'a' must begin as"),
    "lost key": (packed(("a.npy", with_header("{'descr': '|i1'}"))), "array 'a' must begin as"),
    "negative": (packed(("a.npy", with_header(header_of("(-8,)")))), "must have sizes from 0"),
    "huge": (
        packed(("a.npy", with_header(header_of("(1 << 60,)".replace("1 << 60", str(1 << 60)))))),
        "array 'a' of shape (1152921504606846976,) must have",
    ),
    "wraps": (
        packed(("a.npy", with_header(header_of(f"({1 << 32}, {1 << 32})")))),
        "must have 18446744073709551616 bytes, not 8",
    ),
    "too little data": (packed(("a.npy", npy(VALUES)[:-1])), "must have 24 bytes, not 23"),
    "too much data": (packed(("a.npy", npy(VALUES) + b"1")), "must have 24 bytes, not 25"),
    "objects": (
        packed(("a.npy", with_header(header_of(descr="'|O'")))),
        "array 'a' must be numbers, truth values or text, not dtype('O')",
    ),
    "records": (
        packed(("a.npy", npy(np.zeros(2, [("x", "i1"), ("y", "f4")])))),
        "array 'a' must be numbers",
    ),
    "bytes": (packed(("a.npy", npy(np.array([b"x"])))), "array 'a' must be numbers"),
    "complex": (packed(("a.npy", npy(np.zeros(2, complex)))), "array 'a' must be numbers"),
    "dates": (packed(("a.npy", npy(np.zeros(2, "M8[s]")))), "array 'a' must be numbers"),
    "no type": (packed(("a.npy", with_header(header_of(descr="'?x'")))), "array 'a' must begin as"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_one_line(tmp_path, name):
    content, message = FAULTS[name]
    path = tmp_path / "s.npz"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_arrays(path, "scores")
    text = str(error.value)
    assert text.startswith(f"scores {path}: ")
    assert message in text
    assert text.isprintable()
    assert len(text) <= LONGEST_MESSAGE


def test_a_name_is_there_once(tmp_path):
    path = tmp_path / "s.npz"
    with pytest.warns(UserWarning, match="Duplicate name"):
        path.write_bytes(packed(("a.npy", npy(VALUES)), ("a.npy", npy(VALUES))))
    with pytest.raises(InputError, match="array 'a' must not be twice in the file"):
        read_arrays(path, "scores")


def test_any_changed_or_lost_byte_is_one_line_or_harmless(tmp_path):
    path, rng = tmp_path / "s.npz", np.random.default_rng(5)
    content = packed(("scores.npy", npy(VALUES)), ("about.npy", npy(np.array("{}"))))
    for trial in range(400):
        spoilt = bytearray(content)
        if trial % 4 == 0:
            del spoilt[int(rng.integers(len(spoilt))) :]
        else:
            for at in rng.integers(len(spoilt), size=1 + trial % 3):
                spoilt[at] = int(rng.integers(256))
        path.write_bytes(spoilt)
        one_line_or(lambda: read_arrays(path, "scores"))


def test_what_an_archive_unpacks_to_has_a_largest_size(tmp_path):
    path = tmp_path / "s.npz"
    path.write_bytes(packed(("a.npy", b"\0" * (4 << 20))))
    assert path.stat().st_size < 1 << 14
    with pytest.raises(InputError, match=r"arrays must have at most 1 MiB together"):
        read_arrays(path, "scores", most=1 << 20)
    # A member that unpacks to more than it announces is read as far as announced.
    content = packed(("a.npy", b"\0" * (64 << 20)))
    path.write_bytes(patched(22, struct.pack("<I", 1000), content))
    start = time.perf_counter()
    with pytest.raises(InputError, match="array 'a' "):
        read_arrays(path, "scores", most=1 << 20)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize(
    "array",
    [
        VALUES,
        np.asfortranarray(VALUES),
        VALUES.astype(">f4"),
        VALUES.astype(">i8"),
        VALUES > 3,
        np.array(3.5),
        np.zeros((0, 4), np.float16),
        np.array("text"),
        np.array(["a", "bc"]),
    ],
)
def test_arrays_are_read_as_numpy_reads_them(tmp_path, array, compression):
    path = tmp_path / "s.npz"
    path.write_bytes(packed(("a.npy", npy(array)), compression=compression))
    (read,) = read_arrays(path, "scores").values()
    np.testing.assert_array_equal(read, array)
    assert read.shape == array.shape
    assert read.dtype == array.dtype.newbyteorder("=")
    assert read.flags.c_contiguous
