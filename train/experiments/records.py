# SPDX-License-Identifier: Apache-2.0
"""Arms of an accuracy comparison, what was measured of them, and the store that keeps it.

An arm is one way to normalise attention in one experiment (a part: language, sentiment, scratch).
Each arm is measured once a seed. A record is kept as soon as its arm is done, whole or not at all,
under the sha256 of the arm's settings, the seed and the code, so that an interrupted run goes on.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from surmax.common.digest import code_digest, digest_of
from surmax.common.kept import keep_result, kept_result, write_whole

PARTS = ("language", "sentiment", "scratch")
# Names of a part's module that decide how results look, and no result.
_SHOWN = ("ABOUT", "COLUMNS", "CONTRAST")


@dataclass(frozen=True)
class Arm:
    """One way to normalise attention, in one experiment.

    Attributes:
        part: the experiment, of PARTS.
        name: identifier of the arm in its part.
        title: how tables call it.
        exact: whether what is reported ran through integers that equal surmax.golden.
        settings: JSON-ready, all that decides the result beside seed and code.
    """

    part: str
    name: str
    title: str
    exact: bool
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """What one seed of an arm gave.

    Attributes:
        part, name, title, exact, settings: of the arm.
        seed: of text, split and training.
        metrics: figures by name: perplexity, accuracy, agreement (share of outputs whose
            largest is that of softmax), output_kl and attention_kl (nats), row_sum_mean, ...
        details: JSON-ready, whatever else is worth keeping (constants, losses by window).
        seconds: CPU seconds of this process that only this arm took.
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
        """All fields, JSON-ready."""
        return asdict(self)


@dataclass(frozen=True)
class Mean:
    """A figure over seeds: mean, standard error of the mean (None of one seed), their number."""

    value: float
    error: float | None
    seeds: int


# (arm, metrics, details, CPU seconds): called by a part as each arm is done.
Keep = Callable[[Arm, Mapping[str, float], Mapping[str, Any], float], None]
Say = Callable[[str], None]


class Store:
    """Records in a folder, one file each.

    Parameters:
        folder: made when the first record is kept.
        module: the part's module, whose code counts with all that it imports; comments,
            docstrings and what only tables show do not.
        any_code: find records of other versions of the code too; they say which.
    """

    def __init__(self, folder: Path, module: str, *, any_code: bool = False) -> None:
        self._folder, self._any_code = folder, any_code
        self.code = code_digest(module, prose=False, shown=_SHOWN)

    def find(self, arm: Arm, seed: int) -> Record | None:
        """Return what was kept of the arm's seed, None when it has yet to be measured.

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
        """Keep and return what was measured of an arm's seed."""
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
        # The title is no part of what a record is kept under.
        return None if found is None else Record(**found["result"] | {"title": arm.title})


def over_seeds(records: Iterable[Record], metric: str) -> Mean | None:
    """Return the metric's mean over the seeds of one arm; None when no record has it."""
    return _mean([one.metrics[metric] for one in records if metric in one.metrics])


def _mean(values: Sequence[float]) -> Mean | None:
    if not values:
        return None
    error = stdev(values) / sqrt(len(values)) if len(values) > 1 else None
    return Mean(fmean(values), error, len(values))


@dataclass(frozen=True)
class Contrast:
    """How the arms of a part are compared, each with its control on the same seed.

    Attributes:
        heading: of the table's column.
        metric: that is compared.
        relative: in percent of the control's value; else 100 times the difference: in points.
        control: returns the name of an arm's control, itself where it has none.
    """

    heading: str
    metric: str
    relative: bool
    control: Callable[[str], str]


def paired(records: Iterable[Record], controls: Iterable[Record], by: Contrast) -> Mean | None:
    """Return the mean over seeds of an arm's contrast; None when no seed has both."""
    known = {one.seed: one.metrics[by.metric] for one in controls if by.metric in one.metrics}
    values = []
    for one in records:
        if one.seed in known and by.metric in one.metrics:
            apart = one.metrics[by.metric] - known[one.seed]
            values.append(100 * apart / (known[one.seed] if by.relative else 1))
    return _mean(values)


def write_json(path: Path, document: Any) -> None:
    """Write a document, all of it or nothing; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(document, indent=1, allow_nan=False) + "\n")


def _identity(arm: Arm, seed: int) -> str:
    return digest_of([arm.part, arm.name, dict(arm.settings), arm.exact, seed])[:16]
