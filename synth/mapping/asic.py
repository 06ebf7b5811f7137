# SPDX-License-Identifier: Apache-2.0
"""Mapping to a cell library with yosys: for the smallest area, or for a clock period.

For the smallest area there is one recipe. Its differences to a stock `synth; abc` are, the most
effective one first:

- The area mapper of ABC (`&nf`) takes the place of its delay mapper: it uses wide AND-OR-invert
  cells.
- Full adders are extracted from the logic and mapped to the library's full-adder cell. This comes
  before any restructuring that would hide them, so that no `abc -fast` runs before.
- Clock gates take the place of enables that three flip-flops or more share (the usual minimum).
- Wide selections, written as an index, a case or a tree of 2:1 multiplexers, become groups of
  AND-OR, and carries become ripple chains (select.v).

A second recipe that rewrites first took the same time again and changed areas by 0.5 % either way.

For a clock period there are three recipes. For a ConSmax lane on sky130 they compare like this:

- the one above;
- gates in place of adder cells, which are slow: 16 % shorter period, 6 % more area;
- gates mapped for delay: 40 % shorter period, 21 % more area.

Each netlist is then sized by static timing (surmax.synth.timing.sizing). The smallest one that
meets the period is taken, or the fastest if none does.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from surmax.common.digest import data_file
from surmax.common.errors import InputError, shown
from surmax.rtl.tools.yosys import run_yosys
from surmax.synth.liberty.cell_library import CellLibrary, FullAdder
from surmax.synth.liberty.timing_library import TimingLibrary
from surmax.synth.liberty.timing_reader import read_timing_library
from surmax.synth.mapping.generic import GENERIC_NAME
from surmax.synth.mapping.result import Cost, Mapped
from surmax.synth.timing.netlist import CellNetlist, read_netlist
from surmax.synth.timing.sizing import rename_cells, resize

# Transistors of each cell in the transistor count; a latch is half a flip-flop.
TRANSISTORS = {"$_NOT_": 2, "$_NAND_": 4, "$_NOR_": 4, "$_DFF_P_": 16, "$_DLATCH_P_": 8}

_CLEAN = "strash;ifraig;scorr;"
# Ten times as many rounds of area recovery save 0.1 % on our units and take three times as long.
_MAP = "&get,-n;&st;&dch,-f;&nf,-R,100,-F,50,-C,32;&put;"
_RESIZE = "buffer,-c;topo;upsize,{D};dnsize,{D};"

# ABC commands; yosys wants commas in place of blanks.
_AREA = _CLEAN + _MAP
_SPEED = _CLEAN + "dc2;dch,-f;map,-B,0.9;topo;buffer,-c;upsize,{D};dnsize,{D}"
# Share of the period that the mapper is given for logic: it does not see the flip-flops.
_LOGIC_SHARE = 0.75

_CLOCK_GATE = r"""module surmax_clock_gate (input enable, clock, output gated);
  wire held;
  \$_DLATCH_N_ latch (.E(clock), .D(enable), .Q(held));
  \$_AND_ gate (.A(held), .B(clock), .Y(gated));
endmodule
"""


class _Recipe(NamedTuple):
    """A recipe: its name, whether it uses the full-adder cell, its ABC commands."""

    name: str
    adders: bool
    commands: str


def _recipes(library: CellLibrary, period_ns: float | None) -> list[_Recipe]:
    """Return the recipes to try.

    For area, adder cells are used wherever the library has them: no design is known that is
    smaller without.
    """
    adders = library.full_adder is not None
    name = f"{'adders' if adders else 'gates'}, as written"
    if period_ns is None:
        return [_Recipe(name, adders, _AREA)]
    recipes = [_Recipe(name, adders, _AREA + _RESIZE)]
    if adders:
        recipes.append(_Recipe("gates, as written", False, _AREA + _RESIZE))
    return [*recipes, _Recipe("gates, for delay", False, _SPEED)]


def input_files(library: CellLibrary, *, timing: bool) -> dict[str, str]:
    """Return the files that area_script reads beside the design: name -> text.

    `timing` gives the library its tables, which sizing for a period needs.
    """
    files = {
        "cells.lib": library.text if timing else library.area_text,
        "select.v": data_file(__package__, "select.v").read_text(encoding="utf-8"),
        "adders.v": data_file(__package__, "adders.v").read_text(encoding="utf-8"),
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
    """Return the yosys script that maps module `top` with every recipe.

    It reads the design with the lines `read`, makes simple gates of it, and writes the counts
    N.json and the netlist N.v for recipe number N. With `transistors` it writes transistors.json as
    well. `clock_gating` and `period_ns` are those of synthesise.
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
    """Run area_script in folder `work`, which holds the design, and return the best result.

    The best is the smallest; with a period, the smallest that meets it, or else the fastest.

    Raises YosysError when yosys fails, and InputError when it leaves a cell that the library does
    not have, or the library's tables are wrong.
    """
    for name, text in input_files(library, timing=period_ns is not None).items():
        (work / name).write_text(text, encoding="utf-8")
    script = area_script(
        read,
        top,
        library,
        clock_gating=clock_gating,
        period_ns=period_ns,
        transistors=transistors,
    )
    # Before yosys runs: what is wrong in the tables is said in one line that has its place.
    timing = read_timing_library(library) if period_ns is not None else None
    run_yosys(script, work, name="area")
    names = [recipe.name for recipe in _recipes(library, period_ns)]
    counts = [_count(work / f"{number}.json") for number in range(len(names))]
    for count in counts:
        unmapped = sorted(set(count["num_cells_by_type"]) - {cell.name for cell in library.cells})
        if unmapped:
            name, kinds = shown(library.name)[1:-1], ", ".join(unmapped[:5])
            raise InputError(f"library {name} must have cells for what {top} needs: {kinds}")
    texts = [(work / f"{number}.v").read_text(encoding="utf-8") for number in range(len(names))]
    if timing is None or period_ns is None:
        best = min(range(len(names)), key=lambda number: counts[number].get("area", 0.0))
    else:
        best, texts[best], counts[best] = _smallest_in_time(texts, timing, period_ns)
        names[best] += ", sized"
    count = counts[best]
    kinds = count["num_cells_by_type"]
    relative = library.name == GENERIC_NAME
    # The count of a design that has only constants contains no area.
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
    texts: list[str], timing: TimingLibrary, period_ns: float
) -> tuple[int, str, dict[str, Any]]:
    """Size each netlist for the period; return number, text and count of the best one."""
    sized = []
    for number, text in enumerate(texts):
        netlist, period = resize(read_netlist(text, timing), timing, period_ns)
        count = _count_cells(netlist, timing)
        rank = (max(period, period_ns), count["area"])
        sized.append((rank, number, rename_cells(text, netlist, timing), count))
    _, best, text, count = min(sized, key=lambda netlist: netlist[0])
    return best, text, count


def _count_cells(netlist: CellNetlist, library: TimingLibrary) -> dict[str, Any]:
    """Return the counts of a sized netlist in the form of `stat -json`."""
    numbers = np.bincount(netlist.cell_kinds, minlength=len(library.cells))
    used = [(cell, int(n)) for cell, n in zip(library.cells, numbers, strict=True) if n]
    states = [(cell, n) for cell, n in used if cell.state and cell.state.kind != "clock_gate"]
    return {
        "num_cells_by_type": {cell.name: n for cell, n in used},
        "area": sum(cell.area * n for cell, n in used),
        "sequential_area": sum(cell.area * n for cell, n in states),
    }


def _count(path: Path) -> dict:
    """Return the counts of the whole design from the output of `stat -json`."""
    return json.loads(path.read_text(encoding="utf-8"))["design"]


def _to_gates(top: str) -> str:
    """Return the script that turns the design in memory into simple gates and flip-flops."""
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
    """Return the script that maps the saved logic to NAND, NOR, NOT and flip-flops and counts them.

    Clock gates count as a latch and an AND gate.
    """
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
    """Return the techmap rule from an extracted full adder to the library's cell."""
    wires = [f".\\{pin} ({port})" for pin, port in zip(adder.inputs, "ABC", strict=True)]
    wires += [f".\\{adder.total} (Y)", f".\\{adder.carry} (X)"]
    return f"""module surmax_full_adder (input A, B, C, output X, Y);
  \\{adder.cell} _TECHMAP_REPLACE_ ({", ".join(wires)});
endmodule
"""
