# SPDX-License-Identifier: Apache-2.0
"""Plan of one regression: the build under test, contents of its heads, seeds and lengths."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surmax.golden import InputError, check_range
from surmax.rtl import Build
from surmax.tb.core.model import Model
from surmax.tb.units import model_of


@dataclass(frozen=True)
class BenchPlan:
    """Handed to the simulator's process in a file.

    Attributes:
        build: what is simulated.
        pool: what heads can hold (Model.pool); not loadable: what the heads hold, in order.
        seeds: one random test for each.
        beats: beats of each random test.
        exhaustive: ConSmax in 16-bit mode: send all 65 536 scores through every pair of lanes, not
            a sample.
    """

    build: Build
    pool: tuple[Any, ...]
    seeds: tuple[int, ...]
    beats: int
    exhaustive: bool

    @property
    def model(self) -> Model:
        """The unit as the benches see it."""
        return model_of(self.build)

    @property
    def bench(self) -> str:
        """Names of the modules of cocotb tests, with commas between them."""
        own = f"{self.model.benches}.{self.build.top}"
        return own if self.build.top != "axi" else f"{own},surmax.tb.benches.registers"

    def heads(self, turn: int) -> list[Any]:
        """Return what the heads hold in turn number `turn`: each turn something else, if loadable.

        Neighbouring heads hold different contents, of different modes in a mixed ConSmax unit.
        """
        if not self.model.loadable:
            return list(self.pool)
        return [self.pool[(turn + h) % len(self.pool)] for h in range(self.build.heads)]

    def after(self, content: Any) -> Any:
        """Return the content of the pool that follows `content`."""
        return self.pool[(self.pool.index(content) + 1) % len(self.pool)]

    def save(self, path: Path) -> None:
        """Write the plan for `load`."""
        path.write_bytes(pickle.dumps(self))

    @staticmethod
    def load(path: Path) -> "BenchPlan":
        """Read a plan that `save` wrote in this very run."""
        return pickle.loads(path.read_bytes())


def make_plan(build: Build, *, seeds: Sequence[int], beats: int, exhaustive: bool) -> BenchPlan:
    """Return the plan for `build`; raises InputError for no seeds, negative ones or no beats."""
    if not seeds:
        raise InputError("seeds must be at least one seed, not empty")
    for seed in seeds:
        check_range("seed", seed, 0, 2**32 - 1)
    if len(set(seeds)) != len(seeds):
        raise InputError(f"seeds are {', '.join(map(str, seeds))}: each one only once is allowed")
    check_range("beats", beats, 1, 10**8)
    return BenchPlan(build, model_of(build).pool(), tuple(seeds), beats, exhaustive)
