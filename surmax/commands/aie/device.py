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
from surmax.console import out, say
from surmax.golden import check_range
from surmax.options import BUILD
from surmax.units.protocol import Command

_FOLDER = click.Path(path_type=Path)
_SIMULATORS = {"x86sim": "x86simulator", "hw": "aiesimulator"}


def _rows_option(command: Command) -> Command:
    return click.option(
        "--rows", type=int, help="rows a call of a tile, a multiple of 8  [default: what fits]"
    )(command)


def _arch_option(command: Command) -> Command:
    return click.option("--arch", help="aie, aie-ml or aie-mlv2  [default: that of DIRECTORY]")(
        command
    )


@click.command()
@click.argument("directory", type=_FOLDER)
@click.option("-o", "--output", type=_FOLDER, required=True, help="folder to write")
@click.option("--kernels", type=int, default=1, show_default=True, help="tiles, 1 to 400")
@click.option("--platform", help="Vitis platform  [default: a part of the architecture]")
@_rows_option
@_arch_option
def plio(
    directory: Path,
    output: Path,
    kernels: int,
    platform: str | None,
    rows: int | None,
    arch: str | None,
) -> None:
    """Write what the ADF graph is compiled with and fed from, of a data DIRECTORY.

    Prints the commands that compile and simulate it with Vitis and compare what comes out.
    """
    check_range("kernels", kernels, 1, 400)
    vectors = load_vectors(directory)
    design = design_of(vectors, arch, rows=rows, parts=kernels)
    blocks = cut(design, vectors, kernels)
    write_folder(output, design, blocks, kernels)
    calls = len(blocks.scores) // kernels
    out.print(f"{output}: {kernels} tiles, {calls} calls of {design.rows} rows each", markup=False)
    click.echo(f"cd {shlex.quote(str(output))}")
    for target in GRAPH_TARGETS:
        simulator = _SIMULATORS[target]
        click.echo(shlex.join(graph_command(design.architecture, target=target, platform=platform)))
        click.echo(f"{simulator} --pkg-dir=Work_{target} --input-dir=.")
        click.echo(f"surmax aie compare . {simulator}_output")


@click.command()
@click.argument("folder", type=_FOLDER)
@click.argument("output", type=_FOLDER)
def compare(folder: Path, output: Path) -> None:
    """Compare a simulator's OUTPUT folder with what the FOLDER of `surmax aie plio` expects.

    Exit code 1 when a code differs.
    """
    found = compare_plio(folder, output)
    out.print(f"{found.rows} rows, {found.mismatches} mismatches")
    if found.first is not None:
        out.print(found.first, markup=False)
        raise SystemExit(1)


@click.command()
@click.argument("directory", type=_FOLDER, required=False)
@click.option("-o", "--output", type=_FOLDER, default=BUILD / "aie" / "device", show_default=True)
@_rows_option
@_arch_option
def build(directory: Path | None, output: Path, rows: int | None, arch: str | None) -> None:
    """Compile kernels for a device, with Peano (PEANO_INSTALL_DIR) and Vitis (XILINX_VITIS).

    That of a data DIRECTORY, or a sample of all kernels. Says so when neither tool is there.
    """
    if directory is None:
        designs = sample_designs((arch,) if arch else tuple(ARCHITECTURES))
    else:
        designs = [design_of(load_vectors(directory), arch, rows=rows)]
    missing = missing_tools()
    if missing is not None:
        out.print(missing, markup=False)
    for made in build_device(designs, output, say=say):
        out.print(f"{made.tool}, {made.architecture}: {made.path}", markup=False)
