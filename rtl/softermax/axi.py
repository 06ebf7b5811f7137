# SPDX-License-Identifier: Apache-2.0
"""AXI top of the Softermax unit: status, registers, address map."""

from amaranth.hdl import Const, Module, Value
from surmax.golden.softermax.config import OUTPUTS
from surmax.rtl.softermax.unit import SoftermaxUnit
from surmax.rtl.tops.address_map import row_registers, unit_map
from surmax.rtl.tops.row_axi import RowAxiTop

IDENTITY = 0x53585352  # "SXSR"
VERSION = 1

REGISTERS = row_registers(
    IDENTITY,
    VERSION,
    "[4:0] output bits, [9:8] output (0 uq1.7, 1 u8, 2 i16), [12] maximum rounded up, [20:16] "
    "fraction bits of an exponential, [28:24] of the row sum",
)


class SoftermaxAxiTop(RowAxiTop):
    """Softermax unit behind AXI (see RowAxiTop, and SoftermaxUnit for the timing).

    It has no constants.

    Parameters:
        unit: wrapped unit.
    """

    def __init__(self, unit: SoftermaxUnit) -> None:
        config = unit.config
        formats = config.output_bits | OUTPUTS.index(config.output) << 8
        formats |= (config.maximum == "ceil") << 12
        formats |= config.value_bits << 16 | config.sum_bits << 24
        super().__init__(unit, "softermax_unit", IDENTITY, VERSION, formats)

    def fields(self) -> dict[str, tuple[int, int]]:
        """Return no fields: there are no constants."""
        return {}

    def legal(self, m: Module, word: Value) -> Value:
        """Return 0: there are no constants."""
        return Const(0)


def softermax_map() -> str:
    """Return the address map of softermax_axi as Markdown."""
    rest = "There are no constants: STATUS[1] is never set. Reset clears STATUS.\n"
    return unit_map("`softermax_axi`", REGISTERS, rest)
