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
from pathlib import Path
from typing import Any

from surmax.common.errors import InputError, check_choice
from surmax.golden.consmax.config import ConsmaxConfig
from surmax.golden.consmax.heads import ConsmaxConstantsFile, ConsmaxHead
from surmax.golden.hccs.config import HccsConfig
from surmax.golden.hccs.heads import HccsConstantsFile, HccsHead
from surmax.golden.protocol import HeadFormat
from surmax.golden.units import unit_entry, unit_names

FORMAT = "surmax-head-constants"
VERSION = 1


def units_with_files() -> tuple[str, ...]:
    """Return the names of the units whose heads stand in head-constants files."""
    return tuple(name for name in unit_names() if unit_entry("golden", name).heads)


def save_constants(
    path: Path,
    config: ConsmaxConfig | HccsConfig,
    heads: Sequence[ConsmaxHead] | Sequence[HccsHead],
    *,
    length: int | None = None,
    masked: bool = True,
) -> None:
    """Write a head-constants file, all of it or nothing.

    For HCCS `length` and `masked` say which rows the constants must be legal for; ConSmax knows no
    rows. Raises InputError when there is no head, a place is taken twice, tables are for another
    configuration, or constants are illegal.
    """
    unit = next(
        (one for one in units_with_files() if isinstance(config, unit_entry("golden", one).config)),
        None,
    )
    if unit is None:
        raise InputError(
            f"config must be that of {' or '.join(units_with_files())}, not {type(config).__name__}"
        )
    form: HeadFormat = unit_entry("golden", unit).heads
    about = form.about({"length": length, "masked": masked})
    _check_places(heads)
    form.check(config, heads, about)
    document = {"format": FORMAT, "version": VERSION, "unit": unit, "config": config.to_json()}
    document |= about | {"heads": [form.to_json(head) for head in heads]}
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(document, indent=1) + "\n")
    os.replace(partial, path)


def load_constants(path: Path, unit: str | None = None) -> ConsmaxConstantsFile | HccsConstantsFile:
    """Read and validate a head-constants file; `unit` is the one it must be for, None is any.

    Raises InputError, one line that names the file, the field, what must hold and its value.
    """
    try:
        document = json.loads(Path(path).read_text())
    except OSError as error:
        raise InputError(f"constants file {path}: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"constants file {path} is no JSON: {error}") from None
    try:
        return _parse(document, units_with_files() if unit is None else (unit,))
    except InputError as error:
        raise InputError(f"constants file {path}: {error}") from None


def _parse(document: Any, units: tuple[str, ...]) -> ConsmaxConstantsFile | HccsConstantsFile:
    if not isinstance(document, dict):
        raise InputError(f"top level must be an object, not {type(document).__name__}")
    check_choice("format", document.get("format"), (FORMAT,))
    if document.get("version") != VERSION:
        raise InputError(f"version must be {VERSION}, not {document.get('version')!r}")
    law = unit_entry("golden", check_choice("unit", document.get("unit"), units))
    form: HeadFormat = law.heads
    config = law.config.from_json(document.get("config"))
    about = form.about(document)
    heads = []
    for number, fields in enumerate(_heads(document, form.fields)):
        try:
            heads.append(form.from_json(config, fields))
        except InputError as error:
            raise InputError(f"heads[{number}]: {error}") from None
    _check_places(heads)
    form.check(config, heads, about)
    return form.content(config, tuple(heads), about)


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


def _check_places(heads: Sequence[ConsmaxHead] | Sequence[HccsHead]) -> None:
    if not heads:
        raise InputError("heads are empty: at least one head is needed")
    seen = set()
    for one in heads:
        if (one.layer, one.head) in seen:
            raise InputError(f"layer {one.layer} head {one.head} stands in the file twice")
        seen.add((one.layer, one.head))
