# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from surmax.aie.forms import SCHEDULES
from surmax.aie.layout import (
    aligned,
    consmax_tables,
    head_records,
    mask_words,
    pack,
    row_records,
    stride,
    unpack,
    unpack_whole,
)
from surmax.golden import HccsConstants, InputError

SHAPES = st.tuples(st.integers(1, 13), st.integers(1, 100))


@pytest.mark.parametrize("schedule", SCHEDULES)
@given(values=hnp.arrays(np.int16, SHAPES), fill=st.integers(-5, 5))
def test_packing_comes_back(schedule, values, fill):
    packed = pack(values, schedule, fill)
    assert packed.ctypes.data % 64 == 0
    assert packed.flags.c_contiguous
    np.testing.assert_array_equal(unpack(packed, schedule, *values.shape), values)
    whole = unpack_whole(packed, schedule).copy()
    whole[: len(values), : values.shape[1]] = fill
    assert (whole == fill).all()


def test_rows_follow_each_other():
    packed = pack(np.arange(1, 67, dtype=np.int8).reshape(2, 33), "rows")
    assert packed.shape == (2, 64)
    assert packed.ravel()[32] == 33
    assert packed.ravel()[64] == 34
    assert not packed[:, 33:].any()


def test_a_band_of_tiles_follows_its_rows():
    values = np.arange(5 * 17).reshape(5, 17)
    packed = pack(values, "tiles", -1).reshape(-1, 4, 8)
    assert len(packed) == 2 * 3
    np.testing.assert_array_equal(packed[0], values[:4, :8])
    np.testing.assert_array_equal(packed[1], values[:4, 8:16])
    assert packed[2, 3, 0] == values[3, 16]
    assert packed[2, 3, 1] == -1
    np.testing.assert_array_equal(packed[3, 0], values[4, :8])
    assert (packed[3, 1:] == -1).all()


@given(keep=hnp.arrays(np.bool_, SHAPES))
def test_mask_words_of_rows(keep):
    words = mask_words(keep, "rows")
    assert words.shape == (len(keep), stride(keep.shape[1]) // 32)
    wanted = np.zeros(words.shape, np.uint32)
    for row, position in np.argwhere(keep):
        wanted[row, position // 32] |= np.uint32(1 << (position % 32))
    np.testing.assert_array_equal(words, wanted)


@given(keep=hnp.arrays(np.bool_, SHAPES))
def test_mask_words_of_tiles(keep):
    words = mask_words(keep, "tiles")
    assert words.shape == (-(-len(keep) // 4), -(-keep.shape[1] // 8))
    wanted = np.zeros(words.shape, np.uint32)
    for row, position in np.argwhere(keep):
        wanted[row // 4, position // 8] |= np.uint32(1 << (8 * (row % 4) + position % 8))
    np.testing.assert_array_equal(words, wanted)


def test_records_have_the_bytes_that_the_kernels_read():
    heads = head_records([HccsConstants(0x1234, 3, 0x45), HccsConstants(127, 1, 127)])
    assert heads.tobytes() == bytes([0x34, 0x12, 3, 0x45, 127, 0, 1, 127])
    rows = row_records([1, 0], [0x203, 7], "rows")
    assert rows.tobytes() == bytes([1, 0, 3, 2, 0, 0, 7, 0])
    filled = row_records([1], [9], "tiles")
    assert filled.tobytes() == bytes([1, 0, 9, 0]) + bytes(12)


def test_tables_as_each_architecture_reads_them():
    codes = np.arange(256) + 1000
    by_byte = np.concatenate([codes[128:], codes[:128]])
    (plain,) = consmax_tables([codes], "aie")
    np.testing.assert_array_equal(plain, by_byte)
    for architecture, bank in (("aie-ml", 8), ("aie-mlv2", 16)):
        first, second = consmax_tables([codes, codes + 1], architecture)
        np.testing.assert_array_equal(first + 1, second)
        for copy in first.reshape(2, -1, 2, bank):
            np.testing.assert_array_equal(copy[:, 0].ravel(), by_byte)
            np.testing.assert_array_equal(copy[:, 1].ravel(), by_byte)


def test_bad_tables():
    with pytest.raises(InputError, match=r"codes must have shape \(256,\), not \(16,\)"):
        consmax_tables([np.zeros(16)], "aie")
    with pytest.raises(InputError, match="architecture must be one of aie, aie-ml, aie-mlv2"):
        consmax_tables([np.zeros(256)], "aie2")


def test_every_alignment_is_one():
    assert all(aligned((n,), np.int8).ctypes.data % 64 == 0 for n in range(1, 200, 7))
