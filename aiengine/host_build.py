# SPDX-License-Identifier: Apache-2.0
"""Compile the kernels for this machine, against the stand-in for the vendor's header."""

import os
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from surmax.aie.forms import ARCHITECTURES, FORMS, Form
from surmax.common.digest import code_digest, data_file, digest_of
from surmax.common.errors import MissingToolError, ToolError, shown
from surmax.common.kept_files import kept_files
from surmax.common.processes import run
from surmax.common.tools import run_tool
from surmax.golden import InputError, check_choice

KERNELS = data_file("surmax.aie", "kernels")
HOST = data_file("surmax.aie", "host")

COMPILERS = ("g++", "clang++")
WARNINGS = ("-Wall", "-Wextra", "-Werror")
SANITIZERS = (
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
)
_SHARED = ("-fPIC", "-shared", "-fvisibility=hidden")
_LIMIT_SECONDS = 600


class CompileError(ToolError):
    """A C++ compiler refused the kernels."""


def find_compiler(name: str | None = None) -> str:
    """Return the path of a C++ compiler: `name`, else $CXX, else the first of COMPILERS found.

    Raises MissingToolError when there is none.
    """
    wanted = [name] if name else [*filter(None, [os.environ.get("CXX")]), *COMPILERS]
    for program in wanted:
        path = shutil.which(program)
        if path:
            return path
    if name:
        raise MissingToolError(f"compiler must be a program on PATH, not {shown(name)}")
    raise MissingToolError(
        f"a C++20 compiler is needed and none of {', '.join(wanted)} is on PATH "
        "(apt-get install g++)"
    )


def build_library(
    architecture: str,
    folder: Path,
    *,
    compiler: str | None = None,
    ledger: bool = False,
    forms: Sequence[Form] = FORMS,
    kernels: Path = KERNELS,
) -> Path:
    """Return the shared library of the kernels of one architecture; its interface is bind.hpp.

    The library is kept under a digest, so that the same sources, compiler and options are compiled
    once.

    Args:
        architecture: one of ARCHITECTURES.
        folder: where libraries are kept.
        compiler: name of the compiler; None is that of find_compiler.
        ledger: count operations, which is slower.
        forms: the forms of HCCS in the library.
        kernels: folder of the kernels' headers.

    Raises MissingToolError when there is no compiler, CompileError when it refuses the sources.
    """
    # A library with few forms is called for few rows: compiling takes most of its time.
    level = "-O2" if tuple(forms) == FORMS else "-O1"
    flags = [level, *_SHARED, *(["-DSURMAX_LEDGER"] if ledger else []), *_chosen(forms)]
    return _build(architecture, folder, compiler, flags, ("bind.cpp",), kernels)


def build_replay(
    architecture: str,
    folder: Path,
    *,
    compiler: str | None = None,
    sanitize: bool = False,
    forms: Sequence[Form] = FORMS,
    kernels: Path = KERNELS,
) -> Path:
    """Return the program that replays data directories (replay.cpp), kept like a library.

    With `sanitize` the program ends at the first error in memory or arithmetic. Other arguments and
    errors are those of build_library.
    """
    # Without optimisation it compiles in a fifth of the time, and no error is optimised away.
    flags = ["-O0", "-g1", *SANITIZERS] if sanitize else ["-O2"]
    flags += _chosen(forms)
    return _build(architecture, folder, compiler, flags, ("bind.cpp", "replay.cpp"), kernels)


def _chosen(forms: Sequence[Form]) -> list[str]:
    """Return the compiler flags that select these forms; none for all forms."""
    if tuple(forms) == FORMS:
        return []
    chosen = " ".join(f"X({form.words.replace(' ', ', ')})" for form in forms)
    return [f"-DSURMAX_FORMS(X)={chosen}"]


def host_flags(architecture: str, kernels: Path = KERNELS) -> list[str]:
    """Return the compiler flags that every build for this machine needs."""
    arch = f"-D__AIE_ARCH__={ARCHITECTURES[architecture]}"
    return ["-std=c++20", *WARNINGS, arch, f"-I{HOST}", f"-I{kernels}"]


def _build(
    architecture: str,
    folder: Path,
    compiler: str | None,
    flags: list[str],
    sources: tuple[str, ...],
    kernels: Path,
) -> Path:
    check_choice("architecture", architecture, tuple(ARCHITECTURES))
    program = find_compiler(compiler)
    # The digest covers content, not where the sources lie.
    content = [_version(program), ARCHITECTURES[architecture], *flags, *sources]
    for place in (HOST, kernels):
        for path in sorted(filter(Path.is_file, place.rglob("*"))):
            content += [path.relative_to(place).as_posix(), path.read_text(encoding="utf-8")]
    key = digest_of(content, code_digest(__name__))
    kind = "libsurmax" if "-shared" in flags else Path(sources[-1]).stem
    suffix = ".so" if "-shared" in flags else ""
    name = f"{kind}_{architecture}{suffix}"
    place = folder / f"{kind}_{architecture}-{key[:16]}"

    def make(work: Path) -> None:
        paths = [str(HOST / source) for source in sources]
        command = [program, *host_flags(architecture, kernels), *flags, *paths]
        _run([*command, "-o", str(work / name)], architecture)

    try:
        kept_files(place, key, [name], make)
    except OSError as error:
        raise InputError(f"build folder is {str(folder)!r}: {error.strerror}") from error
    return place / name


@cache
def _version(program: str) -> str:
    done = run([program, "--version"], timeout=_LIMIT_SECONDS, apart=True)
    return done.stdout.partition("\n")[0] or program


def _run(command: list[str], architecture: str) -> None:
    what = f"{Path(command[0]).name} cannot compile the kernels for {architecture}"
    run_tool(command, error=CompileError, what=what, timeout=_LIMIT_SECONDS)
