# SPDX-License-Identifier: Apache-2.0
"""Memory layouts of the kernels' buffers.

rows: one row after the other, each of `stride` positions, a multiple of 32.
tiles: micro-tiles of 4 rows and 8 positions. A band of 4 rows is a line of tiles, from the first
positions to the last; the bands follow each other. Rows and positions are filled up to whole tiles.

A bit of a mask word is 1 where a position takes part. Rows have one word for 32 positions, in which
bit i is position i. A tile has one word, in which bit 8*row + i is position i of a row.

In all functions `count` is the number of rows and `length` the number of positions of a row.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.aie.forms import ARCHITECTURES
from surmax.golden import HccsConstants, InputError, check_choice

# Positions of a vector, rows and positions of a tile, and the alignment of buffers in bytes.
LANES = 32
TILE_ROWS = 4
TILE_COLUMNS = 8
ALIGNMENT = 64

HEAD = np.dtype([("B", "<i2"), ("S", "i1"), ("Dmax", "u1")])
ROW = np.dtype([("head", "<u2"), ("valid", "<u2")])

Array = npt.NDArray[Any]
Words = npt.NDArray[np.uint32]

# A ConSmax table is cut into blocks of this many bytes, each of which is followed by its copy: the
# width of a memory bank, from which the look-up of a lane reads.
_BANK_BYTES = {"aie-ml": 16, "aie-mlv2": 32}
TABLE_ENTRIES = 256


def stride(length: int) -> int:
    """Return the distance of rows in positions: `length` rounded up to whole vectors."""
    return -(-length // LANES) * LANES


def aligned(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """Return an uninitialised array that starts at a multiple of 64 bytes."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    raw = np.empty(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(kind).reshape(shape)


def pack_rows(values: Array, fill: int = 0) -> Array:
    """Return values (count, length) as rows, (count, stride), padded with `fill`."""
    count, length = values.shape
    packed = aligned((count, stride(length)), values.dtype)
    packed[:, :length] = values
    packed[:, length:] = fill
    return packed


def pack_tiles(values: Array, fill: int = 0) -> Array:
    """Return values (count, length) as tiles, (bands, columns, 4, 8), padded with `fill`."""
    count, length = values.shape
    bands, columns = tile_shape(count, length)
    wide = np.full((bands * TILE_ROWS, columns * TILE_COLUMNS), fill, values.dtype)
    wide[:count, :length] = values
    packed = aligned((bands, columns, TILE_ROWS, TILE_COLUMNS), values.dtype)
    packed[...] = wide.reshape(bands, TILE_ROWS, columns, TILE_COLUMNS).transpose(0, 2, 1, 3)
    return packed


def tile_shape(count: int, length: int) -> tuple[int, int]:
    """Return the numbers of bands and of columns of the tiles that hold the rows."""
    return -(-count // TILE_ROWS), -(-length // TILE_COLUMNS)


def pack(values: Array, schedule: str, fill: int = 0) -> Array:
    """Return values of shape (count, length) in the layout of a schedule."""
    return pack_rows(values, fill) if schedule == "rows" else pack_tiles(values, fill)


def unpack(packed: Array, schedule: str, count: int, length: int) -> Array:
    """Return the values of shape (count, length) from the layout of a schedule."""
    return unpack_whole(packed, schedule)[:count, :length]


def unpack_whole(packed: Array, schedule: str) -> Array:
    """Return all values from the layout of a schedule by row and position, padding included."""
    if schedule == "rows":
        return packed
    bands, columns = packed.shape[:2]
    shape = (bands * TILE_ROWS, columns * TILE_COLUMNS)
    return packed.transpose(0, 2, 1, 3).reshape(shape)


def mask_words(keep: npt.NDArray[np.bool_], schedule: str) -> Words:
    """Return the mask words of `keep`, bool (count, length), True where a position takes part.

    Their shape is (count, stride/32) for rows and (bands, columns) for tiles.
    """
    bits = np.packbits(pack(keep, schedule), axis=-1, bitorder="little")
    shape = (*bits.shape[:-1], -1) if schedule == "rows" else (*bits.shape[:2], TILE_ROWS)
    words = bits.reshape(shape).view("<u4")
    packed = aligned(words.shape if schedule == "rows" else words.shape[:2], np.uint32)
    packed[...] = words.reshape(packed.shape)
    return packed


def row_records(heads: npt.ArrayLike, valid: npt.ArrayLike, schedule: str) -> Array:
    """Return the records of rows; rows that fill up the last tile have head 0 and valid 0."""
    head_numbers = np.asarray(heads)
    count = len(head_numbers)
    whole = count if schedule == "rows" else -(-count // TILE_ROWS) * TILE_ROWS
    records = aligned((whole,), ROW)
    records[count:] = 0
    records["head"][:count], records["valid"][:count] = head_numbers, valid
    return records


def head_records(constants: Sequence[HccsConstants]) -> Array:
    """Return the table of HCCS heads."""
    records = aligned((len(constants),), HEAD)
    records[:] = [(head.B, head.S, head.Dmax) for head in constants]
    return records


def consmax_tables(codes: Sequence[npt.ArrayLike], architecture: str) -> npt.NDArray[np.uint16]:
    """Return the ConSmax tables of heads as an architecture reads them, (heads, entries).

    A table is indexed by the byte of a score as an unsigned number. On the first AI Engine it has
    256 entries. The later architectures read four lanes at once from two tables, in each of which
    every block is followed by its copy.

    Args:
        codes: of each head, the 256 output codes by ascending score, as golden's tables have them.
        architecture: one of ARCHITECTURES.

    Raises InputError when a head does not have 256 codes.
    """
    check_choice("architecture", architecture, tuple(ARCHITECTURES))
    rows = []
    for head_codes in codes:
        table = np.asarray(head_codes)
        if table.shape != (TABLE_ENTRIES,):
            raise InputError(f"codes must have shape ({TABLE_ENTRIES},), not {table.shape}")
        # Score -128 is byte 128: negative scores are the second half of the table.
        table = np.roll(table, TABLE_ENTRIES // 2).astype(np.uint16)
        if architecture in _BANK_BYTES:
            bank = _BANK_BYTES[architecture] // 2
            twice = np.repeat(table.reshape(-1, 1, bank), 2, axis=1).reshape(-1)
            table = np.concatenate([twice, twice])
        rows.append(table)
    packed = aligned((len(rows), rows[0].size), np.uint16)
    packed[...] = rows
    return packed
