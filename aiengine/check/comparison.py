# SPDX-License-Identifier: Apache-2.0
"""Compare kernels with golden, bit for bit."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from surmax.aie.check.calls import KernelCall, draw_calls
from surmax.aie.check.kernels import Kernel
from surmax.aie.forms import MASKINGS
from surmax.aie.host_library import HostLibrary, ViolationError
from surmax.aie.layout import Array, aligned, unpack_whole

# Bytes that codes hold before a call: neither zero nor what a kernel often writes.
_UNWRITTEN = 0x5A


@dataclass(frozen=True)
class Variant:
    """One kernel on one architecture, with one schedule and one way of masking."""

    architecture: str
    form: str
    schedule: str
    masking: str

    def __str__(self) -> str:
        """Return the four names in one line."""
        return f"{self.architecture} {self.form} {self.schedule} {self.masking}"


@dataclass
class Tally:
    """Number of rows compared, and of those that differ in any byte, padding included."""

    rows: int = 0
    mismatches: int = 0


@dataclass(frozen=True)
class Mismatch:
    """The first row that differs.

    Attributes:
        variant: that differs.
        seed, batch, row: row `row` of batch `batch` of the run with that seed.
        length: positions of the row.
        head: number of its head.
        constants: of that head.
        valid: number of positions that take part.
        position: of the first wrong code; from `length` on it is padding.
        expected, got: codes at that position; None when the kernel did not run to its end.
        violation: the stand-in's line when the kernel did not run to its end, else None.
        scores: of the row.
    """

    variant: Variant
    seed: int
    batch: int
    row: int
    length: int
    head: int
    constants: str
    valid: int
    position: int
    expected: int | None
    got: int | None
    violation: str | None
    scores: tuple[int, ...]

    def __str__(self) -> str:
        """Return the mismatch in one line."""
        where = f"{self.variant}: seed {self.seed}, batch {self.batch}, rows of {self.length}"
        if self.violation:
            return f"{where}: violation: {self.violation}"
        return (
            f"{where}, row {self.row}, head {self.head} ({self.constants}), {self.valid} positions "
            f"take part, position {self.position}: expected {self.expected}, got {self.got}; "
            f"scores {' '.join(map(str, self.scores))}"
        )


@dataclass
class CheckResult:
    """Result of a check.

    Attributes:
        seed: of all rows and constants.
        tallies: by variant; all variants computed the same rows.
        first: the first row that differs; None when there is none.
        seconds: duration, with drawing rows, golden, kernels and comparison.
    """

    seed: int
    tallies: dict[Variant, Tally] = field(default_factory=dict)
    first: Mismatch | None = None
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        """Number of rows that every variant computed."""
        return min((tally.rows for tally in self.tallies.values()), default=0)

    @property
    def compared(self) -> int:
        """Number of rows compared, of all variants together."""
        return sum(tally.rows for tally in self.tallies.values())

    @property
    def mismatches(self) -> int:
        """Number of rows that differ, of all variants together."""
        return sum(tally.mismatches for tally in self.tallies.values())

    @property
    def passed(self) -> bool:
        """Whether rows were compared and none differs."""
        return self.compared > 0 and not self.mismatches

    def to_json(self) -> dict[str, Any]:
        """Return all figures, JSON-ready."""
        variants = [asdict(variant) | asdict(tally) for variant, tally in self.tallies.items()]
        first = None if self.first is None else asdict(self.first) | {"text": str(self.first)}
        return {
            "seed": self.seed,
            "rows": self.rows,
            "variants": variants,
            "compared": self.compared,
            "mismatches": self.mismatches,
            "first": first,
            "seconds": round(self.seconds, 3),
            "passed": self.passed,
        }


def check_kernels(
    libraries: Mapping[str, HostLibrary],
    kernels: Sequence[Kernel],
    rows: int,
    *,
    seed: int = 1,
    lengths: Sequence[int] | None = None,
    heads: int | None = None,
    progress: Callable[[int, int], None] = lambda done, wanted: None,
) -> CheckResult:
    """Run every kernel on at least `rows` rows for each architecture, schedule and masking.

    Args:
        libraries: host library of each architecture.
        kernels: the kernels.
        rows: at least 1; every length has at least one row.
        seed: of rows and constants.
        lengths, heads: of the rows; None draws those of draw_batches.
        progress: called with the rows compared and wanted, of all variants together.

    Raises InputError when rows is below 1.
    """
    result, start = CheckResult(seed), time.perf_counter()
    variants = len(MASKINGS) * len(libraries) * sum(len(kernel.schedules) for kernel in kernels)
    done = 0
    for call in draw_calls(kernels, rows, seed, lengths=lengths, heads=heads):
        for architecture, library in libraries.items():
            _compare(result, architecture, library, call)
            done += call.case.rows.count
        progress(min(done, variants * rows - 1), variants * rows)
    progress(variants * rows, variants * rows)
    result.seconds = time.perf_counter() - start
    return result


def _compare(
    result: CheckResult, architecture: str, library: HostLibrary, call: KernelCall
) -> None:
    """Run a call on one architecture and enter its result."""
    codes = aligned(call.expected.shape, call.expected.dtype)
    codes.view(np.uint8).fill(_UNWRITTEN)
    violation = None
    try:
        table = call.case.table(architecture)
        call.case.run(library, table, call.rows, call.masking, codes)
    except ViolationError as error:
        violation = str(error)
    variant = Variant(architecture, call.kernel.name, call.rows.schedule, call.masking)
    tally = result.tallies.setdefault(variant, Tally())
    tally.rows += call.case.rows.count
    if violation is None and np.array_equal(codes, call.expected):
        return
    schedule = call.rows.schedule
    wrong = unpack_whole(codes, schedule) != unpack_whole(call.expected, schedule)
    wrong_rows = int(np.count_nonzero(wrong.any(axis=1)))
    tally.mismatches += call.case.rows.count if violation else wrong_rows
    if result.first is None:
        result.first = _spell_out(result.seed, variant, call, codes, wrong, violation)


def _spell_out(
    seed: int,
    variant: Variant,
    call: KernelCall,
    codes: Array,
    wrong: Array,
    violation: str | None,
) -> Mismatch:
    rows = call.case.rows
    row, position = (0, 0) if violation else map(int, np.argwhere(wrong)[0])
    # Rows that fill up the last tile have head 0 and no valid position.
    inside = row < rows.count
    head = rows.head(row) if inside else 0
    expected, got = (
        None if violation else int(unpack_whole(packed, call.rows.schedule)[row, position])
        for packed in (call.expected, codes)
    )
    return Mismatch(
        variant=variant,
        seed=seed,
        batch=rows.number,
        row=row,
        length=rows.length,
        head=head,
        constants=call.case.about(head),
        valid=int(np.count_nonzero(rows.kept(call.masking)[row])) if inside else 0,
        position=position,
        expected=expected,
        got=got,
        violation=violation,
        scores=tuple(rows.scores[row].tolist()) if inside else (),
    )
