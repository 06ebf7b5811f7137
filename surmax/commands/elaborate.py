# SPDX-License-Identifier: Apache-2.0
"""`surmax elaborate` and `surmax lint`: Verilog for a unit."""

from pathlib import Path
from typing import Any

import click

from surmax.console import out, print_json
from surmax.golden import InputError
from surmax.options import BUILD, as_json, consmax_build, take_build
from surmax.rtl import elaborate as write_files
from surmax.rtl import verilog
from surmax.rtl.lint import lint as lint_text


@click.group()
def elaborate() -> None:
    """Write Verilog, a JSON sidecar and a FuseSoC core file."""


@elaborate.command("consmax")
@consmax_build
@click.option(
    "-o",
    "--output-dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=BUILD / "verilog",
    show_default=True,
    help="folder for TOP.v, TOP.json and TOP.core",
)
@as_json
def elaborate_consmax(folder: Path, json_output: bool, **options: Any) -> None:
    """ConSmax: C*exp(s*q) from two 16-entry tables, N scores a cycle."""
    build = take_build(options, adders="operators")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output folder {folder} is a file: a folder is needed")
    paths = write_files(build, folder)
    if json_output:
        print_json({"files": [str(path) for path in paths], "latency_cycles": build.latency})
        return
    out.print(
        f"{build.top_module}: preset {build.preset}, {build.lanes} lanes, {build.heads} heads, "
        f"{build.storage} tables, latency {build.latency}, one beat a cycle",
        *(f"  {path}" for path in paths),
        sep="\n",
        markup=False,
    )


@click.group()
def lint() -> None:
    """Lint the Verilog of a unit with Verilator -Wall."""


@lint.command("consmax")
@consmax_build
@as_json
def lint_consmax(json_output: bool, **options: Any) -> None:
    """Exit code 1 when there is any message."""
    build = take_build(options, adders="operators")
    messages = lint_text(verilog(build), build.top_module)
    if json_output:
        print_json({"messages": messages})
    else:
        lines = messages or [f"{build.top_module}, preset {build.preset}: no messages"]
        out.print(*lines, sep="\n", markup=False)
    if messages:
        raise SystemExit(1)
