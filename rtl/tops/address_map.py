# SPDX-License-Identifier: Apache-2.0
"""Addresses behind the AXI4-Lite port of the AXI tops, and their description in Markdown.

Registers start at address 0. The contents of heads (table words, constants) are written from
HEADS_WINDOW on. The words of a head are placed by its unit (surmax.rtl.consmax.axi) or, in all row
units alike, by `constants_address`.
"""

from surmax.golden import check_range

ADDRESS_BITS = 16
HEADS_WINDOW = 0x8000

# The status register of row units, and its bits.
STATUS_ADDRESS = 0x14
OVERLONG, ILLEGAL = 1, 2

# Name, byte address and meaning of a register.
Register = tuple[str, int, str]


def row_registers(identity: int, version: int, formats: str) -> tuple[Register, ...]:
    """Return the registers that every row unit has.

    Args:
        identity: content of the register ID, four ASCII characters.
        version: version of the unit's address map.
        formats: meaning of the register FORMAT, which differs from unit to unit.
    """
    return (
        ("ID", 0x00, f"0x{identity:08x}"),
        ("VERSION", 0x04, f"version of this address map: {version}"),
        ("SHAPE", 0x08, "[7:0] lanes, [15:8] heads"),
        ("FORMAT", 0x0C, formats),
        ("LENGTH", 0x10, "positions of the longest row"),
        (
            "STATUS",
            STATUS_ADDRESS,
            "sticky, write 1 to clear: [0] a row was too long and was cut, [1] illegal constants "
            "were written and not taken",
        ),
    )


def constants_address(head: int, *, heads: int = 64) -> int:
    """Return the byte address of a head's constants; raises InputError when out of range."""
    return HEADS_WINDOW | check_range("head", head, 0, heads - 1) << 3


def unit_map(title: str, registers: tuple[Register, ...], rest: str) -> str:
    """Return the address map of one AXI top as Markdown.

    Args:
        title: name of the top.
        registers: those below HEADS_WINDOW.
        rest: Markdown that follows the table of registers.
    """
    rows = "".join(f"| 0x{address:04x} | {name} | {text} |\n" for name, address, text in registers)
    return f"""\
## {title}

| address | name | content |
|---|---|---|
{rows}
{rest}"""


def address_map(*units: str) -> str:
    """Return docs/registers.md: what holds for all AXI tops, and the map of each."""
    head = f"""\
<!-- made by: surmax registers -o docs/registers.md -->
# AXI4-Lite address maps

{ADDRESS_BITS} address bits, 32 data bits. Whole words only: another write strobe than 1111, or an
address that is not a multiple of 4, answers SLVERR and changes nothing, and so does every address
that is not listed. Registers are read only where nothing else is said.

"""
    return head + "\n".join(units)
