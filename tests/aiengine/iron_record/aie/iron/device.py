# SPDX-License-Identifier: Apache-2.0
from aie.iron import _MOST_COLUMNS, CORE_ROWS


class Tile:
    def __init__(self, col=None, row=None):
        self.col, self.row = col, row


class Device:
    def __init__(self, name, cols):
        self.name, self.cols, self.rows = name, cols, CORE_ROWS + 2


def from_name(name, *, n_cols=1):
    most = _MOST_COLUMNS.get(name.lower())
    if most is None:
        raise ValueError(f"Unknown device name {name!r}")
    if n_cols is not None and not 1 <= n_cols <= most:
        raise ValueError(f"n_cols must be in 1..{most}")
    return Device(name.lower(), n_cols or most)
