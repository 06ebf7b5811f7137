# SPDX-License-Identifier: Apache-2.0
"""`surmax aie check`: every kernel against the golden model, on this machine."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from surmax.aie.check.comparison import CheckResult, check_kernels
from surmax.aie.check.kernels import (
    KERNEL_NAMES,
    Kernel,
    check_kernel_names,
    forms_of,
    kernel_of_file,
    make_kernel,
)
from surmax.aie.check.replay import Replay
from surmax.aie.check.sanitize import SANITIZED_ROWS, run_sanitized
from surmax.aie.forms import ARCHITECTURES, Form
from surmax.aie.host_build import COMPILERS, build_library, find_compiler
from surmax.aie.host_library import HostLibrary
from surmax.commands.aie.shared import (
    AIE_BUILD,
    ARCHITECTURE,
    CONSTANTS,
    compiler_option,
    sanitize_option,
)
from surmax.common.errors import MissingToolError
from surmax.console import counter, out, print_json, print_table, say
from surmax.golden import HccsConstantsFile, InputError, load_constants
from surmax.options import SEED, as_json

_ROWS = 100_000
_PROCESSES = 2


@click.command(epilog="Example: surmax aie check constants.json --arch aie-ml --rows 1000")
@click.argument("constants", type=CONSTANTS, required=False)
@click.option(
    "--rows",
    type=click.IntRange(1, 10**9),
    help=f"rows a variant  [default: {_ROWS}; sanitized: {SANITIZED_ROWS}]",
)
@click.option("--seed", type=SEED, default=1, show_default=True, help="of rows and constants")
@click.option(
    "--arch", "architectures", type=ARCHITECTURE, multiple=True, help="repeat  [default: all]"
)
@click.option(
    "--form",
    "forms",
    type=click.Choice(tuple(KERNEL_NAMES)),
    metavar="FORM",
    multiple=True,
    help="such as u8-div-floor-15, consmax-uq0.8; repeat  [default: all]",
)
@sanitize_option(", by g++ and clang++")
@compiler_option
@as_json
def check(
    constants: Path | None,
    rows: int | None,
    seed: int,
    architectures: tuple[str, ...],
    forms: tuple[str, ...],
    sanitize: bool,
    compiler: str | None,
    json_output: bool,
) -> None:
    """Compare every kernel with the golden model.

    The codes must be equal bit for bit. A variant is a form on one architecture, by rows or tiles,
    masked by length or by bits. With CONSTANTS the heads, the configuration and the row lengths of
    that file are used. Exit code 1 when anything differs.
    """
    architectures = tuple(dict.fromkeys(architectures)) or tuple(ARCHITECTURES)
    kernels, lengths, heads = _kernels(constants, forms, seed)
    if sanitize:
        compilers = [compiler] if compiler else [one for one in COMPILERS if _there(one)]
        found = run_sanitized(
            architectures,
            compilers or [find_compiler()],
            kernels,
            AIE_BUILD,
            rows or SANITIZED_ROWS,
            seed=seed,
            lengths=lengths,
            heads=heads,
            say=say,
        )
        _show_replays(found, json_output)
        passed = all(one.calls and not one.fault for one in found.values())
    else:
        libraries = _libraries(architectures, compiler, forms_of(kernels))
        result = check_kernels(
            libraries,
            kernels,
            rows or _ROWS,
            seed=seed,
            lengths=lengths,
            heads=heads,
            progress=counter("rows compared"),
        )
        print_json(result.to_json()) if json_output else _show(result)
        passed = result.passed
    if not passed:
        raise SystemExit(1)


def _kernels(
    constants: Path | None, forms: Sequence[str], seed: int
) -> tuple[list[Kernel], list[int] | None, int | None]:
    """Return the kernels to check and, for a file, its row lengths and its number of heads."""
    if constants is None:
        return [make_kernel(name, seed) for name in check_kernel_names(forms)], None, None
    if forms:
        raise InputError(
            f"--form {forms[0]} cannot go with a constants file: the file says the form"
        )
    given = load_constants(constants)
    kernel = kernel_of_file(given)
    if not isinstance(given, HccsConstantsFile):
        lengths = list(range(1, 71))
    elif given.masked:
        # Every tail of a vector, and the longest rows.
        lengths = sorted({*range(1, min(given.length, 70)), given.length - 1, given.length} - {0})
    else:
        lengths = [given.length]
    return [kernel], lengths, len(given.heads)


def _there(compiler: str) -> bool:
    try:
        find_compiler(compiler)
    except MissingToolError as error:
        say(f"left out: {error}")
        return False
    return True


def _libraries(
    architectures: Sequence[str], compiler: str | None, forms: Sequence[Form]
) -> dict[str, HostLibrary]:
    def build(architecture: str) -> HostLibrary:
        path = build_library(architecture, AIE_BUILD, compiler=compiler, forms=forms)
        library = HostLibrary(path)
        say(f"kernels for {architecture}: {library.path}")
        return library

    with ThreadPoolExecutor(_PROCESSES) as pool:
        return dict(zip(architectures, pool.map(build, architectures), strict=True))


def _show(result: CheckResult) -> None:
    table = Table(box=None)
    for title in ("kernel", "variants", "rows", "mismatches"):
        table.add_column(title, justify="left" if title == "kernel" else "right")
    for name in KERNEL_NAMES:
        own = [tally for variant, tally in result.tallies.items() if variant.form == name]
        if own:
            rows, wrong = sum(one.rows for one in own), sum(one.mismatches for one in own)
            table.add_row(name, str(len(own)), str(rows), str(wrong))
    print_table(table)
    names = ", ".join(dict.fromkeys(variant.architecture for variant in result.tallies))
    out.print(
        f"{len(result.tallies)} variants on {names}: {result.compared} rows compared, "
        f"{result.rows} a variant, {result.mismatches} mismatches, seed {result.seed}",
    )
    if result.first is not None:
        out.print(f"first mismatch: {result.first}")


def _show_replays(found: dict[tuple[str, str], Replay], json_output: bool) -> None:
    if json_output:
        print_json(
            [
                {"architecture": architecture, "compiler": compiler} | asdict(one)
                for (architecture, compiler), one in found.items()
            ]
        )
        return
    table = Table("architecture", "compiler", "calls", "rows", "mismatches", box=None)
    for (architecture, compiler), one in found.items():
        table.add_row(architecture, compiler, str(one.calls), str(one.rows), str(one.mismatches))
    print_table(table)
    for (architecture, compiler), one in found.items():
        if one.fault:
            out.print(f"{architecture} with {compiler}: {one.fault}")
