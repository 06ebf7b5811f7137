# SPDX-License-Identifier: Apache-2.0
"""The IRON design: columns of four workers, each of which computes its own rows.

Host buffers hold scores (int8), records (int32) and codes, call after call. Each column gets a
contiguous share of them. In a column the memory tile splits an object with the scores of four calls
between the four workers, and joins their codes. The records of the four calls are broadcast to all
four workers in one object, of which each worker reads its part: a core has only two inputs, and a
memory tile six outputs. The constants of the heads are a buffer in every core, filled when the
design is loaded. ConSmax's tables are compiled into the kernel.

Written for mlir-aie at commit 07c64c2a (2026), whose interface tests/aiengine/iron_record holds.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from aie.helpers.taplib import TensorAccessPattern
from aie.iron import Buffer, Kernel, ObjectFifo, Program, Runtime, Worker
from aie.iron.controlflow import range_
from aie.iron.device import Tile
from surmax.aie.device.tile_design import TileDesign

WORKERS = 4
KERNEL_OBJECT = "surmax_call.o"
_FIRST_CORE_ROW = 2
# Bytes. The default of 1 KB is too little for a kernel that keeps a dozen vectors. The size is a
# multiple of 64, so that the buffers after it in memory are aligned.
_STACK_BYTES = 2048


def softmax_design(design: TileDesign, *, device: Any, columns: int, calls: int) -> Any:
    """Return the MLIR module of the design.

    Args:
        design: the call of a worker; WORKERS calls share a buffer of records.
        device: IRON's device, of at least `columns` columns.
        columns: number of columns in use.
        calls: number of calls of one worker; the host buffers hold columns * WORKERS * calls calls.
    """
    scores = array_type(design.elements, np.int8)
    codes = array_type(design.elements, design.code_dtype.type)
    records = array_type(WORKERS * design.record_words, np.int32)
    heads = [array_type(design.heads, np.int32)] if design.form is not None else []
    kernel = Kernel("surmax_call", KERNEL_OBJECT, [scores, records, codes, *heads, np.int32])

    workers: list[Any] = []
    ends: list[tuple[Any, Any, Any]] = []
    for column in range(columns):
        ends.append(_column(design, kernel, column, calls, workers))

    total = columns * calls * WORKERS
    fills = _shares(total * design.elements, columns)
    record_fills = _shares(total * design.record_words, columns)

    def sequence(score_data: Any, record_data: Any, code_data: Any, handles: Sequence[Any]) -> None:
        for (score_in, record_in, _), share, record_share in zip(
            handles, fills, record_fills, strict=True
        ):
            score_in.fill(score_data, share)
            record_in.fill(record_data, record_share)
        for (_, _, code_out), share in zip(handles, fills, strict=True):
            code_out.drain(code_data, share, wait=True)

    runtime = Runtime(
        sequence,
        [
            array_type(total * design.elements, np.int8),
            array_type(total * design.record_words, np.int32),
            array_type(total * design.elements, design.code_dtype.type),
            ends,
        ],
    )
    return Program(device, runtime, workers=workers).resolve_program()


def array_type(elements: int, dtype: type[np.generic]) -> Any:
    """Return IRON's type of a buffer."""
    return np.ndarray[(elements,), np.dtype[dtype]]


def _column(
    design: TileDesign, kernel: Any, column: int, calls: int, workers: list[Any]
) -> tuple[Any, Any, Any]:
    """Add the workers of a column to `workers`; return the fifo ends of the host.

    The host fills the first two (scores, records) and drains the third (codes).
    """
    host, memory = Tile(column, 0), Tile(column, 1)
    elements = design.elements
    offsets = [worker * elements for worker in range(WORKERS)]

    score_fifo = ObjectFifo(array_type(WORKERS * elements, np.int8), name=f"scores_{column}")
    score_parts = score_fifo.cons().split(
        offsets,
        tile=memory,
        obj_types=[array_type(elements, np.int8)] * WORKERS,
        names=[f"scores_{column}_{worker}" for worker in range(WORKERS)],
    )
    code = design.code_dtype.type
    code_fifo = ObjectFifo(array_type(WORKERS * elements, code), name=f"codes_{column}")
    code_parts = code_fifo.prod().join(
        offsets,
        tile=memory,
        obj_types=[array_type(elements, code)] * WORKERS,
        names=[f"codes_{column}_{worker}" for worker in range(WORKERS)],
    )
    record_fifo = ObjectFifo(
        array_type(WORKERS * design.record_words, np.int32), name=f"records_{column}"
    )
    for place in range(WORKERS):
        ends = [score_parts[place].cons(), record_fifo.cons(), code_parts[place].prod()]
        constants = []
        if design.form is not None:
            words = np.array(design.head_words, np.int32)
            constants = [Buffer(initial_value=words, name=f"heads_{column}_{place}")]
        workers.append(
            Worker(
                _core(calls, place),
                [*ends, kernel, *constants],
                tile=Tile(column, _FIRST_CORE_ROW + place),
                stack_size=_STACK_BYTES,
            )
        )
    return score_fifo.prod(tile=host), record_fifo.prod(tile=host), code_fifo.cons(tile=host)


def _core(calls: int, place: int) -> Any:
    def core(scores: Any, records: Any, codes: Any, kernel: Any, *constants: Any) -> None:
        for _ in range_(calls):
            output = codes.acquire(1)
            row_records = records.acquire(1)
            input_scores = scores.acquire(1)
            kernel(input_scores, row_records, output, *constants, place)
            scores.release(1)
            records.release(1)
            codes.release(1)

    return core


def _shares(elements: int, columns: int) -> list[Any]:
    """Return the access pattern of each column: its contiguous share of a host buffer."""
    share = elements // columns
    return [
        TensorAccessPattern((1, elements), column * share, [1, 1, 1, share], [0, 0, 0, 1])
        for column in range(columns)
    ]
