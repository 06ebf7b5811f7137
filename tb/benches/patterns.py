# SPDX-License-Identifier: Apache-2.0
"""Patterns of the stream bench: pauses and stalls, and payloads while nothing is valid."""

from collections.abc import Iterator, Mapping
from itertools import cycle, repeat

import numpy as np
from surmax.tb.benches.shared import MODEL
from surmax.tb.run.wide_ports import Field

# An idle input shows beats that are so far from each other.
IDLE_STEP = 7
_IDLE_LOADS = 61
# Bursts in a pattern at least, so that the sink is ready now and then.
_BURSTS = 67


def random_loads(fields: Mapping[str, Field]) -> list[int]:
    """Return random payloads of the load port as vectors of all inputs, load_valid not set."""
    if not MODEL.loadable:
        return [0]
    places = [fields[name] for name in MODEL.load_ports]
    rng = np.random.default_rng(6)
    return [
        sum(int(rng.integers(1 << place.width)) << place.offset for place in places)
        for _ in range(_IDLE_LOADS)
    ]


def pattern(
    rng: np.random.Generator | None, rate: float, length: int, burst: int = 1
) -> Iterator[bool]:
    """Return an endless pattern that is True with probability `rate`, `burst` values at a time."""
    if not rate or rng is None:
        return repeat(False)
    drawn = rng.random(max(length // burst, _BURSTS)) < rate
    return cycle(np.repeat(drawn, burst).tolist())
