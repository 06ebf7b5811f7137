# SPDX-License-Identifier: Apache-2.0
"""The head-constants file: the contract between calibration, models and hardware.

JSON, versioned:

    {"format": "surmax-head-constants", "version": 1, "unit": "consmax",
     "config": {... ConsmaxConfig ...},
     "heads": [{"layer": 0, "head": 0, "scale": 0.05, "beta": 1.5, "gamma": 20.0,
                "mode": 8, "words": [[16 integers], ...], "wrong_codes": 0, "max_ulp": 0}, ...]}

`mode` is the score width that the head's tables are for: 8 or, in a 16-bit unit, 16. `wrong_codes`
and `max_ulp` are checked against the tables when a file is read.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from surmax.golden.consmax import ConsmaxTables
from surmax.golden.consmax_config import TABLE_ENTRIES, ConsmaxConfig
from surmax.golden.errors import InputError, check_choice, check_range

FORMAT = "surmax-head-constants"
VERSION = 1
_HEAD_FIELDS = (
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


@dataclass(frozen=True)
class HeadConstants:
    """One head: its place in the network and its tables."""

    layer: int
    head: int
    tables: ConsmaxTables

    def __post_init__(self) -> None:
        """Refuse a place that no network has."""
        check_range("layer", self.layer, 0, 65535)
        check_range("head", self.head, 0, 65535)


@dataclass(frozen=True)
class ConstantsFile:
    """What a head-constants file holds: one configuration and its heads, in file order."""

    config: ConsmaxConfig
    heads: tuple[HeadConstants, ...]


def save_constants(path: Path, config: ConsmaxConfig, heads: Sequence[HeadConstants]) -> None:
    """Write a head-constants file, all of it or nothing.

    Raises InputError when there is no head, a place is taken twice, or tables are for another
    configuration.
    """
    _check_heads(config, heads)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "unit": "consmax",
        "config": config.to_json(),
        "heads": [
            {
                "layer": one.layer,
                "head": one.head,
                "scale": one.tables.scale,
                "beta": one.tables.beta,
                "gamma": one.tables.gamma,
                "mode": one.tables.config.score_bits,
                "words": one.tables.words.tolist(),
                "wrong_codes": one.tables.wrong_codes,
                "max_ulp": one.tables.max_ulp,
            }
            for one in heads
        ],
    }
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(document, indent=1) + "\n")
    os.replace(partial, path)


def load_constants(path: Path) -> ConstantsFile:
    """Read and validate a head-constants file.

    Raises InputError, one line that names the file, the field, its value and what is allowed.
    """
    try:
        document = json.loads(Path(path).read_text())
    except OSError as error:
        raise InputError(f"constants file {path}: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"constants file {path} is no JSON: {error}") from None
    try:
        return _parse(document)
    except InputError as error:
        raise InputError(f"constants file {path}: {error}") from None


def _parse(document: Any) -> ConstantsFile:
    if not isinstance(document, dict):
        raise InputError(f"top level is {type(document).__name__}: an object is needed")
    check_choice("format", document.get("format"), (FORMAT,))
    if document.get("version") != VERSION:
        raise InputError(f"version is {document.get('version')!r}: {VERSION} is allowed")
    check_choice("unit", document.get("unit"), ("consmax",))
    config = ConsmaxConfig.from_json(document.get("config"))
    heads = document.get("heads")
    if not isinstance(heads, list):
        raise InputError(f"heads is {type(heads).__name__}: a list is needed")
    parsed = []
    for number, fields in enumerate(heads):
        try:
            parsed.append(_parse_head(config, fields))
        except InputError as error:
            raise InputError(f"heads[{number}]: {error}") from None
    _check_heads(config, parsed)
    return ConstantsFile(config, tuple(parsed))


def _parse_head(config: ConsmaxConfig, fields: Any) -> HeadConstants:
    if not isinstance(fields, dict):
        raise InputError(f"{type(fields).__name__} found: an object is needed")
    for name in _HEAD_FIELDS:
        if name not in fields:
            raise InputError(f"{name} is missing")
    unknown = sorted(set(fields) - set(_HEAD_FIELDS))
    if unknown:
        raise InputError(f"unknown field {unknown[0]!r}")
    modes = (8, 16) if config.score_bits == 16 else (8,)
    if fields["mode"] not in modes:
        allowed = " or ".join(map(str, modes))
        raise InputError(f"mode is {fields['mode']!r}: {allowed} is allowed")
    own = config if fields["mode"] == 16 else config.narrow
    words = fields["words"]
    if not (
        isinstance(words, list)
        and len(words) == own.tables
        and all(isinstance(row, list) and len(row) == TABLE_ENTRIES for row in words)
        and all(type(word) is int and abs(word) < 1 << 62 for row in words for word in row)
    ):
        raise InputError(f"words are no {own.tables} lists of {TABLE_ENTRIES} integers")
    tables = ConsmaxTables.from_words(
        own,
        np.array(words, dtype=np.int64),
        scale=fields["scale"],
        beta=fields["beta"],
        gamma=fields["gamma"],
    )
    for name in ("wrong_codes", "max_ulp"):
        if fields[name] != getattr(tables, name):
            raise InputError(
                f"{name} is {fields[name]!r}: these tables give {getattr(tables, name)}"
            )
    return HeadConstants(fields["layer"], fields["head"], tables)


def _check_heads(config: ConsmaxConfig, heads: Sequence[HeadConstants]) -> None:
    if not heads:
        raise InputError("heads are empty: at least one head is needed")
    seen = set()
    for one in heads:
        if (one.layer, one.head) in seen:
            raise InputError(f"layer {one.layer} head {one.head} stands in the file twice")
        seen.add((one.layer, one.head))
        if one.tables.config not in (config, config.narrow):
            raise InputError(
                f"layer {one.layer} head {one.head} has tables of another configuration"
            )
