# SPDX-License-Identifier: Apache-2.0
"""`surmax aie`: the AI Engine port on this machine."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from surmax.aie.check.compare import CheckResult, check_kernels
from surmax.aie.check.replay import PLAN, Replay, run_replay
from surmax.aie.check.sanitize import SANITIZED_ROWS, run_sanitized
from surmax.aie.check.subjects import SUBJECTS, Subject, file_subject, forms_of, known, make_subject
from surmax.aie.check.vectors import load_vectors, write_vectors
from surmax.aie.forms import ARCHITECTURES, FORMS, MASKINGS, SCHEDULES, Form, form_named
from surmax.aie.header import aie_header
from surmax.aie.host_build import COMPILERS, build_library, build_replay, find_compiler
from surmax.aie.host_library import HostLibrary
from surmax.commands.aie.device import build, compare, plio
from surmax.commands.aie.operations import operations
from surmax.console import counter, out, print_json, say
from surmax.golden import HccsConstantsFile, InputError, check_choice, load_constants
from surmax.options import BUILD, as_json, output_file
from surmax.units.protocol import Command

AIE_BUILD = BUILD / "aie"
_ROWS = 100_000
_PROCESSES = 2


@click.group()
def aie() -> None:
    """AI Engine kernels: constants, checks on this machine, vectors, device builds."""


def _compiler_option(command: Command) -> Command:
    return click.option(
        "--compiler", help="C++20 compiler  [default: $CXX, else g++, else clang++]"
    )(command)


@aie.command("header")
@click.argument("constants", type=click.Path(path_type=Path))
@output_file("header to write  [default: standard output]")
def header(constants: Path, output_file: Path | None) -> None:
    """Write the C++ header of the CONSTANTS file; illegal constants are refused."""
    text = aie_header(constants)
    if output_file is None:
        click.echo(text, nl=False)
    else:
        output_file.write_text(text)
        out.print(f"{output_file}: constants of {constants}", markup=False)


@aie.command("check")
@click.argument("constants", type=click.Path(path_type=Path), required=False)
@click.option("--rows", type=int, help=f"rows a variant  [default: {_ROWS}; sanitized: 2000]")
@click.option("--seed", type=int, default=1, show_default=True, help="of rows and constants")
@click.option(
    "--arch", "architectures", multiple=True, help="aie, aie-ml or aie-mlv2  [default: all]"
)
@click.option(
    "--form", "forms", multiple=True, help="such as u8-div-floor-15, consmax-uq0.8  [default: all]"
)
@click.option(
    "--sanitize",
    is_flag=True,
    help="with address and undefined-behaviour sanitizers, g++ and clang++",
)
@_compiler_option
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
    """Compare every kernel with the golden model, bit for bit.

    A variant is a form on one architecture, by rows or tiles, masked by length or by bits. With
    CONSTANTS the heads, the configuration and the row lengths of that file are used. Exit code 1
    when anything differs.
    """
    for one in architectures:
        check_choice("arch", one, tuple(ARCHITECTURES))
    architectures = tuple(dict.fromkeys(architectures)) or tuple(ARCHITECTURES)
    if seed < 0:
        raise InputError(f"seed must be 0 or more, not {seed}")
    if rows is not None and rows < 1:
        raise InputError(f"rows must be at least 1, not {rows}")
    subjects, lengths, heads = _subjects(constants, forms, seed)
    if sanitize:
        compilers = [compiler] if compiler else [one for one in COMPILERS if _there(one)]
        found = run_sanitized(
            architectures,
            compilers or [find_compiler()],
            subjects,
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
        libraries = _libraries(architectures, compiler, forms_of(subjects))
        result = check_kernels(
            libraries,
            subjects,
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


def _subjects(
    constants: Path | None, forms: Sequence[str], seed: int
) -> tuple[list[Subject], list[int] | None, int | None]:
    """Return the kernels to check and, for a file, its row lengths and its number of heads."""
    if constants is None:
        return [make_subject(name, seed) for name in known(forms)], None, None
    if forms:
        raise InputError(f"form is {forms[0]!r} with a constants file: the file says the form")
    given = load_constants(constants)
    subject = file_subject(given)
    if not isinstance(given, HccsConstantsFile):
        lengths = list(range(1, 71))
    elif given.masked:
        # Every tail of a vector, and the longest rows.
        lengths = sorted({*range(1, min(given.length, 70)), given.length - 1, given.length} - {0})
    else:
        lengths = [given.length]
    return [subject], lengths, len(given.heads)


def _there(compiler: str) -> bool:
    try:
        find_compiler(compiler)
    except InputError as error:
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
    for name in SUBJECTS:
        own = [tally for variant, tally in result.tallies.items() if variant.form == name]
        if own:
            rows, wrong = sum(one.rows for one in own), sum(one.mismatches for one in own)
            table.add_row(name, str(len(own)), str(rows), str(wrong))
    out.print(table)
    names = ", ".join(dict.fromkeys(variant.architecture for variant in result.tallies))
    out.print(
        f"{len(result.tallies)} variants on {names}: {result.compared} rows compared, "
        f"{result.rows} a variant, {result.mismatches} mismatches, seed {result.seed}",
        markup=False,
    )
    if result.first is not None:
        out.print(f"first mismatch: {result.first}", markup=False)


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
    out.print(table)
    for (architecture, compiler), one in found.items():
        if one.fault:
            out.print(f"{architecture} with {compiler}: {one.fault}", markup=False)


@aie.command("vectors")
@click.argument("constants", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output-dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="data directory to write, new or empty",
)
@click.option("--schedule", default="rows", show_default=True, help=" or ".join(SCHEDULES))
@click.option("--masking", default="length", show_default=True, help=" or ".join(MASKINGS))
@click.option("--arch", default="aie-ml", show_default=True, help="whose ConSmax table layout")
@click.option("--rows", type=int, default=1024, show_default=True, help="at least so many")
@click.option("--length", type=int, help="positions of a row  [default: the file's; ConSmax: 64]")
@click.option("--seed", type=int, default=1, show_default=True, help="of the rows")
def vectors(
    constants: Path,
    folder: Path,
    schedule: str,
    masking: str,
    arch: str,
    rows: int,
    length: int | None,
    seed: int,
) -> None:
    """Write golden vectors for the heads of the CONSTANTS file, for replay on a device."""
    made = write_vectors(
        constants,
        folder,
        schedule=schedule,
        masking=masking,
        architecture=arch,
        rows=rows,
        length=length,
        seed=seed,
    )
    out.print(
        f"{folder}: {made.rows} rows of {made.length} for {made.form}, {made.heads} heads, "
        f"{schedule}, masked by {masking}",
        markup=False,
    )


@aie.command("replay")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--arch", help="aie, aie-ml or aie-mlv2  [default: the manifest's]")
@click.option("--sanitize", is_flag=True, help="with address and undefined-behaviour sanitizers")
@_compiler_option
def replay(folder: Path, arch: str | None, sanitize: bool, compiler: str | None) -> None:
    """Verify a data directory and run the kernel on it here. Exit code 1 when a code differs."""
    loaded = load_vectors(folder)
    if arch not in (None, loaded.architecture) and loaded.unit == "consmax":
        raise InputError(f"arch is {arch!r}: the tables of {folder} are for {loaded.architecture}")
    program = build_replay(
        arch or loaded.architecture,
        AIE_BUILD,
        compiler=compiler,
        sanitize=sanitize,
        forms=[form_named(loaded.form)] if loaded.unit == "hccs" else FORMS[:1],
    )
    found = run_replay(program, [folder / PLAN])
    out.print(f"{found.rows} rows, {found.mismatches} mismatches", markup=False)
    if found.fault:
        out.print(found.fault, markup=False)
        raise SystemExit(1)


for command in (plio, compare, build, operations):
    aie.add_command(command)
