# SPDX-License-Identifier: Apache-2.0
"""Call the kernels' host library on NumPy arrays."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from surmax.aie.forms import SCHEDULES
from surmax.aie.layout import ALIGNMENT, HEAD, ROW, Array, Words
from surmax.common.errors import ToolError, shown
from surmax.common.extras import needs
from surmax.golden import InputError

_INTERFACE = """
const char* surmax_forms();
int surmax_hccs(const char* form, int schedule, int bits, const int8_t* scores, void* codes,
                const void* rows, const void* heads, const uint32_t* mask,
                unsigned count, unsigned length, char* error, unsigned error_bytes);
int surmax_consmax(int output_bits, int bits, const int8_t* scores, void* codes, const void* rows,
                   const void* tables, const uint32_t* mask,
                   unsigned count, unsigned length, char* error, unsigned error_bytes);
void surmax_ledger_reset(void);
const char* surmax_ledger(void);
"""
_ERROR_BYTES = 512
# Schedules in the order of their numbers in the C interface; the last one is for the ledger only.
_SCHEDULES = (*SCHEDULES, "five stages")


class ViolationError(ToolError):
    """A kernel did something that the device does not allow; the message is the stand-in's line."""


@cache
def _ffi() -> Any:
    with needs("aie"):
        import cffi
    ffi = cffi.FFI()
    ffi.cdef(_INTERFACE)
    return ffi


class HostLibrary:
    """The kernels of one architecture, compiled for this machine.

    Parameters:
        path: library that surmax.aie.host_build.build_library has compiled.

    Raises InputError when cffi is missing or the file is not such a library.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ffi = _ffi()
        try:
            self._library = self._ffi.dlopen(str(path.resolve()))
            forms = self._library.surmax_forms()
        except (OSError, AttributeError) as error:
            raise InputError(f"library {path} cannot be loaded: {error}") from None
        self.forms = tuple(self._ffi.string(forms).decode().split("\n")[:-1])

    def hccs(
        self,
        form: str,
        schedule: str,
        scores: Array,
        codes: Array,
        rows: Array,
        heads: Array,
        mask: Words | None,
        length: int,
    ) -> None:
        """Run an HCCS kernel, which fills in `codes`.

        Arrays must have the layout and alignment of surmax.aie.layout; only their types and
        alignment are checked here. With `mask` None, `rows` has the number of valid positions.

        Raises InputError when the library does not have the form, ViolationError when the kernel
        does something that the device does not allow.
        """
        pointers = self._pointers(scores, codes, rows, mask)
        number, bits = _SCHEDULES.index(schedule), int(mask is not None)
        self._call(
            form,
            self._library.surmax_hccs,
            (form.encode(), number, bits, *pointers[:3], self._data(heads, HEAD), pointers[3]),
            (len(rows), length),
        )

    def consmax(
        self,
        scores: Array,
        codes: Array,
        rows: Array,
        tables: Array,
        mask: Words | None,
        length: int,
    ) -> None:
        """Run the ConSmax kernel for codes of the width of `codes`; otherwise as `hccs`."""
        pointers = self._pointers(scores, codes, rows, mask)
        data = self._data(tables, np.dtype(np.uint16))
        self._call(
            f"consmax {8 * codes.itemsize}",
            self._library.surmax_consmax,
            (8 * codes.itemsize, int(mask is not None), *pointers[:3], data, pointers[3]),
            (len(rows), length),
        )

    def reset_ledger(self) -> None:
        """Set all counts of operations to zero."""
        self._library.surmax_ledger_reset()

    def ledger(self) -> dict[str, dict[str, list[int]]]:
        """Return the counts since the reset: {section: {kind: [calls, native instructions]}}.

        The counts are empty when the library was built without the ledger.
        """
        return json.loads(self._ffi.string(self._library.surmax_ledger()))

    def _call(self, name: str, function: Any, arguments: tuple, sizes: tuple[int, int]) -> None:
        error = self._ffi.new(f"char[{_ERROR_BYTES}]")
        code = function(*arguments, *sizes, error, _ERROR_BYTES)
        if code == 1:
            raise ViolationError(self._ffi.string(error).decode(errors="replace"))
        if code:
            raise InputError(
                f"kernel must be one of the {len(self.forms)} in {self.path.name}, "
                f"not {shown(name)}"
            )

    def _pointers(self, scores: Array, codes: Array, rows: Array, mask: Words | None) -> tuple:
        words = self._ffi.NULL if mask is None else self._data(mask, np.dtype(np.uint32))
        return (
            self._data(scores, np.dtype(np.int8)),
            self._data(codes, codes.dtype, writable=True),
            self._data(rows, ROW),
            words,
        )

    def _data(self, array: Array, dtype: np.dtype, *, writable: bool = False) -> Any:
        """Return the address of an array after checking its type and alignment."""
        if array.dtype != dtype:
            raise InputError(f"array must have dtype {dtype}, not {array.dtype}")
        if not array.flags.c_contiguous:
            raise InputError("array must be contiguous")
        if array.ctypes.data % ALIGNMENT:
            raise InputError(
                f"array must start at a multiple of {ALIGNMENT} bytes, not {array.ctypes.data:#x}"
            )
        if writable and not array.flags.writeable:
            raise InputError("codes must be writable: the kernel fills them in")
        kind = {np.dtype(np.int8): "int8_t *", np.dtype(np.uint32): "uint32_t *"}
        return self._ffi.cast(kind.get(dtype, "void *"), array.ctypes.data)
