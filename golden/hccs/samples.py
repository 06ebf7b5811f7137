# SPDX-License-Identifier: Apache-2.0
"""Seeded rows of scores that the tables and the figures of HCCS share."""

import numpy as np
import numpy.typing as npt
from surmax.common.errors import check_choice, check_range

ROWS = 256
# Constants are fitted to so many of them, the first ones.
FIT_ROWS = 64
SEED = 1
# Real score units a code in the reference softmax: natural rows then spread by 2.0 units.
SCALE = 0.08
KINDS = {
    "flat": "all scores within 2 codes of each other, uniform",
    "peaked": "one score of 127, the others normal around -90 with a standard deviation of 10",
    "natural": "normal around -20 with a standard deviation of 25; one score in 50 is 20 to 120 "
    "higher; quantised to int8",
}

Int8Array = npt.NDArray[np.int8]


def sample_rows(kind: str, length: int, count: int = ROWS, seed: int = SEED) -> Int8Array:
    """Return `count` seeded int8 rows of `length` positions, drawn as KINDS says.

    Raises InputError unless `kind` is one of KINDS, `length` and `count` are 1 to 2**20 and `seed`
    is 0 to 2**32 - 1.
    """
    check_choice("kind", kind, tuple(KINDS))
    length, count = (
        check_range(name, value, 1, 1 << 20)
        for name, value in (("length", length), ("count", count))
    )
    seed = check_range("seed", seed, 0, (1 << 32) - 1)
    rng = np.random.default_rng((seed, length))
    shape = (count, length)
    if kind == "flat":
        return rng.integers(-1, 2, shape).astype(np.int8)
    if kind == "peaked":
        rows = rng.normal(-90, 10, shape)
        rows[np.arange(count), rng.integers(length, size=count)] = 127
    else:
        rows = rng.normal(-20, 25, shape)
        rows += np.where(rng.random(shape) < 0.02, rng.uniform(20, 120, shape), 0)
    return np.clip(np.rint(rows), -128, 127).astype(np.int8)
