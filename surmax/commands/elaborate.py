# SPDX-License-Identifier: Apache-2.0
"""`surmax elaborate` and `surmax lint`: Verilog for a unit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from surmax.console import out, print_json
from surmax.golden import InputError
from surmax.options import (
    BUILD,
    as_json,
    consmax_build,
    hccs_build,
    take_build,
    take_hccs_build,
)
from surmax.rtl import Build, HccsBuild, verilog
from surmax.rtl import elaborate as write_files
from surmax.rtl.lint import lint as lint_text


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


@elaborate.command("consmax")
@consmax_build
@_output_folder
@as_json
def elaborate_consmax(folder: Path, json_output: bool, **options: Any) -> None:
    """ConSmax: C*exp(s*q) from two 16-entry tables, N scores a cycle."""
    _elaborate(take_build(options, adders="operators"), folder, json_output)


@elaborate.command("hccs")
@hccs_build
@_output_folder
@as_json
def elaborate_hccs(folder: Path, json_output: bool, **options: Any) -> None:
    """HCCS: B - S*min(max - x, Dmax) and one reciprocal a row, N scores a cycle.

    Prints what each row length costs: latency from a lone row's first beat in to its first beat
    out, and the cycles a row takes when rows follow each other.
    """
    build = take_hccs_build(options, adders="operators")
    _elaborate(build, folder, json_output)
    if not json_output:
        out.print(*_rates(build), sep="\n", markup=False)


def _elaborate(build: Build, folder: Path, json_output: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output folder {folder} is a file: a folder is needed")
    paths = write_files(build, folder)
    if json_output:
        print_json({"files": [str(path) for path in paths]} | build.figures())
        return
    lines = (f"{build.top_module}: {build.headline()}", *(f"  {path}" for path in paths))
    out.print(*lines, sep="\n", markup=False)


def _rates(build: HccsBuild) -> list[str]:
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


@lint.command("consmax")
@consmax_build
@as_json
def lint_consmax(json_output: bool, **options: Any) -> None:
    """Exit code 1 when there is any message."""
    _lint(take_build(options, adders="operators"), json_output)


@lint.command("hccs")
@hccs_build
@as_json
def lint_hccs(json_output: bool, **options: Any) -> None:
    """Exit code 1 when there is any message."""
    _lint(take_hccs_build(options, adders="operators"), json_output)


def _lint(build: Build, json_output: bool) -> None:
    messages = lint_text(verilog(build), build.top_module)
    if json_output:
        print_json({"messages": messages})
    else:
        lines = messages or [f"{build.top_module}, {build.headline()}: no messages"]
        out.print(*lines, sep="\n", markup=False)
    if messages:
        raise SystemExit(1)
