# SPDX-License-Identifier: Apache-2.0
"""The kernels under check: their constants, the codes that golden expects, and how to call them.

A kernel adds constants to a batch of rows, which makes a case. A case computes golden's codes and
calls the kernel in a host library.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from surmax.aie.check.random_rows import RowBatch, draw_constants
from surmax.aie.forms import FORMS, SCHEDULES, Form
from surmax.aie.host_library import HostLibrary
from surmax.aie.layout import (
    Array,
    Words,
    consmax_tables,
    head_records,
    mask_words,
    pack,
    row_records,
)
from surmax.aie.limits import check_file, check_tables
from surmax.common.errors import shown
from surmax.golden import (
    ConsmaxConstantsFile,
    ConsmaxTables,
    HccsConfig,
    HccsConstants,
    HccsConstantsFile,
    InputError,
    consmax,
    consmax_preset,
    hccs,
    solve_tables,
)
from surmax.golden.sampling import random_heads

PRESET_OF_OUTPUT = {"uq0.8": "small", "uq0.16": "precise"}
_CONSMAX_HEADS = 5
# Padding after the last score of a row: the largest score, which would change every maximum.
FILL = 127

Generator = np.random.Generator


class PackedRows:
    """The inputs of a batch in the layout of a schedule."""

    def __init__(self, rows: RowBatch, schedule: str) -> None:
        self.rows, self.schedule = rows, schedule
        self.scores = pack(rows.scores, schedule, FILL)
        self._records: dict[str, Array] = {}

    def records(self, masking: str) -> Array:
        """Return the row records: head and number of valid positions of each row."""
        if masking not in self._records:
            heads = np.arange(self.rows.count) % self.rows.heads
            valid = np.count_nonzero(self.rows.kept(masking), axis=1)
            self._records[masking] = row_records(heads, valid, self.schedule)
        return self._records[masking]

    def words(self, masking: str) -> Words | None:
        """Return the mask words, or None with masking "length", which has none."""
        return self._words if masking == "bits" else None

    @cached_property
    def _words(self) -> Words:
        return mask_words(self.rows.keep, self.schedule)


@dataclass(frozen=True)
class HccsCase:
    """A batch of rows with HCCS constants.

    `masked` says whether the constants are legal for masked rows, or for whole rows only.
    """

    rows: RowBatch
    form: Form
    config: HccsConfig
    constants: tuple[HccsConstants, ...]
    masked: bool

    def expected(self, masking: str) -> Array:
        """Return golden's codes, (count, length)."""
        rows = self.rows
        keep = rows.kept(masking)
        x = _by_head(rows.scores, rows.heads)
        mask = _by_head(~keep, rows.heads) if self.masked else None
        codes = hccs(x, self.constants, self.config, mask)
        codes = codes.swapaxes(0, 1).reshape(rows.scores.shape)
        if not self.masked:
            codes[~keep.any(axis=1)] = 0
        return codes

    def table(self, architecture: str) -> Array:
        """Return the table of heads, which is the same on every architecture."""
        return head_records(self.constants)

    def run(
        self, library: HostLibrary, table: Array, rows: PackedRows, masking: str, codes: Array
    ) -> None:
        """Call the kernel of `library`, which fills in `codes`."""
        library.hccs(
            self.form.words,
            rows.schedule,
            rows.scores,
            codes,
            rows.records(masking),
            table,
            rows.words(masking),
            self.rows.length,
        )

    def about(self, head: int) -> str:
        """Return the constants of a head in words."""
        return str(self.constants[head])


class HccsKernel:
    """One form of HCCS, with random constants or those of a file."""

    schedules = SCHEDULES

    def __init__(self, form: Form, given: HccsConstantsFile | None = None) -> None:
        self.name, self.form, self.given = form.name, form, given

    def case(self, rng: Generator, rows: RowBatch) -> HccsCase:
        """Return the batch with constants that are legal for it."""
        if self.given is not None:
            constants = tuple(head.constants for head in self.given.heads)
            masked = self.given.masked
            rows = rows if masked else rows.without_parts()
            return HccsCase(rows, self.form, self.given.config, constants, masked)
        drawn = draw_constants(rng, self.form, rows.length, rows.heads, whole=rows.whole)
        if drawn is None:
            rows = rows.without_parts()
            drawn = draw_constants(rng, self.form, rows.length, rows.heads, whole=True)
        if drawn is None:
            raise RuntimeError(f"{self.name} has no legal constants for rows of {rows.length}")
        config, constants = drawn
        return HccsCase(rows, self.form, config, tuple(constants), not rows.whole)


@dataclass(frozen=True)
class ConsmaxCase:
    """A batch of rows with a ConSmax table for each head."""

    rows: RowBatch
    tables: tuple[ConsmaxTables, ...]

    def expected(self, masking: str) -> Array:
        """Return golden's codes, (count, length)."""
        rows, bits = self.rows, self.tables[0].config.output_bits
        codes = np.empty(rows.scores.shape, np.uint8 if bits == 8 else np.uint16)
        drop = ~rows.kept(masking)
        for head, tables in enumerate(self.tables):
            own = slice(head, None, rows.heads)
            codes[own] = consmax(rows.scores[own], tables, drop[own])
        return codes

    def table(self, architecture: str) -> Array:
        """Return the tables as an architecture reads them."""
        return consmax_tables([table.codes for table in self.tables], architecture)

    def run(
        self, library: HostLibrary, table: Array, rows: PackedRows, masking: str, codes: Array
    ) -> None:
        """Call the kernel of `library`, which fills in `codes`."""
        records, words = rows.records(masking), rows.words(masking)
        library.consmax(rows.scores, codes, records, table, words, self.rows.length)

    def about(self, head: int) -> str:
        """Return the constants of a head in words."""
        table = self.tables[head]
        return f"scale {table.scale:g}, beta {table.beta:g}, gamma {table.gamma:g}"


class ConsmaxKernel:
    """The ConSmax kernel of one output width, with solved tables or those of a file."""

    schedules = ("rows",)

    def __init__(
        self, output: str, given: ConsmaxConstantsFile | None = None, seed: int = 1
    ) -> None:
        self.name = f"consmax-{output}"
        self.given = given
        if given is not None:
            self.tables = tuple(head.tables for head in given.heads)
        else:
            config = consmax_preset(PRESET_OF_OUTPUT[output])
            heads = random_heads(_CONSMAX_HEADS, seed=seed)
            self.tables = tuple(solve_tables(config, **head) for head in heads)

    def case(self, rng: Generator, rows: RowBatch) -> ConsmaxCase:
        """Return the batch with a table for each of its heads."""
        if self.given is not None:
            return ConsmaxCase(rows, self.tables)
        chosen = rng.integers(len(self.tables), size=rows.heads)
        return ConsmaxCase(rows, tuple(self.tables[index] for index in chosen))


Kernel = HccsKernel | ConsmaxKernel
Case = HccsCase | ConsmaxCase
KERNEL_NAMES = (
    *(form.name for form in FORMS),
    *(f"consmax-{output}" for output in PRESET_OF_OUTPUT),
)


def make_kernel(name: str, seed: int) -> Kernel:
    """Return the kernel of that name with random constants; `seed` is that of ConSmax's tables."""
    output = name.removeprefix("consmax-")
    if output in PRESET_OF_OUTPUT:
        return ConsmaxKernel(output, seed=seed)
    return HccsKernel(next(form for form in FORMS if form.name == name))


def kernel_of_file(given: ConsmaxConstantsFile | HccsConstantsFile) -> Kernel:
    """Return the kernel for a head-constants file, with the constants of the file.

    Raises InputError when there is no such kernel; see check_file and check_tables.
    """
    if isinstance(given, HccsConstantsFile):
        return HccsKernel(check_file(given), given)
    check_tables(given)
    return ConsmaxKernel(given.config.output, given)


def _by_head(values: npt.NDArray, heads: int) -> npt.NDArray:
    """Return (count, length) as (heads, rows, length)."""
    return values.reshape(-1, heads, values.shape[1]).swapaxes(0, 1)


def check_kernel_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names if all of them are of kernels; without names, return all of them.

    Raises InputError naming the first wrong one.
    """
    for name in names:
        if name not in KERNEL_NAMES:
            raise InputError(f"form must be one of {', '.join(KERNEL_NAMES)}, not {shown(name)}")
    return tuple(names) or KERNEL_NAMES


def forms_of(kernels: Sequence[Kernel]) -> tuple[Form, ...]:
    """Return the forms that a library for these kernels needs; it needs at least one."""
    needed = {kernel.form for kernel in kernels if isinstance(kernel, HccsKernel)}
    return tuple(form for form in FORMS if form in needed) or FORMS[:1]
