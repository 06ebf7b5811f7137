# SPDX-License-Identifier: Apache-2.0
"""Heads of ConSmax in a head-constants file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from surmax.common.errors import InputError, check_kind, shown
from surmax.common.plain import PlainFields
from surmax.golden.consmax.config import TABLE_ENTRIES, ConsmaxConfig
from surmax.golden.consmax.law import ConsmaxTables
from surmax.golden.places import check_place


@dataclass(frozen=True)
class ConsmaxHead(PlainFields):
    """One head of ConSmax: its place in the network and its tables.

    Raises InputError for a layer or a head that is not 0 to 65535.
    """

    layer: int
    head: int
    tables: ConsmaxTables

    def __post_init__(self) -> None:
        """Check the place."""
        super().__post_init__()
        check_place(self.layer, self.head)


@dataclass(frozen=True)
class ConsmaxConstantsFile:
    """Content of a head-constants file of ConSmax: one configuration, the heads in file order."""

    config: ConsmaxConfig
    heads: tuple[ConsmaxHead, ...]


class ConsmaxHeadFormat:
    """ConSmax's part of a head-constants file (surmax.golden.protocol.HeadFormat)."""

    fields = (
        "layer",
        "head",
        "scale",
        "beta",
        "gamma",
        "mode",
        "words",
        "wrong_codes",
        "max_ulp",
    )

    def about(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return no fields: ConSmax does not depend on rows."""
        return {}

    def check(
        self, config: ConsmaxConfig, heads: Sequence[ConsmaxHead], about: dict[str, Any]
    ) -> None:
        """Raise InputError when a head's tables are for another configuration."""
        for head in heads:
            check_kind("heads", head, ConsmaxHead)
            if head.tables.config not in (config, config.narrow):
                raise InputError(
                    f"layer {head.layer} head {head.head}: tables must be for the file's "
                    "configuration"
                )

    def to_json(self, head: ConsmaxHead) -> dict[str, Any]:
        """Return the fields of a head."""
        tables = head.tables
        return {
            "layer": head.layer,
            "head": head.head,
            "scale": tables.scale,
            "beta": tables.beta,
            "gamma": tables.gamma,
            "mode": tables.config.score_bits,
            "words": tables.words.tolist(),
            "wrong_codes": tables.wrong_codes,
            "max_ulp": tables.max_ulp,
        }

    def from_json(self, config: ConsmaxConfig, fields: dict[str, Any]) -> ConsmaxHead:
        """Return the head that a file's fields describe.

        Raises InputError for a bad value, and when `wrong_codes` or `max_ulp` differ from those
        that the tables have.
        """
        modes = (8, 16) if config.score_bits == 16 else (8,)
        if type(fields["mode"]) is not int or fields["mode"] not in modes:
            allowed = " or ".join(map(str, modes))
            raise InputError(f"mode must be {allowed}, not {shown(fields['mode'])}")
        own = config if fields["mode"] == 16 else config.narrow
        words = fields["words"]
        if not (
            isinstance(words, list)
            and len(words) == own.tables
            and all(isinstance(row, list) and len(row) == TABLE_ENTRIES for row in words)
            and all(type(word) is int and abs(word) < 1 << 62 for row in words for word in row)
        ):
            raise InputError(f"words must be {own.tables} lists of {TABLE_ENTRIES} integers")
        tables = ConsmaxTables.from_words(
            own,
            np.array(words, dtype=np.int64),
            scale=fields["scale"],
            beta=fields["beta"],
            gamma=fields["gamma"],
        )
        for name in ("wrong_codes", "max_ulp"):
            actual = getattr(tables, name)
            if type(fields[name]) is not int or fields[name] != actual:
                raise InputError(
                    f"{name} must be {actual} for these tables, not {shown(fields[name])}"
                )
        return ConsmaxHead(fields["layer"], fields["head"], tables)

    def content(
        self, config: ConsmaxConfig, heads: tuple[ConsmaxHead, ...], about: dict[str, Any]
    ) -> ConsmaxConstantsFile:
        """Return what load_constants returns."""
        return ConsmaxConstantsFile(config, heads)
