# SPDX-License-Identifier: Apache-2.0
"""What one regression does: the build under test, table contents, seeds and lengths."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from surmax.golden import ConsmaxConfig, ConsmaxTables, InputError, check_range, solve_tables
from surmax.golden.consmax_config import TABLE_ENTRIES
from surmax.rtl import ConsmaxBuild

BENCHES = ("stream", "axi")


@dataclass(frozen=True)
class BenchPlan:
    """Handed to the simulator's process in a file.

    Attributes:
        build: what is simulated.
        pool: table contents; constant storage: those of its heads, in order.
        seeds: one random test for each.
        beats: beats of each random test.
        exhaustive: send all 65 536 scores in 16-bit mode through every pair of lanes, not a sample.
    """

    build: ConsmaxBuild
    pool: tuple[ConsmaxTables, ...]
    seeds: tuple[int, ...]
    beats: int
    exhaustive: bool

    def heads(self, turn: int) -> list[ConsmaxTables]:
        """Return what the heads hold in turn number `turn`: each turn something else, if loadable.

        Neighbouring heads hold different tables, of different modes in a mixed unit.
        """
        if self.build.storage == "constant":
            return list(self.pool)
        return [self.pool[(turn + h) % len(self.pool)] for h in range(self.build.heads)]

    def save(self, path: Path) -> None:
        """Write the plan for `load`."""
        path.write_bytes(pickle.dumps(self))

    @staticmethod
    def load(path: Path) -> "BenchPlan":
        """Read a plan that `save` wrote in this very run."""
        return pickle.loads(path.read_bytes())


def make_plan(
    build: ConsmaxBuild, *, seeds: Sequence[int], beats: int, exhaustive: bool
) -> BenchPlan:
    """Return the plan for `build`; raises InputError for no seeds, negative ones or no beats."""
    if not seeds:
        raise InputError("seeds is empty: at least one seed is needed")
    for seed in seeds:
        check_range("seed", seed, 0, 2**32 - 1)
    if len(set(seeds)) != len(seeds):
        raise InputError(f"seeds are {', '.join(map(str, seeds))}: each one only once is allowed")
    check_range("beats", beats, 1, 10**8)
    return BenchPlan(build, bench_tables(build), tuple(seeds), beats, exhaustive)


def bench_tables(build: ConsmaxBuild) -> tuple[ConsmaxTables, ...]:
    """Return table contents that reach every corner: those built in, or else a pool to load.

    The pool has solved heads, one of them saturating, and words drawn at random, which use every
    bit of the storage. In a 16-bit unit contents for 16-bit and 8-bit scores take turns.
    """
    if build.tables is not None:
        return build.tables
    config = build.config
    wide, narrow = config, config.narrow
    step = 0.05 if config.score_bits == 8 else 0.05 / 256
    rng = np.random.default_rng(20)
    return (
        solve_tables(wide, scale=step, beta=2.0, gamma=3.0),
        solve_tables(narrow, scale=0.03, beta=1.0, gamma=90.0),
        _random_tables(wide, rng),
        _random_tables(narrow, rng),
    )


def _random_tables(config: ConsmaxConfig, rng: np.random.Generator) -> ConsmaxTables:
    """Tables of random words; small shifts more often, because large ones give code 0."""
    mantissas = np.zeros((config.tables, TABLE_ENTRIES), dtype=np.int64)
    exponents = np.zeros_like(mantissas)
    for table in range(config.tables):
        form = config.word_format(table)
        mantissas[table] = rng.integers(form.min_mantissa, form.max_mantissa + 1, TABLE_ENTRIES)
        shift = rng.integers(0, form.max_exponent + 1, TABLE_ENTRIES)
        exponents[table] = shift >> rng.integers(0, 5, TABLE_ENTRIES)
    return ConsmaxTables(config, 1.0, 0.0, 1.0, mantissas, exponents)
