# SPDX-License-Identifier: Apache-2.0
"""Verilog wrapper around a stream top with all ports packed into two wide ones.

A call of the simulator's interface costs more than a thousand bits of payload. With one vector to
read and one to write in a cycle, cocotb runs several times faster than with a dozen ports.
"""

from dataclasses import dataclass
from functools import cached_property

from surmax.rtl import Build

TOP = "surmax_wide_ports"


@dataclass(frozen=True)
class Field:
    """Place of one port of the unit in a wide vector."""

    offset: int
    width: int


class WidePorts:
    """The layout of `drive` (all inputs but clock and reset) and `sense` (all outputs).

    The handshake bits lie lowest in both: s_valid and m_ready are bits 0 and 1 of `drive`, m_valid
    and s_ready bits 0 and 1 of `sense`, m_last bit 2, then m_codes.
    """

    def __init__(self, build: Build) -> None:
        self.build = build
        ports = [port for port in build.ports() if port[0] not in ("clk", "rst")]
        widths = {name: width for name, _, width in ports}
        inputs = [name for name, direction, _ in ports if direction == "input"]
        outputs = [name for name in widths if name not in inputs]
        self.drive = _place(["s_valid", "m_ready"], inputs, widths)
        self.sense = _place(["m_valid", "s_ready", "m_last", "m_codes"], outputs, widths)

    @cached_property
    def verilog(self) -> str:
        """Text of the wrapper module, to be put beside the unit's."""
        ports = [".clk(clk)", ".rst(rst)"]
        for vector, fields in (("drive", self.drive), ("sense", self.sense)):
            ports += [
                f".{n}({vector}[{f.offset + f.width - 1}:{f.offset}])" for n, f in fields.items()
            ]
        return (
            f"module {TOP}(clk, rst, drive, sense);\n"
            f"  input clk, rst;\n"
            f"  input [{_size(self.drive) - 1}:0] drive;\n"
            f"  output [{_size(self.sense) - 1}:0] sense;\n"
            f"  {self.build.top_module} dut({', '.join(ports)});\n"
            "endmodule\n"
        )


def _place(first: list[str], names: list[str], widths: dict[str, int]) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    offset = 0
    for name in [*first, *(n for n in names if n not in first)]:
        fields[name] = Field(offset, widths[name])
        offset += widths[name]
    return fields


def _size(fields: dict[str, Field]) -> int:
    return sum(field.width for field in fields.values())
