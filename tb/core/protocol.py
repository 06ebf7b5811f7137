# SPDX-License-Identifier: Apache-2.0
"""Protocol of a unit in the benches: its model, and its part of a volume run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surmax.tb.core.model import Model


@dataclass(frozen=True)
class UnitBench:
    """The benches of one unit.

    Attributes:
        model: class of its model; the model names the package of cocotb tests and coverage.
        session: class of a worker of its volume runs (surmax.tb.volume.session.Session).
        faults: returns the faults that its checks must find (surmax.tb.proof.mutation.Fault).
        prove_stream: prove_stream(build, folder=..., text=None) proves the stream rules of its
            stream top, one Proof after the other; None where none are written.
        prove_lanes: prove_lanes(build, folder=..., text=None) proves the arithmetic of one lane,
            whatever the number of lanes, one Proof after the other; None where none are written.
        equivalents: file of mutants that were found equivalent by reading
            (surmax.tb.mutate.reviewed); None where there are none.
    """

    model: type[Model]
    session: Callable[..., Any]
    faults: Callable[[], tuple[Any, ...]] = tuple
    prove_stream: Callable[..., Iterator[Any]] | None = None
    prove_lanes: Callable[..., Iterator[Any]] | None = None
    equivalents: Path | None = None
