# SPDX-License-Identifier: Apache-2.0
"""The kernels under check: which constants they get, what golden expects, how they are called.

A subject is one kernel. It makes a case of a batch of rows: constants for its heads. A case gives
golden's codes and calls the kernel of a host library.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from surmax.aie.check.rows import Rows, draw_constants
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
# What stands behind a row's last score: nothing that a kernel could take for a small one.
FILL = 127

Generator = np.random.Generator


class PackedRows:
    """The inputs of one batch in the layout of one schedule."""

    def __init__(self, rows: Rows, schedule: str) -> None:
        self.rows, self.schedule = rows, schedule
        self.scores = pack(rows.scores, schedule, FILL)
        self._records: dict[str, Array] = {}

    def records(self, masking: str) -> Array:
        """Return the row records."""
        if masking not in self._records:
            heads = np.arange(self.rows.count) % self.rows.heads
            valid = np.count_nonzero(self.rows.kept(masking), axis=1)
            self._records[masking] = row_records(heads, valid, self.schedule)
        return self._records[masking]

    def words(self, masking: str) -> Words | None:
        """Return the mask words, None where the records say it all."""
        return self._words if masking == "bits" else None

    @cached_property
    def _words(self) -> Words:
        return mask_words(self.rows.keep, self.schedule)


@dataclass(frozen=True)
class HccsCase:
    """A batch of rows with constants, legal for `masked` rows or only for those that are whole."""

    rows: Rows
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
        """Return the heads as the kernel reads them, alike on every architecture."""
        return head_records(self.constants)

    def run(
        self, library: HostLibrary, table: Array, rows: PackedRows, masking: str, codes: Array
    ) -> None:
        """Call the kernel."""
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
        """Name the constants of a head."""
        return str(self.constants[head])


class HccsSubject:
    """One form of HCCS, with drawn constants or those of a file."""

    schedules = SCHEDULES

    def __init__(self, form: Form, given: HccsConstantsFile | None = None) -> None:
        self.name, self.form, self.given = form.name, form, given

    def case(self, rng: Generator, rows: Rows) -> HccsCase:
        """Return the batch with constants that are legal for it."""
        if self.given is not None:
            constants = tuple(one.constants for one in self.given.heads)
            masked = self.given.masked
            rows = rows if masked else rows.without_parts()
            return HccsCase(rows, self.form, self.given.config, constants, masked)
        drawn = draw_constants(rng, self.form, rows.length, rows.heads, whole=rows.whole)
        if drawn is None:
            rows = rows.without_parts()
            drawn = draw_constants(rng, self.form, rows.length, rows.heads, whole=True)
        if drawn is None:
            raise RuntimeError(f"no constants of {self.name} for rows of {rows.length}")
        config, constants = drawn
        return HccsCase(rows, self.form, config, tuple(constants), not rows.whole)


@dataclass(frozen=True)
class ConsmaxCase:
    """A batch of rows with tables of its heads."""

    rows: Rows
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
        return consmax_tables([one.codes for one in self.tables], architecture)

    def run(
        self, library: HostLibrary, table: Array, rows: PackedRows, masking: str, codes: Array
    ) -> None:
        """Call the kernel."""
        records, words = rows.records(masking), rows.words(masking)
        library.consmax(rows.scores, codes, records, table, words, self.rows.length)

    def about(self, head: int) -> str:
        """Name the constants of a head."""
        one = self.tables[head]
        return f"scale {one.scale:g}, beta {one.beta:g}, gamma {one.gamma:g}"


class ConsmaxSubject:
    """The ConSmax kernel of one output width, with solved tables or those of a file."""

    schedules = ("rows",)

    def __init__(
        self, output: str, given: ConsmaxConstantsFile | None = None, seed: int = 1
    ) -> None:
        self.name = f"consmax-{output}"
        self.given = given
        if given is not None:
            self.tables = tuple(one.tables for one in given.heads)
        else:
            config = consmax_preset(PRESET_OF_OUTPUT[output])
            heads = random_heads(_CONSMAX_HEADS, seed=seed)
            self.tables = tuple(solve_tables(config, **head) for head in heads)

    def case(self, rng: Generator, rows: Rows) -> ConsmaxCase:
        """Return the batch with a table for each of its heads."""
        if self.given is not None:
            return ConsmaxCase(rows, self.tables)
        chosen = rng.integers(len(self.tables), size=rows.heads)
        return ConsmaxCase(rows, tuple(self.tables[k] for k in chosen))


Subject = HccsSubject | ConsmaxSubject
Case = HccsCase | ConsmaxCase
SUBJECTS = (*(form.name for form in FORMS), *(f"consmax-{output}" for output in PRESET_OF_OUTPUT))


def make_subject(name: str, seed: int) -> Subject:
    """Return the subject of that name with constants that are drawn."""
    output = name.removeprefix("consmax-")
    if output in PRESET_OF_OUTPUT:
        return ConsmaxSubject(output, seed=seed)
    return HccsSubject(next(form for form in FORMS if form.name == name))


def file_subject(given: ConsmaxConstantsFile | HccsConstantsFile) -> Subject:
    """Return the subject that computes what a head-constants file says.

    Raises InputError when no kernel does; see check_file and check_tables.
    """
    if isinstance(given, HccsConstantsFile):
        return HccsSubject(check_file(given), given)
    check_tables(given)
    return ConsmaxSubject(given.config.output, given)


def _by_head(values: npt.NDArray, heads: int) -> npt.NDArray:
    """Return (count, length) as (heads, rows, length)."""
    return values.reshape(-1, heads, values.shape[1]).swapaxes(0, 1)


def known(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of subjects after checking them; none is all. Raises InputError."""
    for name in names:
        if name not in SUBJECTS:
            raise InputError(f"form must be one of {', '.join(SUBJECTS)}, not {name!r}")
    return tuple(names) or SUBJECTS


def forms_of(subjects: Sequence[Subject]) -> tuple[Form, ...]:
    """Return the forms that a library for these subjects needs, at least one."""
    own = {one.form for one in subjects if isinstance(one, HccsSubject)} or set(FORMS[:1])
    return tuple(form for form in FORMS if form in own)
