# SPDX-License-Identifier: Apache-2.0
"""Fuzz the command line, the files that it reads and the Python calls.

    PYTHONPATH=tests python -m fuzz.run --seed 7 --cases 1000
    PYTHONPATH=tests python -m fuzz.run --seed 7 --only 123 --keep here

Case N of a seed is always the same case, whatever the number of cases. Exit code 1 when a rule is
broken (see fuzz.rules).
"""

import argparse
import os
import re
import shlex
import shutil
import stat
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from fuzz.calls import draw_values, public_calls, trouble_of, written
from fuzz.commands import Drawer, leaves, odd_places, weight
from fuzz.documents import spoil_bytes
from fuzz.materials import make_materials
from fuzz.process import Streams, adopt_orphans, run
from fuzz.rules import WORK_BEGAN, broken_rules, snapshot
from fuzz.stubs import WorkBegins, stop_before_work

from surmax.__main__ import main

CALLS = 0.25  # of all cases
SHOWN = 3  # cases of one kind
ENCODINGS = ("utf-8", "utf-8", "utf-8", "ascii", "cp1252", "latin-1")
STREAMS = (
    *(Streams(encoding) for encoding in ENCODINGS for _ in range(6)),
    Streams(closed=True),
    Streams(full=True),
)
ODD_PLACES = 0.08  # of the command lines
AGAIN = 0.1  # of the cases that keep results: run again with a spoilt one


@dataclass
class Case:
    """One case as it went."""

    number: int
    name: str
    line: str
    code: int | None = None
    troubles: list[str] = field(default_factory=list)
    shown: str = ""
    seconds: float = 0.0


class Fuzz:
    """The cases of one seed, made in a temporary folder."""

    def __init__(self, seed: int, base: Path) -> None:
        self.seed, self.base = seed, base
        self.materials = base / "materials"
        self.materials.mkdir()
        make_materials(self.materials)
        self.leaves = list(leaves())
        self.calls = public_calls()
        adopt_orphans()
        stop_before_work()

    def case(self, number: int, keep: Path | None = None) -> Case:
        """Make, run and check one case; its folder becomes `keep` where that is given."""
        random = Random(f"{self.seed} {number}")
        root = self.base / "case"
        folder = root / "here" / "there"
        for name in ("in", "out"):
            (folder / name).mkdir(parents=True)
        for name in ("home", "tmp"):
            (root / name).mkdir()
        log = self.base / "log"
        log.mkdir(exist_ok=True)
        try:
            make = self._call if random.random() < CALLS else self._command
            return make(random, number, root, folder, log)
        finally:
            if keep is not None:
                shutil.copytree(log, keep / "log")
                shutil.move(root, keep)
            shutil.rmtree(root, ignore_errors=True)

    def _command(self, random: Random, number: int, root: Path, folder: Path, log: Path) -> Case:
        weights = [weight(name) for name, _ in self.leaves]
        (leaf,) = random.choices(self.leaves, weights)
        line = Drawer(random, self.materials, folder).draw(leaf)
        argv = ["surmax", *line.command, *line.words]
        streams = random.choice(STREAMS)

        def body() -> int:
            os.environ["HOME"] = str(root / "home")
            os.environ["SURMAX_CELLS"] = str(folder / "build" / "cells")
            tempfile.tempdir = os.environ["TMPDIR"] = str(root / "tmp")
            return _ended(argv)

        if random.random() < ODD_PLACES:
            odd_places(random, folder, self.materials)
        before = snapshot(root, folder)
        ended = run(body, folder, log, streams)
        after = snapshot(root, folder)
        if random.random() < AGAIN and self._spoil_kept(random, folder / "build"):
            ended = run(body, folder, log, streams)
            after = snapshot(root, folder)
        case = Case(number, " ".join(line.command), _quoted(argv), ended.code)
        as_json = "--json" in line.words
        as_json = as_json and not (streams.full or streams.closed)
        case.troubles = broken_rules(ended, before, after, line.outputs, json_output=as_json)
        # A traceback is among the troubles already, and long.
        text = ended.err.decode("utf-8", "replace")
        case.shown = "" if "Traceback" in text else text[:600]
        case.seconds = ended.seconds
        return case

    def _spoil_kept(self, random: Random, folder: Path) -> bool:
        """Change a file that was kept for the next run; return whether there is one."""
        # Links are not followed: one may lead out of the case's folder.
        walked = [] if folder.is_symlink() else os.walk(folder)
        there = (Path(place, name) for place, _, names in walked for name in names)
        kept = sorted(one for one in there if stat.S_ISREG(one.lstat().st_mode))
        if kept:
            path = random.choice(kept)
            path.write_bytes(spoil_bytes(random, path.read_bytes()))
        return bool(kept)

    def _call(self, random: Random, number: int, root: Path, folder: Path, log: Path) -> Case:
        call = random.choice(self.calls)
        values = draw_values(random, call, folder / "out")

        def body() -> int:
            trouble = trouble_of(call, values)
            if trouble is not None:
                print(trouble, file=sys.stderr)
            return 0 if trouble is None else 3

        ended = run(body, folder, log)
        case = Case(number, "call", f"{call.name}({written(values)})", ended.code)
        if ended.code != 0:
            case.troubles = [ended.err.decode("utf-8", "replace").strip()[:1500] or "hung or died"]
        case.seconds = ended.seconds
        return case


def _ended(argv: list[str]) -> int:
    """Run the command as its entry point does; return the exit code of its process."""
    sys.argv = argv
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except WorkBegins:
        return WORK_BEGAN
    return 0


def _quoted(argv: list[str]) -> str:
    """Return a command line for a shell, cut where an argument is long."""
    return " ".join(
        shlex.quote(one if len(one) < 200 else f"{one[:60]}...{len(one)}") for one in argv
    )


def repeat(seed: int, number: int) -> str:
    """Return the command that runs one case again and keeps its folder."""
    return f"PYTHONPATH=tests python -m fuzz.run --seed {seed} --only {number} --keep kept-case"


def fuzz(
    seed: int, cases: range, show: Callable[[str], None], keep: Path | None = None
) -> list[Case]:
    """Run cases of a seed; return those that break a rule."""
    start = time.monotonic()
    ends: Counter[str] = Counter()
    slowest: list[tuple[float, str]] = []
    spent: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    bad = []
    with tempfile.TemporaryDirectory(prefix="surmax-fuzz-", ignore_cleanup_errors=True) as base:
        one = Fuzz(seed, Path(base))
        for number in cases:
            case = one.case(number, keep)
            ends[f"{case.name}: {case.code}"] += 1
            spent[case.name] += case.seconds
            slowest = sorted([*slowest, (case.seconds, f"{number}: {case.line}")])[-5:]
            if case.troubles:
                bad.append(case)
                kinds[_kind(case)] += 1
                if kinds[_kind(case)] <= SHOWN:
                    show(_report(seed, case))
    seconds = time.monotonic() - start
    show(f"seed {seed}: {len(cases)} cases in {seconds:.0f} s, {len(bad)} broke a rule")
    for name, count in sorted(ends.items()):
        show(f"  {name}: {count}")
    for name, taken in spent.most_common(12):
        show(f"  spent: {taken:.1f} s: {name}")
    for taken, line in slowest:
        show(f"  slow: {taken:.1f} s: {ascii(line)[:200]}")
    return bad


def _kind(case: Case) -> str:
    """Return what is wrong without the numbers and names of this case."""
    trouble = case.troubles[0].partition("\n")[0]
    place = re.search(r"\w+ at \w+\.py:\d+|\w+\.py:\d+", trouble)
    return place[0] if place else re.sub(r"\d+|'.*", "", trouble)


def _report(seed: int, case: Case) -> str:
    lines = [f"case {case.number}: {case.line}", *case.troubles, case.shown.rstrip()]
    text = "\n    ".join(line for line in lines if line).replace("\r", "\\r")
    shown = "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)
    return f"{shown}\n    again: {repeat(seed, case.number)}"


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4)))
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--only", type=int, help="number of the one case to run")
    parser.add_argument("--keep", type=Path, help="with --only: folder to leave the case in")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    cases = range(given.cases) if given.only is None else range(given.only, given.only + 1)
    bad = fuzz(given.seed, cases, lambda text: print(text, flush=True), given.keep)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(_main())
