# SPDX-License-Identifier: Apache-2.0
"""The Verilated stream top as a shared library: compiled once a content, driven through ctypes."""

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from threading import get_ident
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from surmax.rtl import Build
from surmax.tb.model import Model
from surmax.tb.simulators import require, verilator_environment
from surmax.tb.units import model_of

Bytes = npt.NDArray[np.uint8]

# What the harness can find wrong with the handshake, by its number in volume_rules.h.
FAULTS = (
    None,
    "an output beat is late, lost or waits for m_ready (m_valid low with a beat due)",
    "an output beat is early or was never put in (m_valid high with none due)",
    "an output beat changed while it waited for m_ready",
    "a beat was refused by a unit that had room",
    "a beat survived reset",
    "overlong is wrong (it reports that a row was cut)",
)


class ModelError(RuntimeError):
    """Verilator or the C++ compiler failed; the message is the end of what it printed."""


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
    """What came out of a call.

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


def _defines(model: Model) -> dict[str, int]:
    """Return the macros of the harness and of the unit's rules."""
    lanes = model.build.lanes
    defines = {"LANES": lanes, "CODE_BYTES": lanes * np.dtype(model.code_dtype).itemsize}
    return defines | ({"LOADABLE": 1} if model.loadable else {}) | model.defines()


def _load_header(model: Model) -> str:
    """Return the text of volume_load.h: how a row of constants gets to the load port."""
    ports = model.load_ports if model.loadable else ()
    lines = [f"    top.{name} = word[{place}];" for place, name in enumerate(ports)]
    return "\n".join(
        [
            "#pragma once",
            f"constexpr unsigned LOAD_WORDS = {len(ports)};",
            "inline void load(Vunit& top, const uint32_t* word) {",
            *lines,
            "}\n",
        ]
    )


def compile_model(build: Build, text: str, folder: Path, *, optimise: bool = True) -> Path:
    """Return the shared library of Verilog `text`, whose parameters are those of `build`.

    It is kept under `folder` by content: the same text and options are compiled once. With
    `optimise` false it compiles faster and runs slower. Raises InputError when Verilator or the
    compiler is missing, ModelError when one of them fails.
    """
    require("verilator")
    model = model_of(build)
    defines = [f"-D{name}={value}" for name, value in _defines(model).items()]
    flags = ["-std=c++17", "-fPIC", "-O2" if optimise else "-O0"]
    sources = {"volume.cpp": "volume.cpp", "volume_rules.h": "volume_rules.h"}
    sources["rules.h"] = model.rules
    data = files("surmax.tb").joinpath("data")
    harness = {name: data.joinpath(file).read_text() for name, file in sources.items()}
    harness["volume_load.h"] = _load_header(model)
    version = require("verilator").version
    # This file is part of the content: it says how to compile.
    recipe = Path(__file__).read_text()
    key = _digest(version, recipe, *flags, *defines, *harness.values(), text)
    library = folder / f"volume-{key}.so"
    if library.exists():
        return library
    folder.mkdir(parents=True, exist_ok=True)
    environment = verilator_environment(folder / "bin")
    # Made aside and moved, so that a broken or parallel build leaves nothing half-written.
    with tempfile.TemporaryDirectory(dir=folder, prefix="volume-") as name:
        work = Path(name)
        (work / "design.v").write_text(text)
        (work / "wrapper.v").write_text(_wrapper(build))
        # Lanes as functions of their own: half the code, half the time.
        lanes = (f'no_inline -module "{name}"\n' for name in model.lane_modules)
        (work / "lanes.vlt").write_text("`verilator_config\n" + "".join(lanes))
        for name, content in harness.items():
            (work / name).write_text(content)
        command = ["verilator", "--cc", "-O3", "--prefix", "Vunit", "--Mdir", ".", "-Wno-fatal"]
        command += ["-Wno-lint", "-Wno-style", "--top-module", "volume"]
        command += ["wrapper.v", "design.v", "lanes.vlt"]
        _run(command, work, environment)
        runtime = _runtime(folder, version, environment)
        include = [f"-I{path}" for path in _includes(environment)]
        # The headers cost more than most files, so that there are two translation units at most:
        # what runs once (constructors, first settling) is not worth the optimiser's time.
        units: dict[str, list[str]] = {"often": [], "once": []}
        for path in sorted(work.glob("*.cpp")):
            once = optimise and ("Slow" in path.name or "Syms" in path.name)
            units["once" if once else "often"].append(f'#include "{path.name}"\n')
        jobs = []
        for unit, lines in units.items():
            (work / f"{unit}.cc").write_text("".join(lines))
            level = ["-O0"] if unit == "once" else []
            jobs.append(["g++", *flags, *level, *defines, *include, "-c", f"{unit}.cc"])
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda job: _run(job, work, environment), jobs))
        objects = ["often.o", "once.o", *map(str, runtime)]
        _run(["g++", "-shared", "-o", "volume.so", *objects, "-pthread"], work, environment)
        (work / "volume.so").replace(library)
    return library


def _wrapper(build: Build) -> str:
    """Return a top with a register at every input of the unit but the clock.

    All logic then follows registers, so that a cycle takes one evaluation instead of two: one when
    the inputs change and one after the clock edge.
    """
    ports, body, pins, loads = [], [], [], []
    for name, way, bits in build.ports():
        ports.append(f"  {way} [{bits - 1}:0] {name}")
        registered = way == "input" and name != "clk"
        pins.append(f".{name}({name}_q)" if registered else f".{name}({name})")
        if registered:
            body.append(f"  reg [{bits - 1}:0] {name}_q;")
            loads.append(f"    {name}_q <= {name};")
    lines = ["module volume (", ",\n".join(ports), ");", *body]
    lines += ["  always @(posedge clk) begin", *loads, "  end"]
    lines += [f"  {build.top_module} unit ({', '.join(pins)});", "endmodule"]
    return "\n".join(lines) + "\n"


def _runtime(folder: Path, version: str, environment: dict[str, str]) -> list[Path]:
    """Return the objects of Verilator's own runtime, compiled once a folder."""
    objects = []
    for source in ("verilated.cpp", "verilated_threads.cpp"):
        root = _includes(environment)
        target = folder.resolve() / f"{Path(source).stem}-{_digest(version, source)}.o"
        if not target.exists():
            draft = target.with_suffix(f".{os.getpid()}-{get_ident()}")
            command = ["g++", "-std=c++17", "-fPIC", "-O1", *(f"-I{path}" for path in root)]
            _run([*command, "-c", str(root[0] / source), "-o", str(draft)], folder, environment)
            draft.replace(target)
        objects.append(target)
    return objects


def _includes(environment: dict[str, str]) -> list[Path]:
    root = Path(environment["VERILATOR_ROOT"]) / "include"
    return [root, root / "vltstd"]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    # The environment's PATH has Verilator's shim, which this process's own PATH has not.
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    done = subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-12:])
        raise ModelError(f"{Path(program).name} failed:\n{tail}")


class VolumeModel:
    """One instance of a compiled model; state stays between calls. A context manager.

    Parameters:
        build: the parameters that the library was compiled for.
        library: what compile_model returned.
        seed: of the registers' power-up values.
    """

    def __init__(self, build: Build, library: Path, *, seed: int = 1) -> None:
        self.build, self._model = build, model_of(build)
        self._library = ctypes.CDLL(str(library.resolve()))
        self._library.volume_open.restype = ctypes.c_void_p
        self._library.volume_open.argtypes = [ctypes.c_uint32]
        self._library.volume_close.argtypes = [ctypes.c_void_p]
        self._library.volume_reset.restype = ctypes.c_uint64
        self._library.volume_reset.argtypes = [ctypes.c_void_p, *[ctypes.c_uint64] * 2]
        self._library.volume_run.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Run)]
        self._handle = self._library.volume_open(seed & 0x7FFFFFFF)

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
