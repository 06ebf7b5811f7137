# SPDX-License-Identifier: Apache-2.0
"""Mapped netlists as Verilog that simulates without models of a cell library."""

from pathlib import Path

from surmax.common.errors import shown
from surmax.common.work_folders import work_folder
from surmax.golden import InputError
from surmax.rtl.tools.yosys import run_yosys
from surmax.synth.liberty.cell_library import CellLibrary
from surmax.synth.mapping.result import SynthResult
from surmax.synth.mapping.synthesise import kept_netlist
from surmax.synth.mapping.targets import Target

# Latch-based clock gate: the enable before the rising edge decides whether the clock passes.
_CLOCK_GATE = """
module \\{name} (input \\{clock} , \\{enable} , output \\{gated} );
  reg surmax_held;
  always @* if (!\\{clock} ) surmax_held = \\{enable} ;
  assign \\{gated} = \\{clock} & surmax_held;
endmodule
"""

_SCRIPT = """
read_liberty -ignore_miss_func -ignore_miss_data_latch cells.lib
read_verilog -overwrite gate.v
read_verilog netlist.v
hierarchy -check -top {top}
proc
flatten
opt_clean
write_verilog -noattr plain.v
"""


def clock_gate_models(library: CellLibrary) -> str:
    """Return Verilog modules of the library's clock gates.

    yosys makes modules of all other cells from the Liberty file, but it ignores the state tables
    that describe clock gates.
    """
    gates = [(cell.name, cell.clock_gate) for cell in library.cells if cell.clock_gate]
    return "".join(
        _CLOCK_GATE.format(name=name, clock=clock, enable=enable, gated=gated)
        for name, (clock, enable, gated) in gates
    )


def need_library(target: Target) -> CellLibrary:
    """Return the cell library of `target`. Raises InputError when it is an FPGA family."""
    if target.library is None:
        raise InputError(f"target is {shown(target.name)}: a netlist needs a cell library")
    return target.library


def plain_netlist(result: SynthResult, target: Target, *, cache: Path) -> str:
    """Return the netlist of `result` with each cell replaced by its function in the library.

    The module has the name and the ports of the design. `cache` is the folder in which synthesise
    kept the netlist.

    Raises InputError when `target` is an FPGA family, or the netlist is not in the folder.
    """
    library = need_library(target)
    files = {
        "netlist.v": kept_netlist(result, cache),
        "cells.lib": library.area_text,
        "gate.v": clock_gate_models(library),
    }
    with work_folder() as folder:
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        run_yosys(_SCRIPT.format(top=result.top), folder)
        return (folder / "plain.v").read_text(encoding="utf-8")
