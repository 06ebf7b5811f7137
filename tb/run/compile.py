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
from surmax.common.errors import MissingToolError, ToolError
from surmax.common.kept_files import kept_files
from surmax.common.tools import run_tool
from surmax.rtl.tools.verilators import CHOICE, chosen_verilator
from surmax.tb.rewrite.drive import delay
from surmax.tb.run.simulators import (
    cocotb_config,
    require,
    verilator_environment,
    verilator_program,
    verilator_root,
)

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
    cache = folder.resolve()
    place = cache / f"{simulator}-{content[:16]}"

    def make(work: Path) -> None:
        (work / "design.v").write_text(text, encoding="utf-8")
        if simulator == "icarus":
            _make_icarus(work, top, wave, timeout)
        else:
            _make_verilator(work, cache, top, wave, timeout)

    program = "simulation.vvp" if simulator == "icarus" else "simulation"
    cached = kept_files(place, content, [program], make)
    if simulator == "icarus":
        library = cocotb_config().lib_entry("vpi", "icarus")
        vvp = shutil.which("vvp") or "vvp"
        mode = "-fst" if wave else "-none"
        command = (vvp, "-n", "-m", library, str(place / program), mode)
        return Simulation(command, "waves.fst" if wave else None, cached)
    command = (str(place / program), *(("--trace",) if wave else ()))
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
        (folder / "waves.v").write_text(
            f"module surmax_waves;\n  {dump}\nendmodule\n", encoding="utf-8"
        )
        sources.append("waves.v")
        tops += ["-s", "surmax_waves"]
    (folder / "scale.f").write_text("+timescale+1ns/1ps\n", encoding="utf-8")
    command = ["iverilog", "-g2012", "-f", "scale.f", "-o", "simulation.vvp", *tops, *sources]
    _run(command, folder, None, timeout)


def _make_verilator(work: Path, cache: Path, top: str, wave: bool, timeout: float) -> None:
    verilator = chosen_verilator()
    if not verilator.has("evalNeeded"):
        raise MissingToolError(
            f"{verilator.title} is too old for cocotb {version('cocotb')}, which needs "
            f"its evalNeeded: unset {CHOICE}, or use simulator icarus or the option --scores"
        )
    # Makefiles cannot name a path with a blank, a quote, "$" or "#": all that they name is found
    # through links in the work folder.
    for name, folder in (
        ("verilator", verilator_root()),
        ("cocotb", cocotb_config().share_dir),
        ("libraries", cocotb_config().libs_dir),
        ("python", Path(sys.executable)),
    ):
        (work / name).symlink_to(folder)
    environment = verilator_environment(work / "verilator")
    # Only the ports are visible to cocotb: making everything so costs most of the speed.
    design = (work / "design.v").read_text(encoding="utf-8")
    header = re.search(rf"^module {top}\s*\(([^)]*)\)", design, re.M)
    if header is None:
        raise SimulationError(f"no module {top} in the Verilog text")
    visible = [f'public_flat_rw -module "{top}" -var "{p.strip()}"' for p in header[1].split(",")]
    text = "\n".join(["`verilator_config", *visible, ""])
    (work / "ports.vlt").write_text(text, encoding="utf-8")
    command = [str(verilator_program()), *_VERILATE, "--top-module", top]
    command += ["--timescale", "1ns/1ps", *(["--trace"] * wave)]
    command += ["-LDFLAGS", f"-L{work}/libraries -lcocotbvpi_verilator"]
    main = work / "cocotb" / "lib" / "verilator" / "verilator.cpp"
    _run([*command, "ports.vlt", str(main), "design.v"], work, environment, timeout)
    _reuse_runtime(work, cache, environment, wave, timeout)
    make = ["make", "-C", "obj", "-f", "Vtop.mk", f"PYTHON3={work}/python", *_make_options(wave)]
    _run(make, work, environment, timeout)
    (work / "obj" / "simulation").rename(work / "simulation")


def _make_options(wave: bool) -> list[str]:
    """Return the variables for make; code that traces waves is big and used once: not optimised."""
    level = "-O0" if wave else "-O1"
    return ["VM_PARALLEL_BUILDS=0", f"OPT_FAST={level}", f"OPT_GLOBAL={level}"]


def _reuse_runtime(
    work: Path, cache: Path, environment: dict[str, str], wave: bool, timeout: float
) -> None:
    """Put Verilator's own library, compiled once for all designs, into the folder of objects.

    It is optimised, and the same with and without waves: only a design's own files differ in that.
    """
    options = _make_options(wave=False)
    for sources in (_RUNTIME, _TRACING)[: 1 + wave]:
        names = [f"{name}.o" for name in sources]
        key = digest_of(require("verilator").version, options, names, code_digest(__name__))

        def make(folder: Path, names: list[str] = names) -> None:
            command = ["make", f"-j{os.cpu_count() or 1}", "-C", "obj", "-f", "Vtop.mk"]
            _run([*command, *options, *names], work, environment, timeout)
            for name in names:
                shutil.copy2(work / "obj" / name, folder)

        place = cache / f"runtime-{key[:16]}"
        kept_files(place, key, names, make)
        for name in names:
            # Not copy2: they have to be newer than the sources for make.
            shutil.copy(place / name, work / "obj")


def _run(
    command: list[str], folder: Path, environment: dict[str, str] | None, timeout: float
) -> None:
    run_tool(
        command, error=SimulationError, folder=folder, environment=environment, timeout=timeout
    )
