# SPDX-License-Identifier: Apache-2.0
"""Places in the working tree that tests read."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
AIE_SOURCES = ROOT / "aiengine"


def documented_registers(top):
    """Return the registers of an AXI top (name: address, content), and its part of registers.md."""
    text = (DOCS / "registers.md").read_text()
    part = re.search(rf"^## `{top}`$(.*?)(?=^## |\Z)", text, re.M | re.S)[1]
    rows = re.findall(r"^\| (0x\w+) \| (\w+) \| (.*) \|$", part, re.M)
    return {name: (int(address, 16), content) for address, name, content in rows}, part
