# SPDX-License-Identifier: Apache-2.0
"""The head-constants file: JSON with the constants of all heads, with a version.

Calibration and training write it; models, hardware and kernels read it. For ConSmax:

    {"format": "surmax-head-constants", "version": 1, "unit": "consmax",
     "config": {... ConsmaxConfig ...},
     "heads": [{"layer": 0, "head": 0, "scale": 0.05, "beta": 1.5, "gamma": 20.0,
                "mode": 8, "words": [[16 integers], ...], "wrong_codes": 0, "max_ulp": 0}, ...]}

`mode` is the number of score bits that the tables of the head are for: 8, or 16 in a 16-bit unit.
`wrong_codes` and `max_ulp` are checked against the tables when a file is read. For HCCS:

    {"format": "surmax-head-constants", "version": 1, "unit": "hccs",
     "config": {... HccsConfig ...}, "length": 64, "masked": true,
     "heads": [{"layer": 0, "head": 0, "scale": 0.05, "B": 500, "S": 7, "Dmax": 60}, ...]}

`length` and `masked` say for which rows the constants are legal: with masked true for up to
`length` positions and any mask, else for exactly `length` positions without a mask (see
HccsConstants.check).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from surmax.common.errors import (
    InputError,
    check_choice,
    check_keys,
    shown_path,
)
from surmax.common.reading import read_json
from surmax.common.writing import write_whole
from surmax.golden.consmax.config import ConsmaxConfig
from surmax.golden.consmax.heads import ConsmaxConstantsFile, ConsmaxHead
from surmax.golden.hccs.config import HccsConfig
from surmax.golden.hccs.heads import HccsConstantsFile, HccsHead
from surmax.golden.protocol import HeadFormat
from surmax.golden.units import unit_entry, unit_names

FORMAT = "surmax-head-constants"
VERSION = 1
_TOP = ("format", "version", "unit", "config", "heads")


def units_with_files() -> tuple[str, ...]:
    """Return the names of the units that have head-constants files."""
    return tuple(name for name in unit_names() if unit_entry("golden", name).heads)


def save_constants(
    path: Path,
    config: ConsmaxConfig | HccsConfig,
    heads: Sequence[ConsmaxHead] | Sequence[HccsHead],
    *,
    length: int | None = None,
    masked: bool = True,
) -> None:
    """Write a head-constants file, as a whole or not at all.

    Args:
        path: the file.
        config: configuration of the unit; it decides which unit the file is for.
        heads: heads of that unit, in file order.
        length, masked: rows that the constants must be legal for (HCCS; see the module).

    Raises:
        InputError: there is no head, two heads have the same place, tables are for another
            configuration, or constants are illegal.
    """
    units = units_with_files()
    unit = next((u for u in units if isinstance(config, unit_entry("golden", u).config)), None)
    if unit is None:
        raise InputError(
            f"config must be that of {' or '.join(units)}, not {type(config).__name__}"
        )
    form: HeadFormat = unit_entry("golden", unit).heads
    about = form.about({"length": length, "masked": masked})
    form.check(config, heads, about)
    check_places([(head.layer, head.head) for head in heads])
    document = {"format": FORMAT, "version": VERSION, "unit": unit, "config": config.to_json()}
    document |= about | {"heads": [form.to_json(head) for head in heads]}
    write_whole(path, json.dumps(document, indent=1) + "\n")


def load_constants(path: Path, unit: str | None = None) -> ConsmaxConstantsFile | HccsConstantsFile:
    """Read and check a head-constants file.

    Args:
        path: the file.
        unit: unit that the file must be for; None for any.

    Raises:
        InputError: the file cannot be read or is not valid. The message names the file, the field,
            what must hold and the value.
    """
    document = read_json(Path(path), "constants file")
    try:
        return _parse(document, units_with_files() if unit is None else (unit,))
    except InputError as error:
        raise InputError(f"constants file {shown_path(path)}: {error}") from None


def _parse(document: Any, units: tuple[str, ...]) -> ConsmaxConstantsFile | HccsConstantsFile:
    if not isinstance(document, dict):
        raise InputError(f"top level must be an object, not {type(document).__name__}")
    check_choice("format", document.get("format"), (FORMAT,))
    check_choice("version", document.get("version"), (VERSION,))
    law = unit_entry("golden", check_choice("unit", document.get("unit"), units))
    form: HeadFormat = law.heads
    about = form.about(document)
    check_keys("top level", document, (*_TOP, *about))
    config = law.config.from_json(document["config"])
    heads = []
    for number, fields in enumerate(_heads(document, form.fields)):
        try:
            heads.append(form.from_json(config, fields))
        except InputError as error:
            raise InputError(f"heads[{number}]: {error}") from None
    check_places([(head.layer, head.head) for head in heads])
    form.check(config, heads, about)
    return form.content(config, tuple(heads), about)


def _heads(document: dict[str, Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the fields of the heads. Raises InputError unless each has exactly these `names`."""
    heads = document["heads"]
    if not isinstance(heads, list):
        raise InputError(f"heads must be a list, not {type(heads).__name__}")
    for number, fields in enumerate(heads):
        if not isinstance(fields, dict):
            kind = type(fields).__name__
            raise InputError(f"heads[{number}] must be an object, not {kind}")
        check_keys(f"heads[{number}]", fields, names)
    return heads


def check_places(places: Sequence[tuple[int, int]]) -> None:
    """Raise InputError unless there is a head, and each (layer, head) is there once."""
    if not places:
        raise InputError("heads must be one or more, not none")
    seen = set()
    for layer, head in places:
        if (layer, head) in seen:
            raise InputError(f"layer {layer} head {head} must be in the file once only")
        seen.add((layer, head))
