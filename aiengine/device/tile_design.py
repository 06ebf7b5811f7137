# SPDX-License-Identifier: Apache-2.0
"""The call that one tile of a device runs: its fixed size and its buffers.

A call computes `rows` rows. Its scores and codes have the layout of a kernel (surmax.aie.layout).
Its records are 32-bit words: first a Row for each row, then the mask words, if there are any, then
zeros up to a multiple of 64 bytes. All of this is written to design.hpp, with which the C++ in
aiengine/tile, aiengine/graph and aiengine/iron is compiled.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from surmax.aie.forms import ARCHITECTURES, MASKINGS, SCHEDULES, Form
from surmax.aie.layout import ALIGNMENT, TILE_COLUMNS, TILE_ROWS, stride
from surmax.common.plain import PlainFields
from surmax.golden import InputError, check_choice, check_range

# Data memory of a tile in bytes: AM009 (32 KB), AM020 and AM027 (64 KB).
DATA_MEMORY = {"aie": 32 << 10, "aie-ml": 64 << 10, "aie-mlv2": 64 << 10}
# Bytes kept free for the stack, the compiler's own data and gaps between banks.
_RESERVED = 6 << 10
# With this multiple of rows every buffer is a multiple of 64 bytes, so that the next is aligned.
ROWS_STEP = 8
_MOST_ROWS = 256
_WORD_BYTES = 4


@dataclass(frozen=True)
class TileDesign(PlainFields):
    """The call of one tile.

    Attributes:
        architecture: "aie", "aie-ml" or "aie-mlv2".
        form: of HCCS; None is ConSmax.
        output_bits: bits of a code, 8 or 16; with a form those of the form.
        schedule: "rows" or "tiles"; ConSmax knows rows only.
        masking: "length" or "bits".
        length: positions of a row.
        rows: rows of a call, a multiple of 8.
        head_words: HCCS, a 32-bit word for each head: B, S << 16, Dmax << 24.
        tables: ConSmax, (heads, entries) as the architecture reads them.

    Raises:
        InputError: a field is out of range.
    """

    architecture: str
    form: Form | None
    output_bits: int
    schedule: str
    masking: str
    length: int
    rows: int
    head_words: tuple[int, ...] = ()
    tables: npt.NDArray[np.uint16] | None = None

    def __post_init__(self) -> None:
        """Check all fields."""
        super().__post_init__()
        check_choice("architecture", self.architecture, tuple(ARCHITECTURES))
        check_choice("schedule", self.schedule, SCHEDULES if self.form else ("rows",))
        check_choice("masking", self.masking, MASKINGS)
        check_range("length", self.length, 1, 65535)
        check_range("rows", self.rows, ROWS_STEP, _MOST_ROWS)
        if self.rows % ROWS_STEP:
            raise InputError(f"rows must be a multiple of {ROWS_STEP}, not {self.rows}")
        if (self.form is None) == (self.tables is None):
            raise InputError("tables must be given for ConSmax, and only for ConSmax")

    @property
    def name(self) -> str:
        """Name for files, such as "aie-ml-u8-div-floor-15-rows-length"."""
        kernel = f"consmax-{self.output_bits}" if self.form is None else self.form.name
        return f"{self.architecture}-{kernel}-{self.schedule}-{self.masking}"

    @property
    def width(self) -> int:
        """Positions of a row in memory, padding included."""
        if self.schedule == "rows":
            return stride(self.length)
        return -(-self.length // TILE_COLUMNS) * TILE_COLUMNS

    @property
    def elements(self) -> int:
        """Number of scores, and of codes, of a call."""
        return self.rows * self.width

    @property
    def mask_words(self) -> int:
        """Number of mask words of a call."""
        if self.masking == "length":
            return 0
        positions = 32 if self.schedule == "rows" else TILE_ROWS * TILE_COLUMNS
        return self.elements // positions

    @property
    def record_words(self) -> int:
        """Number of 32-bit words of a call's records."""
        step = ALIGNMENT // _WORD_BYTES
        return -(-(self.rows + self.mask_words) // step) * step

    @property
    def heads(self) -> int:
        """Number of heads that there are constants for."""
        return len(self.head_words) if self.tables is None else len(self.tables)

    @property
    def code_dtype(self) -> np.dtype:
        """Type of a code."""
        if self.form is None:
            return np.dtype(f"<u{self.output_bits // 8}")
        return np.dtype("<u1" if self.form.output == "u8" else "<i2")

    def memory(self, shared_records: int = 1) -> int:
        """Return the bytes of a tile's memory for constants and the buffers of two calls.

        `shared_records`: number of calls whose records lie in one buffer.
        """
        records = _WORD_BYTES * self.record_words * shared_records
        buffers = self.elements * (1 + self.code_dtype.itemsize) + records
        constants = _WORD_BYTES * self.heads if self.tables is None else self.tables.nbytes
        return 2 * buffers + constants

    def header(self, kernels: int, calls: int) -> str:
        """Return the text of design.hpp, for a graph of `kernels` tiles that runs `calls` times."""
        lines = [
            "// SPDX-License-Identifier: Apache-2.0",
            "// Written by surmax.aie.device.tile_design: what one tile runs. Do not edit.",
            "#pragma once",
            "",
            "#include <cstdint>",
            "",
        ]
        if self.form is not None:
            lines += [f"#define SURMAX_FORM surmax::{self.form.template}", ""]
        lines += [
            "namespace surmax::design {",
            "",
            f"using code_t = {_cpp_type(self.code_dtype)};",
            f"inline constexpr bool TILES = {_cpp_bool(self.schedule == 'tiles')};",
            f"inline constexpr bool BITS = {_cpp_bool(self.masking == 'bits')};",
            f"inline constexpr unsigned LENGTH = {self.length};",
            f"inline constexpr unsigned ROWS = {self.rows};",
            f"inline constexpr unsigned ELEMENTS = {self.elements};",
            f"inline constexpr unsigned RECORDS = {self.record_words};",
            f"inline constexpr unsigned HEADS = {self.heads};",
            f"inline constexpr unsigned KERNELS = {kernels};",
            f"inline constexpr int CALLS = {calls};",
        ]
        if self.tables is None:
            lines += _array("int32_t HEAD_WORDS[HEADS]", self.head_words, "inline constexpr")
        else:
            size = self.tables.shape[1]
            lines += _array(
                f"uint16_t TABLES[HEADS * {size}]",
                self.tables.reshape(-1).tolist(),
                f"alignas({ALIGNMENT}) inline constexpr",
            )
        lines += ["", "} // namespace surmax::design", ""]
        return "\n".join(lines)


def fitted(design: TileDesign, shared_records: int = 1) -> TileDesign:
    """Return `design` with as many rows a call as fit a tile's memory.

    `shared_records` as in TileDesign.memory. Raises InputError when not even 8 rows fit.
    """
    room = DATA_MEMORY[design.architecture] - _RESERVED
    for rows in range(_MOST_ROWS, 0, -ROWS_STEP):
        tried = replace(design, rows=rows)
        if tried.memory(shared_records) <= room:
            return tried
    raise InputError(
        f"length must let two calls of {ROWS_STEP} rows fit the {room} bytes of a tile on "
        f"{design.architecture}, not be {design.length}, which needs {tried.memory(shared_records)}"
    )


def _array(declaration: str, values: tuple[int, ...] | list[int], prefix: str) -> list[str]:
    lines = [f"{prefix} {declaration} = {{"]
    for start in range(0, len(values), 12):
        lines.append("    " + ", ".join(map(str, values[start : start + 12])) + ",")
    return [*lines, "};"]


def _cpp_type(dtype: np.dtype) -> str:
    return f"{dtype.name}_t"


def _cpp_bool(value: bool) -> str:
    return "true" if value else "false"
