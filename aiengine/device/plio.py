# SPDX-License-Identifier: Apache-2.0
"""Write the folder that a graph reads, and compare the codes that a simulator wrote.

    design.hpp                      sizes and kernel of the tiles, compiled into the graph
    graph.json                      the sizes for the comparison
    scores_<k>.txt records_<k>.txt  inputs of tile k, 128 bits a line in decimal (UG1076)
    expected_<k>.txt                expected content of the simulators' codes_<k>.txt
    scores_<k>.bin records_<k>.bin codes_<k>.bin
                                    the same for host.cpp on a board

Tile k computes calls k*CALLS to (k + 1)*CALLS - 1 of the data.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from surmax.aie.device.blocks import Blocks
from surmax.aie.device.tile_design import TileDesign
from surmax.aie.layout import Array
from surmax.common.errors import InputError, check_keys, check_kind, check_range, shown, shown_path
from surmax.common.reading import MIB, read_json, read_text
from surmax.common.writing import check_output_folder, write_whole

_PLIO_BYTES = 16
_SIZES = "graph.json"
_SIZE_NAMES = ("kernels", "calls", "rows", "width")
_MOST_BYTES = 1024 * MIB
_NUMBER = re.compile(r"[+-]?[0-9]{1,10}")


@dataclass(frozen=True)
class Comparison:
    """The codes of a simulator compared with the expected ones.

    Attributes:
        rows: number of rows compared, with those that fill up the last calls.
        mismatches: number of codes that differ.
        first: the first mismatch in words; None when there is none.
    """

    rows: int
    mismatches: int
    first: str | None


def write_folder(folder: Path, design: TileDesign, blocks: Blocks, kernels: int) -> None:
    """Write the folder of a graph of `kernels` tiles.

    The number of calls in `blocks` must be a multiple of `kernels`. Raises InputError when the
    folder cannot be written.
    """
    calls = len(blocks.scores) // kernels
    sizes = {"kernels": kernels, "calls": calls, "rows": design.rows, "width": design.width}
    files: dict[str, str | bytes] = {
        "design.hpp": design.header(kernels, calls),
        _SIZES: json.dumps(sizes) + "\n",
    }
    for k in range(kernels):
        part = slice(k * calls, (k + 1) * calls)
        named = {"scores": blocks.scores, "records": blocks.records, "codes": blocks.codes}
        for name, values in named.items():
            files[f"{name}_{k}.bin"] = values[part].tobytes()
            text = "expected" if name == "codes" else name
            files[f"{text}_{k}.txt"] = plio_text(values[part])
    check_output_folder(folder, files)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_whole(folder / name, content)
    except OSError as error:
        raise InputError(f"folder {shown_path(folder)}: {error.strerror}") from None


def plio_text(values: Array) -> str:
    """Return values as the text file of a PLIO; they must fill whole lines of 128 bits."""
    lines = values.reshape(-1, _PLIO_BYTES // values.itemsize).tolist()
    return "".join(" ".join(map(str, line)) + "\n" for line in lines)


def compare(folder: Path, output: Path) -> Comparison:
    """Compare the codes_<k>.txt in `output`, such as x86simulator_output, with the expected ones.

    Raises InputError when a file is missing, has other words than integers, or is too short.
    """
    sizes = _read_sizes(folder)
    per_call = sizes["rows"] * sizes["width"]
    mismatches, first = 0, None
    for k in range(sizes["kernels"]):
        wanted = _numbers(folder / f"expected_{k}.txt")
        got = _numbers(output / f"codes_{k}.txt")
        if len(got) != len(wanted):
            raise InputError(
                f"{output / f'codes_{k}.txt'} must have {len(wanted)} codes, not {len(got)}"
            )
        wrong = np.flatnonzero(got != wanted)
        mismatches += len(wrong)
        if first is None and len(wrong):
            at = wrong[0]
            first = (
                f"tile {k}, call {at // per_call}, element {at % per_call}: expected "
                f"{wanted[at]}, got {got[at]}"
            )
    rows = sizes["kernels"] * sizes["calls"] * sizes["rows"]
    return Comparison(rows, mismatches, first)


def _read_sizes(folder: Path) -> dict[str, int]:
    """Return the sizes that write_folder has left; raises InputError for others."""
    path = folder / _SIZES
    if not path.exists():
        raise InputError(
            f"folder {shown_path(folder)} must have {_SIZES}, which `surmax aie plio` writes"
        )
    sizes = read_json(path, "sizes", most=MIB)
    try:
        check_keys("top level", check_kind("top level", sizes, dict), _SIZE_NAMES)
        return {name: check_range(name, sizes[name], 1, 1 << 24) for name in _SIZE_NAMES}
    except InputError as error:
        raise InputError(f"sizes {shown_path(path)}: {error}") from None


def _numbers(path: Path) -> Array:
    lines = read_text(path, "codes", most=_MOST_BYTES).splitlines()
    # aiesimulator writes lines with times and with TLAST between the lines with data.
    words = [word for line in lines if line[:1] not in "T" for word in line.split()]
    try:
        return np.array([int(word) for word in words], np.int64)
    except (ValueError, OverflowError):
        wrong = next(word for word in words if not _NUMBER.fullmatch(word))
        raise InputError(f"codes {shown_path(path)} must be integers, not {shown(wrong)}") from None
