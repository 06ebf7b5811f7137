# SPDX-License-Identifier: Apache-2.0
"""Compile the kernels for a device: with Peano for NPUs, with Vitis for Versal.

The tools are found by environment variables. PEANO_INSTALL_DIR is the folder of Peano (llvm-aie),
MLIR_AIE_INSTALL_DIR that of mlir-aie, which brings the vendor's aie_api headers; mlir-aie's
utils/env_setup.sh sets both. XILINX_VITIS is the folder of Vitis; its settings64.sh sets it.
"""

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from surmax.aie.device.tile_design import TileDesign
from surmax.aie.forms import ARCHITECTURES, MASKINGS, form_named
from surmax.aie.host_build import KERNELS, CompileError
from surmax.aie.layout import TABLE_ENTRIES, consmax_tables
from surmax.common.digest import data_file
from surmax.common.errors import shown
from surmax.common.processes import run
from surmax.common.writing import write_whole
from surmax.golden import InputError, check_choice

TILE = data_file("surmax.aie", "tile")
GRAPH = data_file("surmax.aie", "graph")
ENTRY = data_file("surmax.aie", "iron/entry.cc")

_VARIABLES = {"Peano": "PEANO_INSTALL_DIR", "Vitis": "XILINX_VITIS"}
NPU_ARCHITECTURES = {"npu1": "aie-ml", "npu2": "aie-mlv2"}
# Peano's target for each NPU; it decides __AIE_ARCH__.
_PEANO_TARGETS = {"aie-ml": "aie2", "aie-mlv2": "aie2p"}
# The flags that mlir-aie compiles its own kernels with (python/utils/compile/utils.py). The last
# one keeps aie_api from including <adf.h>, which Peano does not have.
_PEANO_FLAGS = (
    "-std=c++20",
    "-O2",
    "-DNDEBUG",
    "-Wno-parentheses",
    "-Wno-attributes",
    "-Wno-macro-redefined",
    "-Wno-empty-body",
    "-D__AIE_API_AIE_ADF_HPP__",
)
# One part of each architecture: those of the boards VCK190, VEK280 and VEK385.
PARTS = {
    "aie": "xcvc1902-vsva2197-2MP-e-S",
    "aie-ml": "xcve2802-vsvh1760-2MP-e-S",
    "aie-mlv2": "xc2ve3858-ssva2112-2MP-e-S",
}
GRAPH_TARGETS = ("x86sim", "hw")
_LIMIT_SECONDS = 3600
# Every reciprocal, output, schedule, way to mask and way to finish a code at least once.
_SAMPLE = (
    ("u8-div-floor-15", "rows", "length"),
    ("u8-clb-floor-15", "tiles", "length"),
    ("u8-clb2-nearest-15", "rows", "bits"),
    ("i16-clb1-floor-0", "tiles", "bits"),
    ("i16-div-nearest-15", "rows", "length"),
    ("u8-div-nearest-22", "tiles", "length"),
)


@dataclass(frozen=True)
class Peano:
    """Paths of Peano's compiler and of the folder that holds aie_api/."""

    compiler: Path
    include: Path


@dataclass(frozen=True)
class Built:
    """A compilation for a device: tool, architecture and path of the result."""

    tool: str
    architecture: str
    path: Path


def missing_tools(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return one line that names the missing tools; None when both are there."""
    missing = [
        f"no {tool} ({variable} not set)"
        for tool, variable in _VARIABLES.items()
        if not environment.get(variable)
    ]
    if len(missing) == len(_VARIABLES):
        return ", ".join(missing) + ": built for the host only"
    return missing[0] if missing else None


def find_peano(environment: Mapping[str, str] = os.environ) -> Peano | None:
    """Return Peano, or None when PEANO_INSTALL_DIR is not set.

    Raises InputError when it is set and there is no compiler, or aie_api is nowhere.
    """
    compiler = _tool(environment, _VARIABLES["Peano"], "clang++")
    if compiler is None:
        return None
    home = environment.get("MLIR_AIE_INSTALL_DIR")
    if not home:
        raise InputError(
            "MLIR_AIE_INSTALL_DIR must be set: Peano needs the aie_api headers of mlir-aie"
        )
    include = Path(home) / "include"
    if not (include / "aie_api" / "aie.hpp").is_file():
        raise InputError(
            f"MLIR_AIE_INSTALL_DIR must be a folder with include/aie_api/aie.hpp, not {shown(home)}"
        )
    return Peano(compiler, include)


def find_vitis(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the path of v++, or None when XILINX_VITIS is not set.

    Raises InputError when it is set and there is no v++.
    """
    return _tool(environment, _VARIABLES["Vitis"], "v++")


def build_call(design: TileDesign, peano: Peano, path: Path) -> Path:
    """Compile the function that a worker of the IRON design calls; return the object `path`.

    design.hpp is written beside it. Raises InputError when no NPU has the architecture, or the
    compiler refuses the kernel.
    """
    check_choice("architecture", design.architecture, tuple(_PEANO_TARGETS))
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path.parent / "design.hpp", design.header(kernels=1, calls=1))
    command = [
        str(peano.compiler),
        f"--target={_PEANO_TARGETS[design.architecture]}-none-unknown-elf",
        *_PEANO_FLAGS,
        *(f"-I{folder}" for folder in (path.parent, KERNELS, TILE, peano.include)),
        "-c",
        str(ENTRY),
        "-o",
        str(path),
    ]
    _run(command, path.parent, "Peano", design.architecture)
    return path


def build_graph(
    design: TileDesign,
    vitis: Path,
    folder: Path,
    *,
    target: str = "hw",
    platform: str | None = None,
    gmio: bool = False,
) -> Path:
    """Compile the graph whose design.hpp is in `folder`; return the folder that simulators take.

    Args:
        design: of the tiles.
        vitis: path of v++.
        folder: as written by surmax.aie.device.plio.write_folder; the work folder and libadf.a are
            made in it.
        target: "x86sim", or "hw", which aiesimulator runs too.
        platform: None compiles for a part of the architecture (PARTS).
        gmio: move data by GMIO, for host.cpp, instead of PLIO.

    Raises CompileError when v++ refuses it.
    """
    check_choice("target", target, GRAPH_TARGETS)
    command = graph_command(
        design.architecture, target=target, platform=platform, gmio=gmio, compiler=str(vitis)
    )
    _run(command, folder, "Vitis", design.architecture)
    return folder / f"Work_{target}"


def graph_command(
    architecture: str,
    *,
    target: str,
    platform: str | None = None,
    gmio: bool = False,
    compiler: str = "v++",
) -> list[str]:
    """Return the command that compiles the graph in its folder (UG1076, UG1702)."""
    where = f"--platform={platform}" if platform else f"--part={PARTS[architecture]}"
    return [
        compiler,
        "-c",
        "--mode",
        "aie",
        f"--target={target}",
        where,
        *(f"--include={folder}" for folder in (".", GRAPH, TILE, KERNELS)),
        *(["--aie.Xpreproc=-DSURMAX_GMIO"] if gmio else []),
        f"--work_dir=Work_{target}",
        "--aie.output-archive=libadf.a",
        str(GRAPH / "graph.cpp"),
    ]


def build_device(
    designs: Sequence[TileDesign],
    folder: Path,
    environment: Mapping[str, str] = os.environ,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> list[Built]:
    """Compile designs with every tool that is there, and return the results.

    Peano compiles the designs for AIE-ML and AIE-MLv2. Vitis compiles all designs, each as a graph
    of one tile. `say` is called with a line before each compilation. Raises InputError when a
    variable does not lead to its tool, or a tool refuses a kernel.
    """
    peano, vitis = find_peano(environment), find_vitis(environment)
    built = []
    for number, design in enumerate(designs):
        place = folder / f"{number}-{design.name}"
        if peano is not None and design.architecture in _PEANO_TARGETS:
            say(f"Peano: {design.name}")
            path = build_call(design, peano, place / "peano" / "surmax_call.o")
            built.append(Built("Peano", design.architecture, path))
        if vitis is not None:
            say(f"Vitis: {design.name}")
            graph = place / "vitis"
            graph.mkdir(parents=True, exist_ok=True)
            write_whole(graph / "design.hpp", design.header(kernels=1, calls=1))
            built.append(Built("Vitis", design.architecture, build_graph(design, vitis, graph)))
    return built


def sample_designs(architectures: Sequence[str]) -> list[TileDesign]:
    """Return designs that together use all kernels, with arbitrary constants and tables."""
    designs = []
    for architecture in architectures:
        check_choice("arch", architecture, tuple(ARCHITECTURES))
        for form, schedule, masking in _SAMPLE:
            designs.append(
                TileDesign(
                    architecture,
                    form_named(form),
                    output_bits=8 if form.startswith("u8") else 16,
                    schedule=schedule,
                    masking=masking,
                    length=64,
                    rows=32,
                    head_words=(256,),
                )
            )
        table = consmax_tables([np.zeros(TABLE_ENTRIES, np.uint16)], architecture)
        for bits, masking in zip((8, 16), MASKINGS, strict=True):
            designs.append(TileDesign(architecture, None, bits, "rows", masking, 64, 32, (), table))
    return designs


def _tool(environment: Mapping[str, str], variable: str, name: str) -> Path | None:
    home = environment.get(variable)
    if not home:
        return None
    path = Path(home) / "bin" / name
    if not os.access(path, os.X_OK):
        raise InputError(f"{variable} must be a folder with bin/{name}, not {shown(home)}")
    return path


def _run(command: list[str], folder: Path, tool: str, architecture: str) -> None:
    """Run a compiler in `folder`; its output is kept in `tool`.log there."""
    log = folder / f"{tool.lower()}.log"
    done = run(command, cwd=folder, timeout=_LIMIT_SECONDS)
    write_whole(log, f"{shlex.join(command)}\n{done.stdout}")
    if done.returncode:
        lines = done.stdout.splitlines() or [f"it ended with {done.returncode}"]
        reason = next((line for line in lines if "error" in line.lower()), lines[-1])
        raise CompileError(
            f"{tool} cannot compile the kernel for {architecture}: {reason.strip()} (see {log})"
        )
