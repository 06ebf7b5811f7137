# SPDX-License-Identifier: Apache-2.0
"""Byte addresses behind the AXI4-Lite port of row units, as docs/registers.md states them.

They are literals of the benches' own. With the functions of surmax.rtl in their place, an address
that is wrong there would be wrong in both, and no bench would see it.
"""

ID, VERSION, SHAPE, FORMAT, LENGTH, STATUS = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14

# Bits of STATUS.
OVERLONG, ILLEGAL = 1, 2

MAP_VERSION = 1  # content of the register VERSION


def constants_address(head: int) -> int:
    """Return the byte address of a head's constants."""
    return 0x8000 + head * 8
