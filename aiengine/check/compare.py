# SPDX-License-Identifier: Apache-2.0
"""Compare every kernel with golden, bit for bit."""

import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from surmax.aie.check.rows import draw_batches
from surmax.aie.check.subjects import Case, PackedRows, Subject
from surmax.aie.forms import MASKINGS
from surmax.aie.host_library import HostLibrary, ViolationError
from surmax.aie.layout import Array, aligned, pack, unpack_whole
from surmax.golden import InputError

# What codes hold before a call: neither zero nor what a kernel often writes.
_UNWRITTEN = 0x5A


@dataclass(frozen=True)
class Variant:
    """One kernel on one architecture, with one schedule and one way of masking."""

    architecture: str
    form: str
    schedule: str
    masking: str

    def __str__(self) -> str:
        """Name all four."""
        return f"{self.architecture} {self.form} {self.schedule} {self.masking}"


@dataclass
class Tally:
    """Rows that were compared, and those among them that differ in any byte, padding included."""

    rows: int = 0
    mismatches: int = 0


@dataclass(frozen=True)
class Mismatch:
    """The first row that differs.

    Attributes:
        variant: where.
        seed, batch, row: row `row` of batch `batch` of the run with that seed.
        length: positions of the row.
        head: its number.
        constants: of that head.
        valid: positions that take part.
        position: the first wrong one; `length` and above is padding.
        expected, got: codes there; None when the kernel did not run to its end.
        violation: the stand-in's line when it did not.
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
        """Spell it out in one line."""
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
    """What a check compared and found.

    Attributes:
        seed: of all rows and constants.
        tallies: by variant; every one got the same rows.
        first: the first row that differs.
        seconds: rows, golden, kernels and comparison.
    """

    seed: int
    tallies: dict[Variant, Tally] = field(default_factory=dict)
    first: Mismatch | None = None
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        """Rows of every variant."""
        return min((tally.rows for tally in self.tallies.values()), default=0)

    @property
    def compared(self) -> int:
        """Rows of all variants."""
        return sum(tally.rows for tally in self.tallies.values())

    @property
    def mismatches(self) -> int:
        """Rows of all variants that differ."""
        return sum(tally.mismatches for tally in self.tallies.values())

    @property
    def passed(self) -> bool:
        """Whether something was compared and all of it was right."""
        return self.compared > 0 and not self.mismatches

    def to_json(self) -> dict[str, Any]:
        """All figures, JSON-ready."""
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


@dataclass(frozen=True)
class Step:
    """A call that every architecture has to answer alike.

    Attributes:
        subject, case: the kernel and its constants.
        rows: the inputs.
        masking: "length" or "bits".
        expected: golden's codes in the layout of the inputs, padding included.
    """

    subject: Subject
    case: Case
    rows: PackedRows
    masking: str
    expected: Array


def draw_steps(
    subjects: Sequence[Subject],
    rows: int,
    seed: int,
    *,
    lengths: Sequence[int] | None = None,
    heads: int | None = None,
) -> Iterator[Step]:
    """Return all calls of a check; the same seed gives the same rows, whatever the subjects.

    Golden runs once for all schedules. Raises InputError when rows is below 1.
    """
    if rows < 1:
        raise InputError(f"rows must be at least 1, not {rows}")
    for batch in draw_batches(rows, seed, lengths=lengths, heads=heads):
        packed: dict[tuple[bool, str], PackedRows] = {}
        for subject in subjects:
            number = zlib.crc32(subject.name.encode())
            rng = np.random.Generator(np.random.SFC64([seed, batch.number, number]))
            case = subject.case(rng, batch)
            for masking in MASKINGS:
                codes = case.expected(masking)
                for schedule in subject.schedules:
                    key = (case.rows.whole, schedule)
                    if key not in packed:
                        packed[key] = PackedRows(case.rows, schedule)
                    yield Step(subject, case, packed[key], masking, pack(codes, schedule))


def check_kernels(
    libraries: Mapping[str, HostLibrary],
    subjects: Sequence[Subject],
    rows: int,
    *,
    seed: int = 1,
    lengths: Sequence[int] | None = None,
    heads: int | None = None,
    progress: Callable[[int, int], None] = lambda done, wanted: None,
) -> CheckResult:
    """Run every subject on at least `rows` rows for each architecture, schedule and masking.

    Args:
        libraries: host library of each architecture.
        subjects: the kernels.
        rows: 1 or more; every length has a row at least.
        seed: of rows and constants.
        lengths, heads: in place of draw_batches' own.
        progress: told rows compared and wanted, of all variants.
    """
    result, start = CheckResult(seed), time.perf_counter()
    variants = len(MASKINGS) * len(libraries) * sum(len(one.schedules) for one in subjects)
    done = 0
    for step in draw_steps(subjects, rows, seed, lengths=lengths, heads=heads):
        for architecture, library in libraries.items():
            _compare(result, architecture, library, step)
            done += step.case.rows.count
        progress(min(done, variants * rows - 1), variants * rows)
    progress(variants * rows, variants * rows)
    result.seconds = time.perf_counter() - start
    return result


def _compare(result: CheckResult, architecture: str, library: HostLibrary, step: Step) -> None:
    """Run one call and enter what it gave."""
    codes = aligned(step.expected.shape, step.expected.dtype)
    codes.view(np.uint8).fill(_UNWRITTEN)
    violation = None
    try:
        table = step.case.table(architecture)
        step.case.run(library, table, step.rows, step.masking, codes)
    except ViolationError as error:
        violation = str(error)
    variant = Variant(architecture, step.subject.name, step.rows.schedule, step.masking)
    tally = result.tallies.setdefault(variant, Tally())
    tally.rows += step.case.rows.count
    if violation is None and np.array_equal(codes, step.expected):
        return
    schedule = step.rows.schedule
    wrong = unpack_whole(codes, schedule) != unpack_whole(step.expected, schedule)
    wrong_rows = int(np.count_nonzero(wrong.any(axis=1)))
    tally.mismatches += step.case.rows.count if violation else wrong_rows
    if result.first is None:
        result.first = _spell_out(result.seed, variant, step, codes, wrong, violation)


def _spell_out(
    seed: int,
    variant: Variant,
    step: Step,
    codes: Array,
    wrong: Array,
    violation: str | None,
) -> Mismatch:
    rows = step.case.rows
    row, position = (0, 0) if violation else map(int, np.argwhere(wrong)[0])
    # A row that only fills up the last tile has head 0 and no position.
    inside = row < rows.count
    head = rows.head(row) if inside else 0
    expected, got = (
        None if violation else int(unpack_whole(one, step.rows.schedule)[row, position])
        for one in (step.expected, codes)
    )
    return Mismatch(
        variant=variant,
        seed=seed,
        batch=rows.number,
        row=row,
        length=rows.length,
        head=head,
        constants=step.case.about(head),
        valid=int(np.count_nonzero(rows.kept(step.masking)[row])) if inside else 0,
        position=position,
        expected=expected,
        got=got,
        violation=violation,
        scores=tuple(rows.scores[row].tolist()) if inside else (),
    )
