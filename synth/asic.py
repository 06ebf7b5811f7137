# SPDX-License-Identifier: Apache-2.0
"""Yosys scripts for a cell library: smallest area first.

What the recipe does that a stock `synth; abc` does not, in the order of what it wins:
- abc's area mapper (`&nf`), which reaches wide AND-OR-invert cells, in place of its delay mapper;
- full adders found in the logic and mapped to the library's full-adder cell, before anything
  restructures them (so no `abc -fast` in the middle);
- clock gates in place of enables, for three flip-flops or more (the usual least number);
- wide selections, written as an index, a case or a tree of 2:1 multiplexers, as AND-OR in groups,
  and carries as ripples (data/select.v).
There is one script: a second one, with rewriting first, took as long again for 0.5 % either way.
"""

import json
from pathlib import Path

from surmax.rtl.yosys import YosysError, run_yosys
from surmax.synth.generic import GENERIC_NAME
from surmax.synth.liberty import FullAdder, Library
from surmax.synth.result import Mapped, Measure

_DATA = Path(__file__).parent / "data"

# What one cell of the transistor count takes; a latch is half a flip-flop.
TRANSISTORS = {"$_NOT_": 2, "$_NAND_": 4, "$_NOR_": 4, "$_DFF_P_": 16, "$_DLATCH_P_": 8}

_CLEAN = "strash;ifraig;scorr;"
# Ten times the rounds of area recovery are worth 0.1 % on our units and take three times as long.
_MAP = "&get,-n;&st;&dch,-f;&nf,-R,100,-F,50,-C,32;&put;"
_RESIZE = "buffer,-c;topo;upsize,{D};dnsize,{D};"

# ABC commands, with , for a blank
_LOGIC = {"as written": _CLEAN + _MAP}

_CLOCK_GATE = r"""module surmax_clock_gate (input enable, clock, output gated);
  wire held;
  \$_DLATCH_N_ latch (.E(clock), .D(enable), .Q(held));
  \$_AND_ gate (.A(held), .B(clock), .Y(gated));
endmodule
"""


def recipes(library: Library) -> list[tuple[str, bool, str]]:
    """(name, use the full-adder cell, ABC commands) of each recipe for `library`.

    Adder cells are used where the library has them: no design was seen that is smaller without.
    """
    adders = library.full_adder is not None
    kind = "adders" if adders else "gates"
    return [(f"{kind}, {name}", adders, commands) for name, commands in _LOGIC.items()]


def input_files(library: Library, *, timing: bool) -> dict[str, str]:
    """The files that area_script reads beside the design: name -> text."""
    files = {
        "cells.lib": library.text if timing else library.area_text,
        "select.v": (_DATA / "select.v").read_text(),
        "adders.v": (_DATA / "adders.v").read_text(),
        "gate.v": _CLOCK_GATE,
    }
    if library.full_adder:
        files["adder.v"] = _adder_rule(library.full_adder)
    return files


def area_script(
    read: str, top: str, library: Library, *, clock_gating: bool, period_ns: float | None
) -> str:
    """Return the whole script: `read`, simple gates, then one netlist and one count a recipe.

    It writes N.json and N.v for recipe number N, and transistors.json.
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
    for number, (_, adders, commands) in enumerate(recipes(library)):
        delay = ""
        if period_ns is not None:
            commands, delay = commands + _RESIZE, f" -D {round(1000 * period_ns)}"
        lines += [
            f"design -load {'adders' if adders else 'gates'}",
            f"abc -liberty cells.lib{delay} -script +{commands}",
            "opt_clean -purge",
            f"tee -q -o {number}.json stat -json -liberty cells.lib",
            f"write_verilog -noattr {number}.v",
        ]
    return "\n".join([*lines, _transistors(clock_gating), ""])


def map_to_cells(
    read: str,
    top: str,
    library: Library,
    work: Path,
    *,
    clock_gating: bool,
    period_ns: float | None,
) -> Mapped:
    """Run area_script in folder `work`, which has the design, and return the smallest result.

    Raises YosysError when yosys fails, or leaves a cell that is not of the library.
    """
    for name, text in input_files(library, timing=period_ns is not None).items():
        (work / name).write_text(text)
    script = area_script(read, top, library, clock_gating=clock_gating, period_ns=period_ns)
    run_yosys(script, work, name="area")
    names = [name for name, _, _ in recipes(library)]
    counts = [_count(work / f"{number}.json") for number in range(len(names))]
    best = min(range(len(names)), key=lambda number: counts[number].get("area", 0.0))
    count = counts[best]
    kinds = count["num_cells_by_type"]
    strange = sorted(set(kinds) - {cell.name for cell in library.cells})
    if strange:
        raise YosysError(f"{top}: no cell of {library.name} for {', '.join(strange)}")
    relative = library.name == GENERIC_NAME
    # A design of constants only has no area in the count.
    area, sequential = count.get("area", 0.0), count.get("sequential_area", 0.0)
    gates = _count(work / "transistors.json")["num_cells_by_type"]
    measure = Measure(
        cells=dict(sorted(kinds.items())),
        area_um2=None if relative else area,
        ge=area / library.nand2_area,
        sequential_um2=None if relative else sequential,
        sequential_ge=sequential / library.nand2_area,
        transistors=sum(TRANSISTORS[kind] * number for kind, number in gates.items()),
    )
    return Mapped(measure, names[best], (work / f"{best}.v").read_text())


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
