# SPDX-License-Identifier: Apache-2.0
"""The head-constants file: the contract between calibration, models and hardware.

JSON, versioned. For ConSmax:

    {"format": "surmax-head-constants", "version": 1, "unit": "consmax",
     "config": {... ConsmaxConfig ...},
     "heads": [{"layer": 0, "head": 0, "scale": 0.05, "beta": 1.5, "gamma": 20.0,
                "mode": 8, "words": [[16 integers], ...], "wrong_codes": 0, "max_ulp": 0}, ...]}

`mode` is the score width that the head's tables are for: 8 or, in a 16-bit unit, 16. `wrong_codes`
and `max_ulp` are checked against the tables when a file is read. For HCCS:

    {"format": "surmax-head-constants", "version": 1, "unit": "hccs",
     "config": {... HccsConfig ...}, "length": 64, "masked": true,
     "heads": [{"layer": 0, "head": 0, "scale": 0.05, "B": 500, "S": 7, "Dmax": 60}, ...]}

`length` and `masked` say for which rows the constants are legal: up to `length` positions with any
mask, or exactly `length` positions and no mask (HccsConstants.check).
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from surmax.common.errors import InputError, check_choice, check_range
from surmax.golden.consmax.config import TABLE_ENTRIES, ConsmaxConfig
from surmax.golden.consmax.law import ConsmaxTables
from surmax.golden.hccs.config import HccsConfig
from surmax.golden.hccs.law import HccsConstants
from surmax.golden.reference import check_head

FORMAT = "surmax-head-constants"
VERSION = 1
UNITS = ("consmax", "hccs")
_CONSMAX_FIELDS = (
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
_HCCS_FIELDS = ("layer", "head", "scale", "B", "S", "Dmax")


@dataclass(frozen=True)
class HeadConstants:
    """One head of ConSmax: its place in the network and its tables."""

    layer: int
    head: int
    tables: ConsmaxTables

    def __post_init__(self) -> None:
        """Refuse a place that no network has."""
        _check_place(self.layer, self.head)


@dataclass(frozen=True)
class HccsHead:
    """One head of HCCS: its place in the network, real score units a code, its integers."""

    layer: int
    head: int
    scale: float
    constants: HccsConstants

    def __post_init__(self) -> None:
        """Refuse a place that no network has and a scale that is none."""
        _check_place(self.layer, self.head)
        scale, _, _ = check_head(self.scale, 0.0, 1.0)
        object.__setattr__(self, "scale", scale)


@dataclass(frozen=True)
class ConstantsFile:
    """What a head-constants file of ConSmax holds: one configuration, its heads in file order."""

    config: ConsmaxConfig
    heads: tuple[HeadConstants, ...]


@dataclass(frozen=True)
class HccsConstantsFile:
    """What a head-constants file of HCCS holds.

    Attributes:
        config: the datapath.
        heads: in file order.
        length: row length that the constants are legal for.
        masked: for shorter rows and any mask as well.
    """

    config: HccsConfig
    heads: tuple[HccsHead, ...]
    length: int
    masked: bool


def save_constants(
    path: Path,
    config: ConsmaxConfig | HccsConfig,
    heads: Sequence[HeadConstants] | Sequence[HccsHead],
    *,
    length: int | None = None,
    masked: bool = True,
) -> None:
    """Write a head-constants file, all of it or nothing.

    For HCCS `length` and `masked` say which rows the constants must be legal for; ConSmax knows no
    rows. Raises InputError when there is no head, a place is taken twice, tables are for another
    configuration, or constants are illegal.
    """
    if isinstance(config, HccsConfig):
        _check_hccs_heads(config, heads, length, masked)
        about: dict[str, Any] = {"unit": "hccs", "config": config.to_json()}
        about |= {"length": length, "masked": masked}
        fields = [_hccs_fields(one) for one in heads]
    else:
        _check_heads(config, heads)
        about = {"unit": "consmax", "config": config.to_json()}
        fields = [_consmax_fields(one) for one in heads]
    document = {"format": FORMAT, "version": VERSION} | about | {"heads": fields}
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(document, indent=1) + "\n")
    os.replace(partial, path)


def _consmax_fields(one: HeadConstants) -> dict[str, Any]:
    return {
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


def _hccs_fields(one: HccsHead) -> dict[str, Any]:
    place = {"layer": one.layer, "head": one.head, "scale": one.scale}
    return place | {"B": one.constants.B, "S": one.constants.S, "Dmax": one.constants.Dmax}


def load_constants(path: Path, unit: str | None = None) -> ConstantsFile | HccsConstantsFile:
    """Read and validate a head-constants file; `unit` is the one it must be for, None is any.

    Raises InputError, one line that names the file, the field, its value and what is allowed.
    """
    try:
        document = json.loads(Path(path).read_text())
    except OSError as error:
        raise InputError(f"constants file {path}: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"constants file {path} is no JSON: {error}") from None
    try:
        return _parse(document, UNITS if unit is None else (unit,))
    except InputError as error:
        raise InputError(f"constants file {path}: {error}") from None


def _parse(document: Any, units: tuple[str, ...]) -> ConstantsFile | HccsConstantsFile:
    if not isinstance(document, dict):
        raise InputError(f"top level must be an object, not {type(document).__name__}")
    check_choice("format", document.get("format"), (FORMAT,))
    if document.get("version") != VERSION:
        raise InputError(f"version must be {VERSION}, not {document.get('version')!r}")
    if check_choice("unit", document.get("unit"), units) == "consmax":
        config = ConsmaxConfig.from_json(document.get("config"))
        heads = []
        for number, one in enumerate(_heads(document, _CONSMAX_FIELDS)):
            try:
                heads.append(_parse_head(config, one))
            except InputError as error:
                raise InputError(f"heads[{number}]: {error}") from None
        _check_heads(config, heads)
        return ConstantsFile(config, tuple(heads))
    return _parse_hccs(document)


def _parse_hccs(document: dict[str, Any]) -> HccsConstantsFile:
    config = HccsConfig.from_json(document.get("config"))
    length, masked = document.get("length"), document.get("masked")
    if not isinstance(masked, bool):
        raise InputError(f"masked must be true or false, not {masked!r}")
    heads = []
    for number, one in enumerate(_heads(document, _HCCS_FIELDS)):
        try:
            constants = HccsConstants(one["B"], one["S"], one["Dmax"])
            heads.append(HccsHead(one["layer"], one["head"], one["scale"], constants))
        except InputError as error:
            raise InputError(f"heads[{number}]: {error}") from None
    _check_hccs_heads(config, heads, length, masked)
    return HccsConstantsFile(config, tuple(heads), length, masked)


def _heads(document: dict[str, Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the heads' fields, each with just the `names`."""
    heads = document.get("heads")
    if not isinstance(heads, list):
        raise InputError(f"heads must be a list, not {type(heads).__name__}")
    for number, fields in enumerate(heads):
        if not isinstance(fields, dict):
            raise InputError(f"heads[{number}]: {type(fields).__name__} found: an object is needed")
        for name in names:
            if name not in fields:
                raise InputError(f"heads[{number}]: {name} is missing")
        unknown = sorted(set(fields) - set(names))
        if unknown:
            raise InputError(f"heads[{number}]: unknown field {unknown[0]!r}")
    return heads


def _parse_head(config: ConsmaxConfig, fields: dict[str, Any]) -> HeadConstants:
    modes = (8, 16) if config.score_bits == 16 else (8,)
    if fields["mode"] not in modes:
        allowed = " or ".join(map(str, modes))
        raise InputError(f"mode must be {allowed}, not {fields['mode']!r}")
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
    _check_places(heads)
    for one in heads:
        if one.tables.config not in (config, config.narrow):
            raise InputError(
                f"layer {one.layer} head {one.head} has tables of another configuration"
            )


def _check_hccs_heads(
    config: HccsConfig, heads: Sequence[HccsHead], length: object, masked: bool
) -> None:
    check_range("length", length, 1, config.max_sum)
    _check_places(heads)
    for one in heads:
        try:
            one.constants.check(config, length, masked=masked)
        except InputError as error:
            raise InputError(f"layer {one.layer} head {one.head}: {error}") from None


def _check_place(layer: object, head: object) -> None:
    check_range("layer", layer, 0, 65535)
    check_range("head", head, 0, 65535)


def _check_places(heads: Sequence[HeadConstants] | Sequence[HccsHead]) -> None:
    if not heads:
        raise InputError("heads are empty: at least one head is needed")
    seen = set()
    for one in heads:
        if (one.layer, one.head) in seen:
            raise InputError(f"layer {one.layer} head {one.head} stands in the file twice")
        seen.add((one.layer, one.head))
