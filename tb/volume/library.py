# SPDX-License-Identifier: Apache-2.0
"""The Verilated stream top as a shared library, driven through ctypes."""

import ctypes
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from surmax.rtl import Build
from surmax.tb.units import model_of

Bytes = npt.NDArray[np.uint8]

# What the compiled checks can find wrong with the handshake, by the numbers in volume_rules.h.
FAULTS = (
    None,
    "an output beat is late, lost or waits for m_ready (m_valid low with a beat due)",
    "an output beat is early or was never put in (m_valid high with none due)",
    "an output beat changed while it waited for m_ready",
    "a beat was refused by a unit that had room",
    "a beat survived reset",
    "overlong is wrong (it reports that a row was cut)",
)


@dataclass(frozen=True)
class Beats:
    """Input beats, all C-contiguous uint8.

    Attributes:
        scores: (beats, lanes), a byte lane each; a 16-bit score lies in two lanes, low byte first.
        mask: (beats, ceil(lanes/8)), packed bits, lane 0 lowest, 1 is masked, spare bits 0.
        head: (beats,).
        last: (beats,), 0 or 1.
    """

    scores: Bytes
    mask: Bytes
    head: Bytes
    last: Bytes

    def __len__(self) -> int:
        """Count the beats."""
        return len(self.scores)

    def first(self, count: int) -> Self:
        """Return the first `count` beats."""
        return type(self)(*(array[:count] for array in vars(self).values()))


@dataclass(frozen=True)
class Outcome:
    """Outputs of one call.

    Attributes:
        codes: (received, lanes) codes as the port packs them: uint8, or uint16 for 8-bit scores
            with uq0.16 output; a 16-bit code lies in two lanes, low byte first.
        last: (received,) uint8.
        cycles: clock cycles that the call took.
        span: those from the first beat taken in to the last one taken out, both counted.
        fault: which rule of the handshake was broken, None if none; the call ends there.
    """

    codes: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
    last: Bytes
    cycles: int
    span: int
    fault: str | None


class _Run(ctypes.Structure):
    """The struct Run of volume.cpp."""

    _fields_ = [
        ("beats", ctypes.c_uint64),
        *((name, ctypes.c_void_p) for name in ("scores", "mask", "head", "last")),
        *((name, ctypes.c_void_p) for name in ("codes", "last_out")),
        ("loads", ctypes.c_uint64),
        ("words", ctypes.c_void_p),
        *((name, ctypes.c_uint64) for name in ("seed", "received", "cycles", "span", "fault")),
    ]


class CompiledTop:
    """One instance of a compiled model; state stays between calls. A context manager.

    Parameters:
        build: the parameters that the library was compiled for.
        library: what compile_model returned.
        seed: of the registers' power-up values.
        argument: a plusarg of the simulation, "" for none.
    """

    def __init__(self, build: Build, library: Path, *, seed: int = 1, argument: str = "") -> None:
        self.build, self._model = build, model_of(build)
        self._library = ctypes.CDLL(str(library.resolve()))
        self._library.volume_open.restype = ctypes.c_void_p
        self._library.volume_open.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
        self._library.volume_close.argtypes = [ctypes.c_void_p]
        self._library.volume_reset.restype = ctypes.c_uint64
        self._library.volume_reset.argtypes = [ctypes.c_void_p, *[ctypes.c_uint64] * 2]
        self._library.volume_run.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Run)]
        self._handle = self._library.volume_open(seed & 0x7FFFFFFF, argument.encode())

    def __enter__(self) -> Self:
        """Return the model itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Free the instance."""
        self._library.volume_close(self._handle)

    def reset(self, cycles: int = 0, seed: int = 1) -> str | None:
        """Send beats for so many cycles, reset; return what is wrong if one survives, else None."""
        return FAULTS[self._library.volume_reset(self._handle, cycles, seed)]

    def run(
        self, beats: Beats, loads: npt.NDArray[np.uint32] | None = None, *, stall_seed: int = 0
    ) -> Outcome:
        """Send beats and constants side by side; return what came out.

        Args:
            beats: the input, may be of length 0; for row units the last beat ends its row.
            loads: rows for the load port, one a cycle from the first: Model.load_ports.
            stall_seed: seed of random stalls on both sides; 0 is none.
        """
        lanes, count = self.build.lanes, len(beats)
        assert beats.scores.shape == (count, lanes)
        assert beats.mask.shape == (count, (lanes + 7) // 8)
        assert beats.head.shape == beats.last.shape == (count,)
        codes = np.empty((count, lanes), dtype=self._model.code_dtype)
        last = np.empty(count, dtype=np.uint8)
        ports = len(self._model.load_ports)
        words = np.zeros((0, ports), dtype=np.uint32) if loads is None else loads
        assert words.shape[1] == ports
        arrays = {
            "scores": beats.scores,
            "mask": beats.mask,
            "head": beats.head,
            "last": beats.last,
            "codes": codes,
            "last_out": last,
            "words": words,
        }
        assert all(array.flags.c_contiguous for array in arrays.values())
        pointers = {name: array.ctypes.data for name, array in arrays.items()}
        run = _Run(beats=count, loads=len(words), seed=stall_seed, **pointers)
        self._library.volume_run(self._handle, ctypes.byref(run))
        got = run.received
        return Outcome(codes[:got], last[:got], run.cycles, run.span, FAULTS[run.fault])
