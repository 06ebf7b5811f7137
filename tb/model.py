# SPDX-License-Identifier: Apache-2.0
"""What a unit must answer to a stream of beats: surmax.golden, arranged by lanes and heads."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from surmax.golden import ConsmaxConfig, ConsmaxTables, consmax
from surmax.rtl.tables import bank_words

Bytes = npt.NDArray[np.uint8]
Bits = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

# One table write: head, table, index, word.
TableWrite = tuple[int, int, int, int]


def expected_codes(
    config: ConsmaxConfig,
    tables: Sequence[ConsmaxTables],
    scores: Bytes,
    heads: npt.NDArray[np.int64],
    mask: Bits,
) -> Codes:
    """Return the output lanes of every beat.

    Args:
        config: the unit's datapath.
        tables: what each head's storage holds; in a 16-bit unit a head may hold 8-bit tables.
        scores: (beats, lanes), the byte of each lane.
        heads: (beats,), index into `tables`.
        mask: (beats, lanes), True is masked; a 16-bit score is masked when either lane is.

    Returns:
        (beats, lanes) of uint8 or, for 8-bit scores with uQ0.16 output, uint16.
    """
    wide_output = config.narrow.output_bits == 16
    result = np.zeros(scores.shape, dtype=np.uint16 if wide_output else np.uint8)
    for head, one in enumerate(tables):
        rows = np.nonzero(heads == head)[0]
        if not rows.size:
            continue
        if one.config.score_bits == 8:
            result[rows] = consmax(scores[rows].view(np.int8), one, mask[rows])
        else:
            words = np.ascontiguousarray(scores[rows]).view("<i2")
            codes = consmax(words, one, mask[rows, 0::2] | mask[rows, 1::2])
            result[rows] = codes.astype("<u2").view(np.uint8)
    return result


def load_writes(config: ConsmaxConfig, head: int, tables: ConsmaxTables) -> list[TableWrite]:
    """Return the table writes that put `tables` into storage of `head`, its mode included."""
    writes = [
        (head, table, index, word)
        for table, words in enumerate(bank_words(config, tables))
        for index, word in enumerate(words)
    ]
    if config.score_bits == 16:
        writes.append((head, config.tables, 0, int(tables.config.score_bits == 16)))
    return writes
