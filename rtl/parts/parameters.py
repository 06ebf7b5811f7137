# SPDX-License-Identifier: Apache-2.0
"""Parameters that the units have in common, and their checks."""

from collections.abc import Sequence

from surmax.golden import InputError, check_choice, check_range

ADDER_KINDS = ("operators", "cells")
STORAGE_KINDS = ("loadable", "constant")


def check_heads(heads: int, storage: str, what: str, contents: Sequence[object] | None) -> None:
    """Raise InputError unless `contents` (of `what`: tables, constants) are what `storage` needs.

    One for each of the heads, 1 to 64, when they are built in; None when they are loaded.
    """
    check_range("heads", heads, 1, 64)
    check_choice("storage", storage, STORAGE_KINDS)
    if storage == "loadable":
        if contents is not None:
            raise InputError(f"{what} are given with storage 'loadable': load them at run time")
    elif contents is None or len(contents) != heads:
        count = 0 if contents is None else len(contents)
        raise InputError(f"{what} for {count} heads with storage 'constant': {heads} are needed")
