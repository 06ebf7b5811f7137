# SPDX-License-Identifier: Apache-2.0
"""The kernel calls of a check: random inputs, and the codes that golden expects."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from surmax.aie.check.kernels import Case, Kernel, PackedRows
from surmax.aie.check.random_rows import draw_batches
from surmax.aie.forms import MASKINGS
from surmax.aie.layout import Array, pack
from surmax.golden import InputError


@dataclass(frozen=True)
class KernelCall:
    """A call that must give the same codes on every architecture.

    Attributes:
        kernel, case: the kernel and its constants.
        rows: the inputs.
        masking: "length" or "bits".
        expected: golden's codes in the layout of the inputs, padding included.
    """

    kernel: Kernel
    case: Case
    rows: PackedRows
    masking: str
    expected: Array


def draw_calls(
    kernels: Sequence[Kernel],
    rows: int,
    seed: int,
    *,
    lengths: Sequence[int] | None = None,
    heads: int | None = None,
) -> Iterator[KernelCall]:
    """Yield all calls of a check; the same seed gives the same rows, whatever the kernels.

    Golden runs once for all schedules. Other arguments are those of check_kernels. Raises
    InputError when rows is below 1.
    """
    if rows < 1:
        raise InputError(f"rows must be at least 1, not {rows}")
    for batch in draw_batches(rows, seed, lengths=lengths, heads=heads):
        packed: dict[tuple[bool, str], PackedRows] = {}
        for kernel in kernels:
            number = zlib.crc32(kernel.name.encode())
            rng = np.random.Generator(np.random.SFC64([seed, batch.number, number]))
            case = kernel.case(rng, batch)
            for masking in MASKINGS:
                codes = case.expected(masking)
                for schedule in kernel.schedules:
                    key = (case.rows.whole, schedule)
                    if key not in packed:
                        packed[key] = PackedRows(case.rows, schedule)
                    yield KernelCall(kernel, case, packed[key], masking, pack(codes, schedule))
