# SPDX-License-Identifier: Apache-2.0
"""Compile Verilog text for a simulator under cocotb; a result is kept by its content."""

import os
import re
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from surmax.common.digest import code_digest, digest_of
from surmax.common.errors import ToolError
from surmax.common.locking import making
from surmax.common.tools import run_tool
from surmax.tb.rewrite.drive import delay
from surmax.tb.run.simulators import cocotb_config, require, verilator_environment

# One translation unit and no inlining of modules: the lanes share one text, and compiling takes
# seconds instead of minutes for a fifth of the speed. Warnings are the lint's business.
_VERILATE = ["--cc", "--exe", "--vpi", "--no-timing", "-O3", "-fno-inline", "--prefix", "Vtop"]
_VERILATE += [
    "-Mdir",
    "obj",
    "-o",
    "simulation",
    "-Wno-fatal",
    "-Wno-lint",
    "-Wno-style",
    "--quiet",
]
# Verilator's own library, the same for all designs; with waves it has one file more.
_RUNTIME = ("verilated", "verilated_dpi", "verilated_vpi", "verilated_threads")
_TRACING = ("verilated_vcd_c",)


class SimulationError(ToolError):
    """A simulator's compiler failed or a simulation ended without a result."""


@dataclass(frozen=True)
class Simulation:
    """A compiled simulation.

    Attributes:
        command: starts it, with the folder for its files as current folder.
        wave: name of the wave file that it writes there, None without waves.
        cached: it had been compiled before.
    """

    command: tuple[str, ...]
    wave: str | None
    cached: bool


def compile_simulation(
    text: str, top: str, simulator: str, folder: Path, *, wave: bool = False, timeout: float = 900
) -> Simulation:
    """Compile Verilog `text` with top module `top`; reuse what the same content gave before.

    Args:
        text: Verilog of the whole design.
        top: name of its top module.
        simulator: "icarus" or "verilator".
        folder: for compiled simulations; several processes may share it.
        wave: record all signals (FST in Icarus, VCD in Verilator).
        timeout: seconds for each step of compiling.

    Raises:
        InputError: the simulator is missing.
        SimulationError: its compiler failed.
    """
    kind = require(simulator)
    if simulator == "icarus":
        text = _with_delays(text)
    options = [kind.version, version("cocotb"), top, wave, code_digest(__name__)]
    content = digest_of(options, text)
    place = folder.resolve() / f"{simulator}-{content[:16]}"
    cached = place.is_dir()
    if not cached:
        # Made aside and renamed: what has the final name is complete.
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            (draft / "design.v").write_text(text)
            make = _make_icarus if simulator == "icarus" else _make_verilator
            make(draft, top, wave, timeout)
            draft.rename(place)
        except OSError:
            if not place.is_dir():  # else another process was faster, with the same result
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    if simulator == "icarus":
        library = cocotb_config().lib_entry("vpi", "icarus")
        vvp = shutil.which("vvp") or "vvp"
        mode = "-fst" if wave else "-none"
        command = (vvp, "-n", "-m", library, str(place / "simulation.vvp"), mode)
        return Simulation(command, "waves.fst" if wave else None, cached)
    command = (str(place / "simulation"), *(("--trace",) if wave else ()))
    return Simulation(command, "dump.vcd" if wave else None, cached)


def _with_delays(text: str) -> str:
    """Delay the outputs of read multiplexers by a picosecond, which doubles the speed of Icarus.

    The four bits of a table index reach a multiplexer one after another, and without a delay every
    word in passing would run through the multiplier. An inertial delay lets the last word through
    only.
    """
    return delay(text, "surmax_select*", "word", "0.001")


def _make_icarus(folder: Path, top: str, wave: bool, timeout: float) -> None:
    sources, tops = ["design.v"], ["-s", top]
    if wave:
        dump = f'initial begin $dumpfile("waves.fst"); $dumpvars(0, {top}); end'
        (folder / "waves.v").write_text(f"module surmax_waves;\n  {dump}\nendmodule\n")
        sources.append("waves.v")
        tops += ["-s", "surmax_waves"]
    (folder / "scale.f").write_text("+timescale+1ns/1ps\n")
    command = ["iverilog", "-g2012", "-f", "scale.f", "-o", "simulation.vvp", *tops, *sources]
    _run(command, folder, None, timeout)


def _make_verilator(folder: Path, top: str, wave: bool, timeout: float) -> None:
    environment = verilator_environment(folder.parent / "bin")
    # Only the ports are visible to cocotb: making everything so costs most of the speed.
    header = re.search(rf"^module {top}\s*\(([^)]*)\)", (folder / "design.v").read_text(), re.M)
    if header is None:
        raise SimulationError(f"no module {top} in the Verilog text")
    visible = [f'public_flat_rw -module "{top}" -var "{p.strip()}"' for p in header[1].split(",")]
    (folder / "ports.vlt").write_text("\n".join(["`verilator_config", *visible, ""]))
    libraries = cocotb_config().libs_dir
    command = ["verilator", *_VERILATE, "--top-module", top, "--timescale", "1ns/1ps"]
    command += ["--trace"] * wave
    command += ["-LDFLAGS", f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator"]
    main = cocotb_config().share_dir / "lib" / "verilator" / "verilator.cpp"
    _run([*command, "ports.vlt", str(main), "design.v"], folder, environment, timeout)
    _reuse_runtime(folder, environment, wave, timeout)
    make = ["make", "-C", "obj", "-f", "Vtop.mk", f"PYTHON3={sys.executable}", *_make_options(wave)]
    _run(make, folder, environment, timeout)
    (folder / "obj" / "simulation").rename(folder / "simulation")
    shutil.rmtree(folder / "obj")


def _make_options(wave: bool) -> list[str]:
    """Return the variables for make; code that traces waves is big and used once: not optimised."""
    level = "-O0" if wave else "-O1"
    return ["VM_PARALLEL_BUILDS=0", f"OPT_FAST={level}", f"OPT_GLOBAL={level}"]


def _reuse_runtime(folder: Path, environment: dict[str, str], wave: bool, timeout: float) -> None:
    """Put Verilator's own library, compiled once for all designs, into the folder of objects.

    It is optimised, and the same with and without waves: only a design's own files differ in that.
    """
    options = _make_options(wave=False)
    for sources in (_RUNTIME, _TRACING)[: 1 + wave]:
        names = [f"{name}.o" for name in sources]
        key = digest_of(require("verilator").version, options, names, code_digest(__name__))
        kept = folder.parent / f"runtime-{key[:16]}"
        with making(kept) as wanted:
            if wanted:
                make = ["make", f"-j{os.cpu_count() or 1}", "-C", "obj", "-f", "Vtop.mk"]
                _run([*make, *options, *names], folder, environment, timeout)
                draft = kept.with_name(f"{kept.name}.{os.getpid()}")
                shutil.rmtree(draft, ignore_errors=True)
                draft.mkdir()
                for name in names:
                    shutil.copy2(folder / "obj" / name, draft)
                draft.rename(kept)
        for name in names:
            # Not copy2: they have to be newer than the sources for make.
            shutil.copy(kept / name, folder / "obj")


def _run(
    command: list[str], folder: Path, environment: dict[str, str] | None, timeout: float
) -> None:
    run_tool(
        command, error=SimulationError, folder=folder, environment=environment, timeout=timeout
    )
