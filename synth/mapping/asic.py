# SPDX-License-Identifier: Apache-2.0
"""Yosys scripts for a cell library: smallest area first, or the smallest that meets a period.

What the recipe does that a stock `synth; abc` does not, in the order of what it wins:
- abc's area mapper (`&nf`), which reaches wide AND-OR-invert cells, in place of its delay mapper;
- full adders found in the logic and mapped to the library's full-adder cell, before anything
  restructures them (so no `abc -fast` in the middle);
- clock gates in place of enables, for three flip-flops or more (the usual least number);
- wide selections, written as an index, a case or a tree of 2:1 multiplexers, as AND-OR in groups,
  and carries as ripples (data/select.v).
There is one script: a second one, with rewriting first, took as long again for 0.5 % either way.

With a period in mind there are three: that one; gates in place of adder cells, which are slow (a
ConSmax lane on sky130: 16 % shorter, 6 % larger); and gates mapped for delay (40 %, 21 %). Each is
sized by static timing afterwards (sizing.py), and the smallest that is fast enough is taken, or the
fastest.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from surmax.common.digest import data_file
from surmax.rtl.tools.yosys import YosysError, run_yosys
from surmax.synth.liberty.cell_library import CellLibrary, FullAdder
from surmax.synth.liberty.timing_library import TimingLibrary
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.mapping.generic import GENERIC_NAME
from surmax.synth.mapping.result import Cost, Mapped
from surmax.synth.timing.netlist import CellNetlist, read_netlist
from surmax.synth.timing.sizing import rename_cells, resize

# What one cell of the transistor count takes; a latch is half a flip-flop.
TRANSISTORS = {"$_NOT_": 2, "$_NAND_": 4, "$_NOR_": 4, "$_DFF_P_": 16, "$_DLATCH_P_": 8}

_CLEAN = "strash;ifraig;scorr;"
# Ten times the rounds of area recovery are worth 0.1 % on our units and take three times as long.
_MAP = "&get,-n;&st;&dch,-f;&nf,-R,100,-F,50,-C,32;&put;"
_RESIZE = "buffer,-c;topo;upsize,{D};dnsize,{D};"

# ABC commands, with , for a blank
_AREA = _CLEAN + _MAP
_SPEED = _CLEAN + "dc2;dch,-f;map,-B,0.9;topo;buffer,-c;upsize,{D};dnsize,{D}"
# Of a period, what the mapper may plan with: it sees no flip-flops.
_LOGIC_SHARE = 0.75
# Part of what a result is kept by: to be changed with what sizing.py does.
_SIZING = "sized by static timing, second form"

_CLOCK_GATE = r"""module surmax_clock_gate (input enable, clock, output gated);
  wire held;
  \$_DLATCH_N_ latch (.E(clock), .D(enable), .Q(held));
  \$_AND_ gate (.A(held), .B(clock), .Y(gated));
endmodule
"""


class _Recipe(NamedTuple):
    """Its name, whether it uses the full-adder cell, its ABC commands."""

    name: str
    adders: bool
    commands: str


def _recipes(library: CellLibrary, period_ns: float | None) -> list[_Recipe]:
    """The recipes to try: adder cells are used where the library has them.

    No design was seen that is smaller without.
    """
    adders = library.full_adder is not None
    name = f"{'adders' if adders else 'gates'}, as written"
    if period_ns is None:
        return [_Recipe(name, adders, _AREA)]
    found = [_Recipe(name, adders, _AREA + _RESIZE)]
    if adders:
        found.append(_Recipe("gates, as written", False, _AREA + _RESIZE))
    return [*found, _Recipe("gates, for delay", False, _SPEED)]


def input_files(library: CellLibrary, *, timing: bool) -> dict[str, str]:
    """The files that area_script reads beside the design: name -> text."""
    files = {
        "cells.lib": library.text if timing else library.area_text,
        "select.v": data_file(__package__, "select.v").read_text(),
        "adders.v": data_file(__package__, "adders.v").read_text(),
        "gate.v": _CLOCK_GATE,
    }
    if library.full_adder:
        files["adder.v"] = _adder_rule(library.full_adder)
    return files


def area_script(
    read: str,
    top: str,
    library: CellLibrary,
    *,
    clock_gating: bool,
    period_ns: float | None,
    transistors: bool,
) -> str:
    """Return the whole script: `read`, simple gates, then one netlist and one count a recipe.

    It writes N.json and N.v for recipe number N, and transistors.json if they are counted.
    """
    lines = [read, _to_gates(top), "design -save logic"]
    if clock_gating and library.has_clock_gate:
        lines += ["clockgate -liberty cells.lib -min_net_size 3"]
    lines += ["dfflibmap -liberty cells.lib", "opt -fast", "opt_clean -purge"]
    lines += ["delete t:$scopeinfo", "design -save gates"]
    if library.full_adder:
        lines += ["extract -map adders.v", "chtype -set surmax_full_adder t:surmax_full_adder_*"]
        lines += ["techmap -map adder.v", "opt_clean -purge"]
        lines += ["design -save adders"]
    delay = ""
    if period_ns is not None:
        lines.append(f"# {_SIZING}")
        delay = f" -D {round(1000 * _LOGIC_SHARE * period_ns)}"
    for number, recipe in enumerate(_recipes(library, period_ns)):
        lines += [
            f"design -load {'adders' if recipe.adders else 'gates'}",
            f"abc -liberty cells.lib{delay} -script +{recipe.commands}",
            "opt_clean -purge",
            f"tee -q -o {number}.json stat -json -liberty cells.lib",
            f"write_verilog -noattr {number}.v",
        ]
    if transistors:
        lines.append(_transistors(clock_gating))
    return "\n".join([*lines, ""])


def map_to_cells(
    read: str,
    top: str,
    library: CellLibrary,
    work: Path,
    *,
    clock_gating: bool,
    period_ns: float | None,
    transistors: bool,
) -> Mapped:
    """Run area_script in folder `work`, which has the design, and return the smallest result.

    With a period, the smallest that meets it, or the fastest. Raises YosysError when yosys fails,
    or leaves a cell that is not of the library.
    """
    for name, text in input_files(library, timing=period_ns is not None).items():
        (work / name).write_text(text)
    script = area_script(
        read,
        top,
        library,
        clock_gating=clock_gating,
        period_ns=period_ns,
        transistors=transistors,
    )
    run_yosys(script, work, name="area")
    names = [recipe.name for recipe in _recipes(library, period_ns)]
    counts = [_count(work / f"{number}.json") for number in range(len(names))]
    for count in counts:
        strange = sorted(set(count["num_cells_by_type"]) - {cell.name for cell in library.cells})
        if strange:
            raise YosysError(f"{top}: no cell of {library.name} for {', '.join(strange)}")
    texts = [(work / f"{number}.v").read_text() for number in range(len(names))]
    if period_ns is None:
        best = min(range(len(names)), key=lambda number: counts[number].get("area", 0.0))
    else:
        best, texts[best], counts[best] = _smallest_in_time(texts, library, period_ns)
        names[best] += ", sized"
    count = counts[best]
    kinds = count["num_cells_by_type"]
    relative = library.name == GENERIC_NAME
    # A design of constants only has no area in the count.
    area, sequential = count.get("area", 0.0), count.get("sequential_area", 0.0)
    counted = None
    if transistors:
        gates = _count(work / "transistors.json")["num_cells_by_type"]
        counted = sum(TRANSISTORS[kind] * number for kind, number in gates.items())
    cost = Cost(
        cells=dict(sorted(kinds.items())),
        area_um2=None if relative else area,
        ge=area / library.nand2_area,
        sequential_um2=None if relative else sequential,
        sequential_ge=sequential / library.nand2_area,
        transistors=counted,
    )
    return Mapped(cost, names[best], texts[best])


def _smallest_in_time(
    texts: list[str], library: CellLibrary, period_ns: float
) -> tuple[int, str, dict[str, Any]]:
    """Size each netlist for the period; return which is taken, its text and its count."""
    timing = read_timing_library(library)
    sized = []
    for number, text in enumerate(texts):
        netlist, period = resize(read_netlist(text, timing), timing, period_ns)
        count = _count_cells(netlist, timing)
        rank = (max(period, period_ns), count["area"])
        sized.append((rank, number, rename_cells(text, netlist, timing), count))
    _, best, text, count = min(sized, key=lambda one: one[0])
    return best, text, count


def _count_cells(netlist: CellNetlist, library: TimingLibrary) -> dict[str, Any]:
    """What `stat -json` would say of a netlist that was sized."""
    numbers = np.bincount(netlist.cell_kinds, minlength=len(library.cells))
    used = [(cell, int(n)) for cell, n in zip(library.cells, numbers, strict=True) if n]
    states = [(cell, n) for cell, n in used if cell.state and cell.state.kind != "clock_gate"]
    return {
        "num_cells_by_type": {cell.name: n for cell, n in used},
        "area": sum(cell.area * n for cell, n in used),
        "sequential_area": sum(cell.area * n for cell, n in states),
    }


def _count(path: Path) -> dict:
    """What `stat -json` says of the design."""
    return json.loads(path.read_text())["design"]


def _to_gates(top: str) -> str:
    """Lines that turn the design in memory into simple gates and flip-flops."""
    return f"""hierarchy -check -top {top}
proc
flatten
opt_clean -purge
setattr -unset init w:*
synth -top {top} -run begin:fine
opt -fast -full
memory_map
opt -undriven -fine
techmap -map select.v
techmap
opt -fast
muxcover -nodecode -nopartial -mux8 -mux16
techmap -map select.v
techmap
opt -fast
dffunmap -srst-only
opt -fast
opt_clean -purge"""


def _transistors(clock_gating: bool) -> str:
    """Lines that map the saved logic to NAND, NOR, NOT, flip-flops and latches, and count them."""
    lines = ["design -load logic", "async2sync t:$_*DFF*", "simplemap"]
    if clock_gating:
        lines += ["clockgate -pos surmax_clock_gate enable:clock:gated -min_net_size 3"]
        lines += ["techmap -map gate.v"]
    lines += [
        "dfflegalize -cell $_DFF_P_ x -cell $_DLATCH_P_ x",
        "abc -g cmos2",
        "opt_clean -purge",
        "delete t:$scopeinfo",
        "tee -q -o transistors.json stat -json",
    ]
    return "\n".join(lines)


def _adder_rule(adder: FullAdder) -> str:
    """A yosys techmap rule from a found full adder to the library's cell."""
    wires = [f".{pin}({port})" for pin, port in zip(adder.inputs, "ABC", strict=True)]
    wires += [f".{adder.total}(Y)", f".{adder.carry}(X)"]
    return f"""module surmax_full_adder (input A, B, C, output X, Y);
  \\{adder.cell} _TECHMAP_REPLACE_ ({", ".join(wires)});
endmodule
"""
