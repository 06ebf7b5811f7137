# SPDX-License-Identifier: Apache-2.0
"""The kernels' host library, called on NumPy arrays."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from surmax.aie.forms import SCHEDULES
from surmax.aie.layout import ALIGNMENT, HEAD, ROW, Array, Words
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
# By their numbers in the C interface; the last is there for the ledger alone.
_SCHEDULES = (*SCHEDULES, "five stages")


class ViolationError(RuntimeError):
    """A kernel did what the device does not allow; the message is the stand-in's one line."""


@cache
def _ffi() -> Any:
    with needs("aie"):
        import cffi
    ffi = cffi.FFI()
    ffi.cdef(_INTERFACE)
    return ffi


class HostLibrary:
    """All kernels of one architecture.

    Parameters:
        path: the library that surmax.aie.host_build.build_library has compiled.

    Raises InputError when cffi is missing or the file is no such library.
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
        """Run an HCCS kernel: `codes` are filled in.

        Arrays are laid out and aligned as surmax.aie.layout makes them; `mask` None takes the
        number of positions from `rows`. Only the types are checked here.

        Raises InputError for a form that the library has not, ViolationError.
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
        """Run the ConSmax kernel for the width of `codes`; otherwise as `hccs`."""
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
        """Return what was counted since: section, kind of operation, [calls, native issues].

        Empty when the library was built without the ledger.
        """
        return json.loads(self._ffi.string(self._library.surmax_ledger()))

    def _call(self, name: str, function: Any, arguments: tuple, sizes: tuple[int, int]) -> None:
        error = self._ffi.new(f"char[{_ERROR_BYTES}]")
        code = function(*arguments, *sizes, error, _ERROR_BYTES)
        if code == 1:
            raise ViolationError(self._ffi.string(error).decode(errors="replace"))
        if code:
            raise InputError(
                f"kernel {name!r} is not in {self.path.name}: {len(self.forms)} others are"
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
        """Return an array's address after checking that a kernel may have it."""
        if array.dtype != dtype or not array.flags.c_contiguous:
            raise InputError(f"array must be contiguous {dtype}, not {array.dtype}")
        if array.ctypes.data % ALIGNMENT:
            raise InputError(f"array starts at {array.ctypes.data:#x}: {ALIGNMENT}-byte alignment")
        if writable and not array.flags.writeable:
            raise InputError("codes are read-only: they are where the kernel writes")
        kind = {np.dtype(np.int8): "int8_t *", np.dtype(np.uint32): "uint32_t *"}
        return self._ffi.cast(kind.get(dtype, "void *"), array.ctypes.data)
