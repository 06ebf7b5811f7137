# SPDX-License-Identifier: Apache-2.0
"""Make a tile's design, and its calls with inputs and codes, from a data directory."""

from dataclasses import dataclass, replace

import numpy as np
from surmax.aie.check.vectors import Vectors
from surmax.aie.device.tile_design import ROWS_STEP, TileDesign, fitted
from surmax.aie.forms import form_named
from surmax.aie.layout import Array
from surmax.golden import InputError, check_choice


@dataclass(frozen=True)
class Blocks:
    """Inputs and expected codes of calls; a row of each array is one call.

    Rows that fill up the last calls have no valid position, and their codes are zeros.

    Attributes:
        scores: int8, (calls, elements).
        records: int32, (calls, record_words).
        codes: expected, (calls, elements).
    """

    scores: Array
    records: Array
    codes: Array


def design_of(
    vectors: Vectors,
    architecture: str | None = None,
    *,
    rows: int | None = None,
    parts: int = 1,
    shared_records: int = 1,
) -> TileDesign:
    """Return the design of a tile that computes rows like these.

    Args:
        vectors: the data directory.
        architecture: None is that of the directory; ConSmax's tables are for no other.
        rows: rows of a call; None makes as few calls as fit the tile's memory, all of one size.
        parts: number of tiles that share the rows of the directory.
        shared_records: as in TileDesign.memory.

    Raises InputError when an argument is wrong or the memory too small.
    """
    architecture = vectors.architecture if architecture is None else architecture
    common = {
        "architecture": architecture,
        "output_bits": 8 * vectors.expected.itemsize,
        "schedule": vectors.schedule,
        "masking": vectors.masking,
        "length": vectors.length,
        "rows": ROWS_STEP if rows is None else rows,
    }
    if vectors.unit == "hccs":
        words = tuple(vectors.table.view("<i4").tolist())
        design = TileDesign(form=form_named(vectors.form), head_words=words, **common)
    else:
        check_choice("architecture", architecture, (vectors.architecture,))
        design = TileDesign(form=None, tables=vectors.table, **common)
    most = fitted(design, shared_records)
    if rows is None:
        share = -(-vectors.rows // parts)
        calls = -(-share // most.rows)
        return replace(design, rows=-(-share // (calls * ROWS_STEP)) * ROWS_STEP)
    if rows > most.rows:
        raise InputError(
            f"rows must be at most {most.rows} of length {vectors.length} to fit a tile's memory, "
            f"not {rows}"
        )
    return design


def cut(design: TileDesign, vectors: Vectors, parts: int) -> Blocks:
    """Return the calls of the directory in order; their number is a multiple of `parts`."""
    calls = -(-vectors.rows // design.rows)
    calls = -(-calls // parts) * parts
    records = np.zeros((calls, design.record_words), np.int32)
    records[:, : design.rows] = _spread(vectors.records.view("<i4"), calls, design.rows)
    if vectors.mask is not None:
        words = _spread(vectors.mask.view("<i4"), calls, design.mask_words)
        records[:, design.rows : design.rows + design.mask_words] = words
    return Blocks(
        _spread(vectors.scores, calls, design.elements),
        records,
        _spread(vectors.expected, calls, design.elements),
    )


def _spread(values: Array, calls: int, width: int) -> Array:
    """Return values as (calls, width), padded with zeros."""
    spread = np.zeros((calls, width), values.dtype)
    spread.reshape(-1)[: values.size] = values.reshape(-1)
    return spread
