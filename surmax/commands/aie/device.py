# SPDX-License-Identifier: Apache-2.0
"""`surmax aie plio`, `compare` and `build`: what runs on a device."""

import shlex
from pathlib import Path

import click

from surmax.aie.check.vectors import load_vectors
from surmax.aie.device.blocks import cut, design_of
from surmax.aie.device.build import (
    GRAPH_TARGETS,
    build_device,
    graph_command,
    missing_tools,
    sample_designs,
)
from surmax.aie.device.plio import compare as compare_plio
from surmax.aie.device.plio import write_folder
from surmax.aie.forms import ARCHITECTURES
from surmax.commands.aie.shared import AIE_BUILD, ARCHITECTURE
from surmax.console import out, say
from surmax.options import INPUT_FOLDER, Command, output_folder

_SIMULATORS = {"x86sim": "x86simulator", "hw": "aiesimulator"}


def _rows_option(command: Command) -> Command:
    return click.option(
        "--rows",
        type=click.IntRange(1, 1 << 20),
        help="rows a call of a tile, a multiple of 8  [default: what fits]",
    )(command)


def _arch_option(command: Command) -> Command:
    return click.option("--arch", type=ARCHITECTURE, help="[default: that of DIRECTORY]")(command)


@click.command(epilog="Example: surmax aie plio vectors -o graph --kernels 4")
@click.argument("directory", type=INPUT_FOLDER)
@output_folder("folder to write")
@click.option("--kernels", type=click.IntRange(1, 400), default=1, show_default=True, help="tiles")
@click.option("--platform", help="Vitis platform  [default: a part of the architecture]")
@_rows_option
@_arch_option
def plio(
    directory: Path,
    folder: Path,
    kernels: int,
    platform: str | None,
    rows: int | None,
    arch: str | None,
) -> None:
    """Write the ADF graph's options and input files.

    They are those of a data DIRECTORY. Prints the commands that compile and simulate it with Vitis
    and compare what comes out.
    """
    vectors = load_vectors(directory)
    design = design_of(vectors, arch, rows=rows, parts=kernels)
    blocks = cut(design, vectors, kernels)
    write_folder(folder, design, blocks, kernels)
    calls = len(blocks.scores) // kernels
    out.print(f"{folder}: {kernels} tiles, {calls} calls of {design.rows} rows each")
    click.echo(f"cd {shlex.quote(str(folder))}")
    for target in GRAPH_TARGETS:
        simulator = _SIMULATORS[target]
        click.echo(shlex.join(graph_command(design.architecture, target=target, platform=platform)))
        click.echo(f"{simulator} --pkg-dir=Work_{target} --input-dir=.")
        click.echo(f"surmax aie compare . {simulator}_output")


@click.command(epilog="Example: surmax aie compare graph graph/x86simulator_output")
@click.argument("folder", type=INPUT_FOLDER)
@click.argument("output", type=INPUT_FOLDER)
def compare(folder: Path, output: Path) -> None:
    """Compare a simulator's output.

    OUTPUT is the simulator's folder, FOLDER that of `surmax aie plio` with what is expected. Exit
    code 1 when a code differs.
    """
    found = compare_plio(folder, output)
    out.print(f"{found.rows} rows, {found.mismatches} mismatches")
    if found.first is not None:
        out.print(found.first)
        raise SystemExit(1)


@click.command(epilog="Example: surmax aie build vectors --arch aie-ml")
@click.argument("directory", type=INPUT_FOLDER, required=False)
@output_folder("folder of what is compiled", AIE_BUILD / "device")
@_rows_option
@_arch_option
def build(directory: Path | None, folder: Path, rows: int | None, arch: str | None) -> None:
    """Compile kernels with Peano and Vitis.

    PEANO_INSTALL_DIR and XILINX_VITIS say where these are. Takes the kernel of a data DIRECTORY, or
    without one a sample of all kernels. When neither tool is installed it says so and compiles
    nothing.
    """
    if directory is None:
        designs = sample_designs((arch,) if arch else tuple(ARCHITECTURES))
    else:
        designs = [design_of(load_vectors(directory), arch, rows=rows)]
    missing = missing_tools()
    if missing is not None:
        out.print(missing)
    for made in build_device(designs, folder, say=say):
        out.print(f"{made.tool}, {made.architecture}: {made.path}")
