# SPDX-License-Identifier: Apache-2.0
"""Byte addresses behind the AXI4-Lite port of ConSmax, as docs/registers.md states them.

They are literals of the benches' own; surmax.tb.rows.addresses says why.
"""

ID, VERSION, SHAPE, FORMAT = 0x00, 0x04, 0x08, 0x0C

# Contents of the registers ID and VERSION.
IDENTITY, MAP_VERSION = 0x53584343, 1


def table_address(head: int, table: int, index: int) -> int:
    """Return the byte address of a table word; table 4, index 0 is the mode of a head."""
    return 0x8000 + head * 512 + table * 64 + index * 4
