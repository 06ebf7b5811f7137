# SPDX-License-Identifier: Apache-2.0
"""Write and read a data directory: golden vectors of one kernel, for replay here or on a device.

    manifest.json  kernel and sizes, and bytes and sha256 of every other file
    scores.bin     int8, in the layout of the schedule (surmax.aie.layout)
    rows.bin       for each row: head and number of valid positions, uint16 each
    table.bin      HCCS, for each head: B int16, S int8, Dmax uint8; ConSmax: its table, uint16
    mask.bin       uint32 words, only with masking "bits"
    expected.bin   golden's codes: uint8, int16 (HCCS) or uint16 (ConSmax), layout of the scores
    replay.txt     plan of the call for aiengine/host/replay.cpp

All numbers are little-endian.
"""

import hashlib
import json
import math
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from surmax.aie.check.calls import KernelCall
from surmax.aie.check.kernels import KERNEL_NAMES, PackedRows, kernel_of_file
from surmax.aie.check.random_rows import draw_batch
from surmax.aie.check.replay import PLAN, call_arrays, plan_line
from surmax.aie.forms import ARCHITECTURES, MASKINGS, SCHEDULES
from surmax.aie.layout import HEAD, ROW, TILE_ROWS, Array, aligned, pack, stride, tile_shape
from surmax.common.errors import check_keys, shown, shown_path
from surmax.common.reading import MIB, read_bytes, read_json
from surmax.common.work_folders import work_folder
from surmax.golden import (
    ConsmaxConstantsFile,
    HccsConstantsFile,
    InputError,
    check_choice,
    check_range,
    load_constants,
)

FORMAT = "surmax-aie-vectors"
VERSION = 1
_MANIFEST = "manifest.json"
_MOST_BYTES = 4096 * MIB
_FIELDS = {
    "unit": str,
    "architecture": str,
    "form": str,
    "schedule": str,
    "masking": str,
    "rows": int,
    "length": int,
    "heads": int,
    "seed": int,
}


@dataclass(frozen=True)
class Vectors:
    """The verified content of a data directory; arrays are in the layout of the schedule.

    Attributes:
        folder: the directory.
        unit: "hccs" or "consmax".
        architecture: that ConSmax's tables are for; HCCS's are the same on all.
        form: a form of HCCS, "consmax-uq0.8" or "consmax-uq0.16".
        schedule, masking: of the call.
        rows: number of records; with tiles a multiple of 4.
        length, heads: positions of a row, and heads in the table.
        seed: of the rows.
        scores, records, table, mask, expected: the arrays; mask is None with masking "length".
    """

    folder: Path
    unit: str
    architecture: str
    form: str
    schedule: str
    masking: str
    rows: int
    length: int
    heads: int
    seed: int
    scores: Array
    records: Array
    table: Array
    mask: Array | None
    expected: Array


def write_vectors(
    constants: Path,
    folder: Path,
    *,
    schedule: str = "rows",
    masking: str = "length",
    architecture: str = "aie-ml",
    rows: int = 1024,
    length: int | None = None,
    seed: int = 1,
) -> Vectors:
    """Write a data directory for a head-constants file, whole or not at all; return its content.

    Args:
        constants: the file.
        folder: to be made; it may exist when it is empty.
        schedule, masking: of the kernel.
        architecture: that ConSmax's tables are laid out for.
        rows: least number of rows; all heads have equally many.
        length: positions of a row; None is the length of the file, 64 for ConSmax.
        seed: of the rows, which are random and adversarial, and masked where the constants allow.

    Raises InputError when an argument is wrong or no kernel can use the constants.
    """
    given = load_constants(constants)
    kernel = kernel_of_file(given)
    check_choice("schedule", schedule, kernel.schedules)
    check_choice("masking", masking, MASKINGS)
    check_choice("architecture", architecture, tuple(ARCHITECTURES))
    check_range("rows", rows, 1, 1 << 20)
    length = _length(given, length)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"output folder {folder} must be new or empty")
    heads = len(given.heads)
    drawn = draw_batch(seed, 0, -(-rows // heads) * heads, length, heads)
    case = kernel.case(np.random.default_rng(seed), drawn)
    expected = pack(case.expected(masking), schedule)
    call = KernelCall(kernel, case, PackedRows(case.rows, schedule), masking, expected)
    about = {
        "unit": "hccs" if isinstance(given, HccsConstantsFile) else "consmax",
        "architecture": architecture,
        "form": kernel.name,
        "schedule": schedule,
        "masking": masking,
        "rows": len(call.rows.records(masking)),
        "length": length,
        "heads": heads,
        "seed": seed,
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    with work_folder(folder.parent) as work:
        draft = work / "vectors"
        draft.mkdir()
        _write(draft, call, about | {"config": given.config.to_json()}, architecture)
        if folder.exists():
            folder.rmdir()
        shutil.move(draft, folder)
    return load_vectors(folder)


def _length(given: ConsmaxConstantsFile | HccsConstantsFile, length: int | None) -> int:
    if isinstance(given, ConsmaxConstantsFile):
        return check_range("length", 64 if length is None else length, 1, 65535)
    length = given.length if length is None else length
    least = 1 if given.masked else given.length
    return check_range("length", length, least, given.length)


def _write(folder: Path, call: KernelCall, about: dict[str, Any], architecture: str) -> None:
    places = {}
    for name, array in call_arrays(call, architecture).items():
        if array is not None:
            places[name] = f"{name}.bin"
            (folder / places[name]).write_bytes(np.ascontiguousarray(array).tobytes())
    (folder / PLAN).write_text(plan_line(call, places) + "\n", encoding="utf-8")
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": _digest(path.read_bytes())}
        for path in sorted(folder.iterdir())
    }
    document = {"format": FORMAT, "version": VERSION} | about | {"files": files}
    (folder / _MANIFEST).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def load_vectors(folder: Path) -> Vectors:
    """Read and verify a data directory.

    Raises InputError in one line that names the directory and the damaged file or field.
    """
    document = read_json(folder / _MANIFEST, "vectors", most=MIB)
    try:
        return _parse(folder, document)
    except InputError as error:
        raise InputError(f"vectors {shown_path(folder)}: {error}") from None


def _parse(folder: Path, document: Any) -> Vectors:
    if not isinstance(document, dict):
        raise InputError(f"top level must be an object, not {type(document).__name__}")
    check_choice("format", document.get("format"), (FORMAT,))
    check_choice("version", document.get("version"), (VERSION,))
    check_keys("top level", document, ("format", "version", *_FIELDS, "config", "files"))
    about = {}
    for name, kind in _FIELDS.items():
        about[name] = document[name]
        if type(about[name]) is not kind:
            raise InputError(f"{name} must be {kind.__name__}, not {shown(about[name])}")
    check_choice("form", about["form"], KERNEL_NAMES)
    unit = "consmax" if about["form"].startswith("consmax") else "hccs"
    check_choice("unit", about["unit"], (unit,))
    check_choice("architecture", about["architecture"], tuple(ARCHITECTURES))
    check_choice("schedule", about["schedule"], SCHEDULES if unit == "hccs" else ("rows",))
    check_choice("masking", about["masking"], MASKINGS)
    check_range("rows", about["rows"], 1, 1 << 24)
    check_range("length", about["length"], 1, 65535)
    check_range("heads", about["heads"], 1, 65535)
    if about["schedule"] == "tiles" and about["rows"] % TILE_ROWS:
        raise InputError(f"rows must be a multiple of {TILE_ROWS}, not {about['rows']}")
    files = document["files"]
    if not isinstance(files, dict):
        raise InputError(f"files must be an object, not {shown(files)}")
    arrays = {}
    for name, (shape, dtype) in _shapes(**about).items():
        arrays[name] = _read(folder, f"{name}.bin", files, shape, dtype)
    _bytes(folder, PLAN, files)
    records = arrays.pop("rows")
    if int(records["head"].max()) >= about["heads"]:
        raise InputError(
            f"rows.bin must have heads 0 to {about['heads'] - 1}, not {records['head'].max()}"
        )
    if int(records["valid"].max()) > about["length"]:
        raise InputError(
            f"rows.bin must have valid 0 to {about['length']}, not {records['valid'].max()}"
        )
    return Vectors(folder, **about, records=records, mask=arrays.pop("mask", None), **arrays)


def _shapes(
    *,
    unit: str,
    architecture: str,
    form: str,
    schedule: str,
    masking: str,
    rows: int,
    length: int,
    heads: int,
    **_: Any,
) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    """Return shape and type of every array."""
    if schedule == "rows":
        shape, words = (rows, stride(length)), (rows, stride(length) // 32)
    else:
        words = tile_shape(rows, length)
        shape = (*words, TILE_ROWS, 8)
    entries = 256 if architecture == "aie" else 1024
    code = "u1" if form.startswith("u8") or form == "consmax-uq0.8" else "<i2"
    shapes = {
        "scores": (shape, np.dtype("i1")),
        "rows": ((rows,), ROW),
        "table": ((heads,), HEAD) if unit == "hccs" else ((heads, entries), np.dtype("<u2")),
        "expected": (shape, np.dtype("<u2" if form == "consmax-uq0.16" else code)),
    }
    return shapes | ({"mask": (words, np.dtype("<u4"))} if masking == "bits" else {})


def _read(
    folder: Path, name: str, files: dict[str, Any], shape: tuple[int, ...], dtype: np.dtype
) -> Array:
    content = _bytes(folder, name, files)
    wanted = math.prod(shape) * dtype.itemsize
    if len(content) != wanted:
        raise InputError(f"{name} must have {wanted} bytes, not {len(content)}")
    array = aligned(shape, dtype)
    array[...] = np.frombuffer(content, dtype).reshape(shape)
    return array


def _bytes(folder: Path, name: str, files: dict[str, Any]) -> bytes:
    """Return the content of a file if it is what the manifest says."""
    stated = files.get(name)
    if not isinstance(stated, dict):
        raise InputError(f"files: {name} is missing")
    content = read_bytes(folder / name, "file", most=_MOST_BYTES)
    if stated.get("bytes") != len(content):
        raise InputError(
            f"{name} must have {shown(stated.get('bytes'))} bytes (manifest), not {len(content)}"
        )
    if stated.get("sha256") != _digest(content):
        raise InputError(f"{name} must have the sha256 of the manifest, not {_digest(content)}")
    return content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
