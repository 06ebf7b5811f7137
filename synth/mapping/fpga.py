# SPDX-License-Identifier: Apache-2.0
"""FPGA resources of a design, counted after the stock yosys flow of the family."""

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from surmax.rtl.tools.yosys import run_yosys
from surmax.synth.mapping.result import Cost, Mapped


@dataclass(frozen=True)
class FpgaFamily:
    """A family: the yosys command that synthesises for it, and the resources of its cells.

    The flows of ECP5 and Gowin have the option -nowidelut. Without it, yosys builds table reads
    from the family's wide multiplexers, which takes up to twice the LUT sites and is not faster
    after place and route.

    Attributes:
        flow: yosys command with its options.
        counts: resource (field of Cost) -> glob of cell names -> units of the resource that one
            such cell takes. "lut" counts LUT sites, those that carry cells occupy included.
        without_pads: option that keeps the flow from adding IO buffers, "" where it adds none.
    """

    flow: str
    counts: dict[str, dict[str, int]]
    without_pads: str = ""

    def command(self, top: str, *, pads: bool) -> str:
        """Return the yosys command that synthesises `top`, with IO buffers or without."""
        options = [] if pads else [self.without_pads]
        return " ".join(filter(None, [self.flow, *options, "-top", top]))


_XILINX = "synth_xilinx -family {} -flatten -noclkbuf"
_XILINX_COUNTS = {
    "lut": {
        "LUT[1-6]": 1,
        "INV": 1,
        "SRL16E": 1,
        "SRLC32E": 1,
        "RAM32X1D": 2,
        "RAM64X1D": 2,
        "RAM128X1D": 4,
        "RAM32M": 4,
        "RAM64M": 4,
        "RAM32M16": 8,
        "RAM64M8": 8,
    },
    "ff": {"FD[RSCP]E*": 1},
    "carry": {"CARRY[48]": 1},
    "dsp": {"DSP48E[12]": 1},
    "bram": {"RAMB*": 1},
}

FPGA_FAMILIES = {
    "ice40": FpgaFamily(
        "synth_ice40",
        {
            "lut": {"SB_LUT4": 1},
            "ff": {"SB_DFF*": 1},
            "carry": {"SB_CARRY": 1},
            "dsp": {"SB_MAC16": 1},
            "bram": {"SB_RAM40_4K*": 1},
        },
    ),
    "ecp5": FpgaFamily(
        "synth_ecp5 -nowidelut",
        {
            "lut": {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 4},
            "ff": {"TRELLIS_FF": 1},
            "carry": {"CCU2C": 1},
            "dsp": {"MULT18X18D": 1},
            "bram": {"DP16KD": 1, "PDPW16KD": 1},
        },
    ),
    "xilinx7": FpgaFamily(_XILINX.format("xc7"), _XILINX_COUNTS, "-noiopad"),
    "xilinxup": FpgaFamily(_XILINX.format("xcup"), _XILINX_COUNTS, "-noiopad"),
    "gowin": FpgaFamily(
        "synth_gowin -nowidelut",
        {
            "lut": {"LUT[1-4]": 1, "ALU": 1, "RAM16S*": 4},
            "ff": {"DFF*": 1},
            "carry": {"ALU": 1},
            "dsp": {"MULT*": 1},
            "bram": {"SP": 1, "SPX9": 1, "SDPB": 1, "SDPX9B": 1, "DPB": 1, "DPX9B": 1},
        },
        "-noiopads",
    ),
}


def synthesis_script(read: str, top: str, family: FpgaFamily, *, pads: bool) -> str:
    """Return the yosys script that reads a design with the line `read` and synthesises `top`."""
    # abc9 of yosys 0.70 stops with an assertion on hierarchical designs: flatten them before.
    return f"""{read}
hierarchy -check -top {top}
proc
flatten
opt_clean -purge
{family.command(top, pads=pads)}
"""


def fpga_script(read: str, top: str, family: FpgaFamily) -> str:
    """Return the script that also writes the counts, as fpga.json."""
    return f"""{synthesis_script(read, top, family, pads=False)}
delete t:$scopeinfo
tee -q -o fpga.json stat -json
"""


def map_to_fpga(read: str, top: str, family: FpgaFamily, work: Path) -> Mapped:
    """Run fpga_script in folder `work`, which holds the design, and return the counts.

    Raises YosysError when yosys fails.
    """
    run_yosys(fpga_script(read, top, family), work, name="fpga")
    kinds = json.loads((work / "fpga.json").read_text(encoding="utf-8"))["design"][
        "num_cells_by_type"
    ]
    resources = {
        column: sum(
            count * weight
            for kind, count in kinds.items()
            for pattern, weight in weights.items()
            if fnmatchcase(kind, pattern)
        )
        for column, weights in family.counts.items()
    }
    cost = Cost(cells=dict(sorted(kinds.items())), **resources)
    return Mapped(cost, family.command(top, pads=False), "")
