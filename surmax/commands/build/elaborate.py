# SPDX-License-Identifier: Apache-2.0
"""`surmax elaborate` and `surmax lint`: Verilog for a unit."""

from collections.abc import Callable
from typing import Any

from surmax.console import out, print_json
from surmax.options import BUILD, as_json, output_folder
from surmax.rtl import Build, RowBuild, verilog
from surmax.rtl import elaborate as write_files
from surmax.rtl.tools.lint import lint as lint_text
from surmax.units.subcommands import unit_command


@unit_command(
    output_folder("folder for TOP.v, TOP.json and TOP.core", BUILD / "verilog"),
    as_json,
    example="--lanes 16 --top axi -o verilog",
)
def elaborate(take: Callable[..., Build], values: dict[str, Any]) -> None:
    """Write Verilog, a JSON sidecar and a FuseSoC core file.

    For a unit that goes over rows the command prints what each row length costs: the latency from
    the first beat of a lone row to its first beat out, and the cycles that a row takes when rows
    follow each other.
    """
    build = take(values, adders="operators")
    paths = write_files(build, values["folder"])
    if values["json_output"]:
        print_json({"files": [str(path) for path in paths]} | build.figures())
        return
    lines = [f"{build.top_module}: {build.headline()}", *(f"  {path}" for path in paths)]
    if isinstance(build, RowBuild):
        lines += _rates(build)
    out.print(*lines, sep="\n")


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


@unit_command(as_json, example="--lanes 4 --top axi")
def lint(take: Callable[..., Build], values: dict[str, Any]) -> None:
    """Lint the Verilog of a unit with Verilator -Wall.

    Exit code 1 when there is any message.
    """
    build = take(values, adders="operators")
    messages = lint_text(verilog(build), build.top_module)
    if values["json_output"]:
        print_json({"messages": messages})
    else:
        lines = messages or [f"{build.top_module}, {build.headline()}: no messages"]
        out.print(*lines, sep="\n")
    if messages:
        raise SystemExit(1)
