# SPDX-License-Identifier: Apache-2.0
"""`surmax elaborate` and `surmax lint`: Verilog for a unit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from surmax.console import out, print_json
from surmax.golden import InputError
from surmax.options import BUILD, as_json
from surmax.rtl import Build, RowBuild, verilog
from surmax.rtl import elaborate as write_files
from surmax.rtl.tools.lint import lint as lint_text
from surmax.units.subcommands import for_each_unit


@click.group()
def elaborate() -> None:
    """Write Verilog, a JSON sidecar and a FuseSoC core file."""


def _output_folder(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "-o",
        "--output-dir",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        default=BUILD / "verilog",
        show_default=True,
        help="folder for TOP.v, TOP.json and TOP.core",
    )(command)


@for_each_unit(
    elaborate,
    "For a unit that goes over rows prints what each row length costs: latency from a lone row's "
    "first beat in to its first beat out, and cycles a row takes when rows follow each other.",
    _output_folder,
    as_json,
)
def _elaborate(take: Callable[..., Build], options: dict[str, Any]) -> None:
    build = take(options, adders="operators")
    folder, json_output = options["folder"], options["json_output"]
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output folder {folder} must be a folder, not a file")
    paths = write_files(build, folder)
    if json_output:
        print_json({"files": [str(path) for path in paths]} | build.figures())
        return
    lines = [f"{build.top_module}: {build.headline()}", *(f"  {path}" for path in paths)]
    if isinstance(build, RowBuild):
        lines += _rates(build)
    out.print(*lines, sep="\n", markup=False)


def _rates(build: RowBuild) -> list[str]:
    """One line for each length of 1, 2, 4 ... beats and the longest."""
    beats = [1 << k for k in range(build.max_beats.bit_length())]
    lines = ["positions  beats  latency  cycles a row  scores a cycle"]
    for count in sorted({*beats, build.max_beats}):
        positions, interval = count * build.lanes, build.interval(count)
        lines.append(
            f"{positions:9}  {count:5}  {build.latency(count):7}  {interval:12g}  "
            f"{positions / interval:14.3g}"
        )
    return lines


@click.group()
def lint() -> None:
    """Lint the Verilog of a unit with Verilator -Wall."""


@for_each_unit(lint, "Exit code 1 when there is any message.", as_json)
def _lint(take: Callable[..., Build], options: dict[str, Any]) -> None:
    build = take(options, adders="operators")
    messages = lint_text(verilog(build), build.top_module)
    if options["json_output"]:
        print_json({"messages": messages})
    else:
        lines = messages or [f"{build.top_module}, {build.headline()}: no messages"]
        out.print(*lines, sep="\n", markup=False)
    if messages:
        raise SystemExit(1)
