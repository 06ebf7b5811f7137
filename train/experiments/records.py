# SPDX-License-Identifier: Apache-2.0
"""Arms of an accuracy comparison, what was measured of them, and the store that keeps it.

An arm is one way to normalise attention in one experiment (a part: language, sentiment, scratch).
Each arm is measured once a seed. A record is kept as soon as its arm is done, whole or not at all,
under the sha256 of the arm's settings, the seed and the code, so that an interrupted run goes on.
"""

import ast
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.util import find_spec
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import surmax.golden

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
        module: the part's module, whose code counts with all that it imports of surmax.train,
            and golden.
        any_code: find records of other versions of the code too; they say which.
    """

    def __init__(self, folder: Path, module: str, *, any_code: bool = False) -> None:
        self._folder, self._any_code = folder, any_code
        self.code = code_digest(module)

    def find(self, arm: Arm, seed: int) -> Record | None:
        """Return what was kept of the arm's seed, None when it has yet to be measured."""
        own = self._place(arm, seed, self.code)
        if own.is_file():
            return self._read(own, arm)
        if not self._any_code:
            return None
        others = self._folder.glob(f"{arm.part}-{arm.name}-{_identity(arm, seed)}-*.json")
        newest = max(others, key=lambda path: path.stat().st_mtime_ns, default=None)
        return None if newest is None else self._read(newest, arm)

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
        write_json(self._place(arm, seed, self.code), record.to_json())
        return record

    def _place(self, arm: Arm, seed: int, code: str) -> Path:
        return self._folder / f"{arm.part}-{arm.name}-{_identity(arm, seed)}-{code[:12]}.json"

    @staticmethod
    def _read(path: Path, arm: Arm) -> Record:
        # The title is no part of what a record is kept under.
        return Record(**json.loads(path.read_text()) | {"title": arm.title})


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
    text = json.dumps(document, indent=1, allow_nan=False)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".partial", delete=False) as file:
        try:
            file.write(text + "\n")
            file.close()
            Path(file.name).chmod(0o644)
            os.replace(file.name, path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _identity(arm: Arm, seed: int) -> str:
    text = json.dumps([dict(arm.settings), arm.exact, seed], sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def code_digest(module: str) -> str:
    """Sha256 over what `module` computes with, its comments and docstrings left out.

    That is its code, the code of all modules of surmax.train that it imports, directly or not, and
    golden's.
    """
    wanted, paths = [module], {}
    while wanted:
        name = wanted.pop()
        spec = find_spec(name)
        if name in paths or spec is None or spec.origin is None:
            continue
        paths[name] = Path(spec.origin)
        for node in ast.walk(ast.parse(paths[name].read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("surmax.train."):
                wanted.append(node.module)
    for path in Path(surmax.golden.__file__).parent.glob("*.py"):
        paths[f"surmax.golden.{path.stem}"] = path
    digest = hashlib.sha256()
    for name in sorted(paths):
        digest.update(f"{name} {_code(paths[name])}\n".encode())
    return digest.hexdigest()


def _code(path: Path) -> str:
    """Return the syntax tree of a source as text, without docstrings and what only tables show."""
    tree = ast.parse(path.read_text())
    tree.body = [
        node
        for node in tree.body
        if not (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in _SHOWN
        )
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (
            node.body
            and isinstance(node.body[0], ast.Expr)
            and isinstance(node.body[0].value, ast.Constant)
        ):
            node.body[0] = ast.Pass()
    return ast.dump(tree)
