# SPDX-License-Identifier: Apache-2.0
"""A program named `sta` that checks what it is given and prints what a test tells it to."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Stub = Callable[..., None]


def stub_maker(template: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Stub:
    """Return a function that makes `sta` the only program on the PATH.

    The function takes the body of the program and the version that it prints. `template` is the
    program's text, with the fields python, body and version.
    """

    def make(body: str, version: str = "3.1.0") -> None:
        programs = folder / "bin"
        programs.mkdir()
        program = programs / "sta"
        program.write_text(template.format(python=sys.executable, body=body, version=version))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(programs))

    return make
