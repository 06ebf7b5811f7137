# SPDX-License-Identifier: Apache-2.0
"""Lint generated Verilog with Verilator."""

from surmax.common.processes import run
from surmax.common.work_folders import work_folder
from surmax.rtl.tools.verilators import Verilator, chosen_verilator

_TIMEOUT = 900.0  # seconds


def lint(text: str, top: str, verilator: Verilator | None = None) -> list[str]:
    """Return the messages of `verilator --lint-only -Wall`, an empty list for a clean text.

    `verilator` is the one that chosen_verilator returns when it is None.
    """
    verilator = verilator or chosen_verilator()
    with work_folder() as folder:
        source = folder / f"{top}.v"
        source.write_text(text, encoding="utf-8")
        done = run(
            [verilator.program, "--lint-only", "-Wall", "--top-module", top, source],
            env=verilator.environment(),
            timeout=_TIMEOUT,
            apart=True,
        )
    # Lines that start with a dash are its report on itself; what is left belongs to a message.
    return [line for line in done.stderr.splitlines() if not line.startswith("-")]
