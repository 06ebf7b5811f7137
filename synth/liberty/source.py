# SPDX-License-Identifier: Apache-2.0
"""Text of a Liberty file: plain or compressed, in whatever encoding its comments are."""

import hashlib
import zlib
from pathlib import Path

from surmax.common.errors import InputError
from surmax.common.reading import MIB, read_bytes

MOST_BYTES = 512 * MIB

_GZIP = b"\x1f\x8b"
_LONGEST_PATH = 100


def read_source(path: Path, *, most: int = MOST_BYTES) -> tuple[str, str]:
    """Return the text of a Liberty file and the sha256 of its bytes.

    A file that begins as gzip does is decompressed, whatever its name. Text that is not UTF-8 is
    read as Latin-1, in which every byte is a character: vendors' comments have such bytes, and
    names with them are checked where they are used.

    Args:
        path: the file.
        most: bytes that it may have, compressed or not.

    Raises InputError when it cannot be read, is not a regular file, is too large, or is damaged.
    """
    raw = read_bytes(path, "liberty", most=most)
    content = _decompressed(raw, path, most) if raw.startswith(_GZIP) else raw
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text, hashlib.sha256(raw).hexdigest()


def short_path(path: Path | str) -> str:
    """Return a path as messages have it: of a long one only its end."""
    text = str(path)
    return text if len(text) <= _LONGEST_PATH else f"...{text[-_LONGEST_PATH:]}"


def _decompressed(raw: bytes, path: Path, most: int) -> bytes:
    """Return the content of all members of a gzip file.

    Not more than `most` bytes are ever made of it: a small file can stand for terabytes.
    """
    name = f"liberty {short_path(path)}"
    parts: list[bytes] = []
    size = 0
    while raw.strip(b"\0"):
        member = zlib.decompressobj(wbits=31)
        try:
            parts.append(member.decompress(raw, most + 1 - size))
        except zlib.error:
            raise InputError(f"{name} must be whole gzip data: it is damaged") from None
        size += len(parts[-1])
        if size > most:
            raise InputError(f"{name} must have at most {most // MIB} MiB when decompressed")
        if not member.eof:
            raise InputError(f"{name} must be whole gzip data: it is cut short")
        raw = member.unused_data
    return b"".join(parts)
