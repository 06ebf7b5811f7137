# SPDX-License-Identifier: Apache-2.0
"""Compile the Verilated stream top to a shared library, once a content."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from surmax.common.digest import code_digest, data_file, digest_of
from surmax.common.errors import ToolError
from surmax.common.kept_files import kept_files
from surmax.common.tools import run_tool
from surmax.rtl import Build
from surmax.tb.core.model import Model
from surmax.tb.run.simulators import require, verilator_environment, verilator_program
from surmax.tb.units import model_of

# What takes longest to compile of every model, in a header of its own.
_COMMON = "volume_common.h"


class ModelError(ToolError):
    """Verilator or the C++ compiler failed."""


def _defines(model: Model) -> dict[str, int]:
    """Return the macros of volume.cpp and of the unit's rules."""
    lanes = model.build.lanes
    defines = {"LANES": lanes, "CODE_BYTES": lanes * np.dtype(model.code_dtype).itemsize}
    return defines | ({"LOADABLE": 1} if model.loadable else {}) | model.defines()


def _load_header(model: Model) -> str:
    """Return the text of volume_load.h: how a row of constants gets to the load port.

    `idle` puts random bits there while load_valid is low.
    """
    ports = model.load_ports if model.loadable else ()
    lines = [f"    top.{name} = word[{place}];" for place, name in enumerate(ports)]
    widths = {name: bits for name, _, bits in model.build.ports()}
    shifts = np.cumsum([0, *(widths[name] for name in ports)]).tolist()
    assert shifts[-1] <= 64, "random bits of one word must fill the load port"
    noise = [
        f"    top.{name} = random >> {shift} & {(1 << widths[name]) - 1};"
        for name, shift in zip(ports, shifts, strict=False)
    ]
    return "\n".join(
        [
            "#pragma once",
            f"constexpr unsigned LOAD_WORDS = {len(ports)};",
            "inline void load(Vunit& top, const uint32_t* word) {",
            *lines,
            "}",
            "inline void idle([[maybe_unused]] Vunit& top, [[maybe_unused]] uint64_t random) {",
            *noise,
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
    sources = {
        name: data_file(__package__, name).read_text(encoding="utf-8")
        for name in ("volume.cpp", "volume_rules.h")
    }
    sources["rules.h"] = model.rules.read_text(encoding="utf-8")
    sources["volume_load.h"] = _load_header(model)
    version = require("verilator").version
    # Lanes as functions of their own: half the code, half the time.
    lanes = "".join(f'no_inline -module "{name}"\n' for name in model.lane_modules)
    wrapper = _wrapper(build)
    # What the unit decides is in these texts: of the code, what compiles them is left.
    key = _digest(version, _recipe(), *flags, *defines, *sources.values(), lanes, wrapper, text)
    place = folder.resolve() / f"volume-{key}"

    def make(work: Path) -> None:
        environment = verilator_environment()
        (work / "design.v").write_text(text, encoding="utf-8")
        (work / "wrapper.v").write_text(wrapper, encoding="utf-8")
        (work / "lanes.vlt").write_text("`verilator_config\n" + lanes, encoding="utf-8")
        for name, content in sources.items():
            (work / name).write_text(content, encoding="utf-8")
        command = [str(verilator_program()), "--cc", "-O3", "--prefix", "Vunit", "--Mdir", "."]
        command += ["-Wno-fatal", "-Wno-lint", "-Wno-style", "--top-module", "volume"]
        command += ["wrapper.v", "design.v", "lanes.vlt"]
        _run(command, work, environment)
        runtime = _runtime(folder, version, environment)
        headers = _headers(folder, version, flags, environment)
        include = [f"-I{path}" for path in (headers, *_includes(environment))]
        include += ["-include", _COMMON]
        # The headers cost more than most files, so that there are two translation units at most:
        # what runs once (constructors, first settling) is not worth the optimiser's time.
        units: dict[str, list[str]] = {"often": [], "once": []}
        for path in sorted(work.glob("*.cpp")):
            once = optimise and ("Slow" in path.name or "Syms" in path.name)
            units["once" if once else "often"].append(f'#include "{path.name}"\n')
        jobs, objects = [], list(map(str, runtime))
        for unit, lines in units.items():
            if not lines:
                continue
            objects.append(f"{unit}.o")
            (work / f"{unit}.cc").write_text("".join(lines), encoding="utf-8")
            level = ["-O0"] if unit == "once" else []
            jobs.append(["g++", *flags, *level, *defines, *include, "-c", f"{unit}.cc"])
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda job: _run(job, work, environment), jobs))
        _run(["g++", "-shared", "-o", "volume.so", *objects, "-pthread"], work, environment)

    kept_files(place, key, ["volume.so"], make)
    return place / "volume.so"


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
    root = _includes(environment)
    for source in ("verilated.cpp", "verilated_threads.cpp"):
        name = f"{Path(source).stem}.o"
        key = _digest(version, source, _recipe())
        command = ["g++", "-std=c++17", "-fPIC", "-O1", *(f"-I{path}" for path in root)]
        command += ["-c", str(root[0] / source), "-o", name]
        place = folder.resolve() / f"{Path(source).stem}-{key}"
        kept_files(place, key, [name], lambda work, job=command: _run(job, work, environment))
        objects.append(place / name)
    return objects


def _headers(folder: Path, version: str, flags: list[str], environment: dict[str, str]) -> Path:
    """Return the folder of the precompiled header _COMMON, compiled once a folder."""
    key = _digest(version, *flags, _recipe())
    place = folder.resolve() / f"headers-{key}"

    def make(work: Path) -> None:
        lines = ("#include <deque>", '#include "verilated.h"', "")
        (work / _COMMON).write_text("\n".join(lines), encoding="utf-8")
        include = [f"-I{path}" for path in _includes(environment)]
        _run(["g++", *flags, *include, "-x", "c++-header", _COMMON], work, environment)

    kept_files(place, key, [_COMMON, f"{_COMMON}.gch"], make)
    return place


def _includes(environment: dict[str, str]) -> list[Path]:
    root = Path(environment["VERILATOR_ROOT"]) / "include"
    return [root, root / "vltstd"]


def _digest(*parts: str) -> str:
    return digest_of(*parts)[:16]


def _recipe() -> str:
    """Return the digest of this module and of what it takes of the simulators'."""
    return digest_of(Path(__file__), code_digest("surmax.tb.run.simulators"))


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    run_tool(command, error=ModelError, folder=folder, environment=environment, timeout=900)
