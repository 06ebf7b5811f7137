# SPDX-License-Identifier: Apache-2.0
"""Memory layouts of the kernels' buffers; the kernels' documentation has the same words.

rows: one row after the other, each as long as `stride`, a multiple of 32 positions.
tiles: micro-tiles of 4 rows and 8 positions. A band of 4 rows is a line of tiles, from the first
positions to the last; the bands follow each other. Rows and positions are filled up to whole tiles.

Mask words have bit 1 where a position takes part: rows have a word for 32 positions, bit i being
position i; tiles have a word for a tile, bit 8*row + position.

In all functions `count` is rows and `length` positions of a row.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.aie.forms import ARCHITECTURES
from surmax.golden import HccsConstants, InputError, check_choice

# A vector's width in positions, a tile's rows and positions, and the kernels' alignment in bytes.
LANES = 32
TILE_ROWS = 4
TILE_COLUMNS = 8
ALIGNMENT = 64

HEAD = np.dtype([("B", "<i2"), ("S", "i1"), ("Dmax", "u1")])
ROW = np.dtype([("head", "<u2"), ("valid", "<u2")])

Array = npt.NDArray[Any]
Words = npt.NDArray[np.uint32]

# Bytes of a ConSmax table that lie in a row before their second copy: the width of the memory bank
# that a lane's look-up reads.
_BANK_BYTES = {"aie-ml": 16, "aie-mlv2": 32}
TABLE_ENTRIES = 256


def stride(length: int) -> int:
    """Return the positions from one row to the next: `length` rounded up to whole vectors."""
    return -(-length // LANES) * LANES


def aligned(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """Return an array that starts at a multiple of 64 bytes, of unknown content."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    raw = np.empty(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(kind).reshape(shape)


def pack_rows(values: Array, fill: int = 0) -> Array:
    """Return values of shape (count, length) as rows, (count, stride); `fill` stands behind."""
    count, length = values.shape
    packed = aligned((count, stride(length)), values.dtype)
    packed[:, :length] = values
    packed[:, length:] = fill
    return packed


def pack_tiles(values: Array, fill: int = 0) -> Array:
    """Return values of shape (count, length) as tiles, (bands, columns, 4, 8)."""
    count, length = values.shape
    bands, columns = tile_shape(count, length)
    wide = np.full((bands * TILE_ROWS, columns * TILE_COLUMNS), fill, values.dtype)
    wide[:count, :length] = values
    packed = aligned((bands, columns, TILE_ROWS, TILE_COLUMNS), values.dtype)
    packed[...] = wide.reshape(bands, TILE_ROWS, columns, TILE_COLUMNS).transpose(0, 2, 1, 3)
    return packed


def tile_shape(count: int, length: int) -> tuple[int, int]:
    """Return bands and columns of tiles that hold the rows."""
    return -(-count // TILE_ROWS), -(-length // TILE_COLUMNS)


def pack(values: Array, schedule: str, fill: int = 0) -> Array:
    """Return values of shape (count, length) in the layout of a schedule."""
    return pack_rows(values, fill) if schedule == "rows" else pack_tiles(values, fill)


def unpack(packed: Array, schedule: str, count: int, length: int) -> Array:
    """Return the values of shape (count, length) from the layout of a schedule."""
    return unpack_whole(packed, schedule)[:count, :length]


def unpack_whole(packed: Array, schedule: str) -> Array:
    """Return everything in the layout of a schedule by row and position, what fills up included."""
    if schedule == "rows":
        return packed
    bands, columns = packed.shape[:2]
    shape = (bands * TILE_ROWS, columns * TILE_COLUMNS)
    return packed.transpose(0, 2, 1, 3).reshape(shape)


def mask_words(keep: npt.NDArray[np.bool_], schedule: str) -> Words:
    """Return the words of `keep`, (count, length), True where a position takes part.

    Their shape is (count, stride/32) for rows and (bands, columns) for tiles.
    """
    bits = np.packbits(pack(keep, schedule), axis=-1, bitorder="little")
    shape = (*bits.shape[:-1], -1) if schedule == "rows" else (*bits.shape[:2], TILE_ROWS)
    words = bits.reshape(shape).view("<u4")
    packed = aligned(words.shape if schedule == "rows" else words.shape[:2], np.uint32)
    packed[...] = words.reshape(packed.shape)
    return packed


def row_records(heads: npt.ArrayLike, valid: npt.ArrayLike, schedule: str) -> Array:
    """Return the records of rows; those that fill up the last tile have head 0 and no position."""
    head_numbers = np.asarray(heads)
    count = len(head_numbers)
    whole = count if schedule == "rows" else -(-count // TILE_ROWS) * TILE_ROWS
    records = aligned((whole,), ROW)
    records[count:] = 0
    records["head"][:count], records["valid"][:count] = head_numbers, valid
    return records


def head_records(constants: Sequence[HccsConstants]) -> Array:
    """Return the table of heads."""
    records = aligned((len(constants),), HEAD)
    records[:] = [(one.B, one.S, one.Dmax) for one in constants]
    return records


def consmax_tables(codes: Sequence[npt.ArrayLike], architecture: str) -> npt.NDArray[np.uint16]:
    """Return the tables of heads as an architecture reads them, (heads, entries).

    `codes` are a head's 256 output codes by ascending score, as golden's tables give them. A table
    is indexed by the score's byte as an unsigned number. The first AI Engine reads 256 entries; the
    others read four lanes at once from two tables, each of which holds every bank's row twice.
    """
    check_choice("architecture", architecture, tuple(ARCHITECTURES))
    rows = []
    for one in codes:
        table = np.asarray(one)
        if table.shape != (TABLE_ENTRIES,):
            raise InputError(f"codes have shape {table.shape}: ({TABLE_ENTRIES},) is needed")
        # Score -128 has byte 128: the negative half comes second.
        table = np.roll(table, TABLE_ENTRIES // 2).astype(np.uint16)
        if architecture in _BANK_BYTES:
            bank = _BANK_BYTES[architecture] // 2
            twice = np.repeat(table.reshape(-1, 1, bank), 2, axis=1).reshape(-1)
            table = np.concatenate([twice, twice])
        rows.append(table)
    packed = aligned((len(rows), rows[0].size), np.uint16)
    packed[...] = rows
    return packed
