# SPDX-License-Identifier: Apache-2.0
"""Arms of the accuracy experiments, their measured records, and the store that keeps records.

An arm is one way to normalise attention in one experiment. The experiments are the parts language,
sentiment and scratch. Each arm is measured once for every seed. Its record is kept as soon as the
arm is done, whole or not at all, so that an interrupted run goes on where it was. The cache key is
the sha256 of the arm's settings, the seed and the code.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from surmax.common.digest import code_digest, digest_of
from surmax.common.kept import keep_result, kept_result
from surmax.common.writing import write_whole

PARTS = ("language", "sentiment", "scratch")
# Names in a part's modules that decide how results are shown, and no result.
_SHOWN = ("ABOUT", "COLUMNS", "CONTRAST")


@dataclass(frozen=True)
class Arm:
    """One way to normalise attention, in one experiment.

    Attributes:
        part: the experiment, one of PARTS.
        name: identifier of the arm in its part.
        title: of the arm in tables.
        exact: whether attention ran through integers that equal surmax.golden.
        settings: JSON-ready; together with seed and code they decide the result.
    """

    part: str
    name: str
    title: str
    exact: bool
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """The result of an arm with one seed.

    Attributes:
        part, name, title, exact, settings: of the arm.
        seed: of text, split and training.
        metrics: figures by name: perplexity, accuracy, agreement (share of outputs whose largest is
            that of softmax), output_kl and attention_kl (nats), row_sum_mean, ...
        details: JSON-ready, such as constants and losses.
        seconds: CPU seconds of this process that the arm took.
        code: digest of the sources that it was measured with.
    """

    part: str
    name: str
    title: str
    exact: bool
    settings: Mapping[str, Any]
    seed: int
    metrics: Mapping[str, float]
    details: Mapping[str, Any]
    seconds: float
    code: str

    def to_json(self) -> dict[str, Any]:
        """Return all fields, JSON-ready."""
        return asdict(self)


@dataclass(frozen=True)
class Mean:
    """A figure over seeds: mean, standard error of the mean (None for one seed), seeds."""

    value: float
    error: float | None
    seeds: int


# Called with (arm, metrics, details, CPU seconds) as soon as an arm is done.
Keep = Callable[[Arm, Mapping[str, float], Mapping[str, Any], float], None]
Say = Callable[[str], None]


class Store:
    """Keeps records in a folder, one file each.

    Parameters:
        folder: it is made when the first record is kept.
        module: the part's module, whose code counts with all that it imports; comments,
            docstrings and what only tables show do not.
        any_code: find records of other versions of the code too; they say which.
    """

    def __init__(self, folder: Path, module: str, *, any_code: bool = False) -> None:
        self._folder, self._any_code = folder, any_code
        self.code = code_digest(module, prose=False, shown=_SHOWN)

    def find(self, arm: Arm, seed: int) -> Record | None:
        """Return the record of the arm with this seed, or None when it is not measured yet.

        A file that was damaged or edited is reported in one line on standard error.
        """
        record = self._read(self._place(arm, seed, self.code), arm)
        if record is not None or not self._any_code:
            return record
        others = self._folder.glob(f"{arm.part}-{arm.name}-{_identity(arm, seed)}-*.json")
        newest_first = sorted(others, key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return next(filter(None, (self._read(path, arm) for path in newest_first)), None)

    def keep(
        self,
        arm: Arm,
        seed: int,
        metrics: Mapping[str, float],
        details: Mapping[str, Any],
        seconds: float,
    ) -> Record:
        """Keep the result of an arm with one seed, and return its record."""
        record = Record(
            **asdict(arm),
            seed=seed,
            metrics=dict(metrics),
            details=dict(details),
            seconds=round(seconds, 1),
            code=self.code,
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._place(arm, seed, self.code)
        keep_result(place, place.stem, record.to_json())
        return record

    def _place(self, arm: Arm, seed: int, code: str) -> Path:
        return self._folder / f"{arm.part}-{arm.name}-{_identity(arm, seed)}-{code[:12]}.json"

    @staticmethod
    def _read(path: Path, arm: Arm) -> Record | None:
        # The name has the digests of settings, seed and code.
        found = kept_result(path, path.stem)
        # The title may have changed since: it is not part of the cache key.
        return None if found is None else Record(**found["result"] | {"title": arm.title})


def over_seeds(records: Iterable[Record], metric: str) -> Mean | None:
    """Return the mean of a metric over the seeds of one arm; None when no record has it."""
    return _mean([record.metrics[metric] for record in records if metric in record.metrics])


def _mean(values: Sequence[float]) -> Mean | None:
    if not values:
        return None
    error = stdev(values) / sqrt(len(values)) if len(values) > 1 else None
    return Mean(fmean(values), error, len(values))


@dataclass(frozen=True)
class Contrast:
    """Comparison of the arms of a part, each with its control on the same seed.

    Attributes:
        heading: of the column in the table.
        metric: the metric that is compared.
        relative: the difference is in percent of the control; otherwise in points, which is 100
            times the difference.
        control: returns the name of an arm's control; an arm without one is its own.
    """

    heading: str
    metric: str
    relative: bool
    control: Callable[[str], str]


def paired(records: Iterable[Record], controls: Iterable[Record], by: Contrast) -> Mean | None:
    """Return the mean contrast of an arm over the seeds that both have; None without one."""
    known = {
        record.seed: record.metrics[by.metric] for record in controls if by.metric in record.metrics
    }
    values = []
    for record in records:
        if record.seed in known and by.metric in record.metrics:
            difference = record.metrics[by.metric] - known[record.seed]
            values.append(100 * difference / (known[record.seed] if by.relative else 1))
    return _mean(values)


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document whole or not at all, and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(document, indent=1, allow_nan=False) + "\n")


def _identity(arm: Arm, seed: int) -> str:
    return digest_of([arm.part, arm.name, dict(arm.settings), arm.exact, seed])[:16]
