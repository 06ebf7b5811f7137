# SPDX-License-Identifier: Apache-2.0
"""What holds of the registers of a module whenever it runs: proven once, then known to a proof.

The proof of equivalence looks at one cycle from any state. A mutant that differs only in a state
that never occurs, such as a buffer with more words than room, can only be told from a real fault by
knowing that it does not. Each statement here is about the registers of one module, and is proven of
the design by induction, for all time after a reset and for every input of that module.
"""

import re
from pathlib import Path

from surmax.common.tools import failure
from surmax.rtl.tools.yosys import run_yosys
from surmax.tb.mutate.mutants import Design
from surmax.tb.proof.problem import ProofError

_PROVE = """flatten
memory_map
delete -output w:*
opt_clean -purge
async2sync
chformal -lower
opt -full
sat -tempinduct -prove-asserts -set-assumes -seq 1 -maxsteps 2
"""
_SUCCESS = "Induction step proven: SUCCESS!"


def invariants(design: Design) -> dict[str, str]:
    """Return, for modules of which something is known, a condition on their registers."""
    found = {}
    for name, text in design.modules.items():
        conditions = [
            *_buffer(name),
            *_receive(text, getattr(design.build, "max_beats", 0)),
            *_steps(text),
        ]
        if conditions:
            found[name] = " && ".join(conditions)
    return found


def prove_invariants(design: Design) -> dict[str, str]:
    """Return the invariants of the modules of `design`, all of them proven.

    Raises:
        ProofError: one of them does not hold, or not by induction.
    """
    found = invariants(design)
    for name, condition in found.items():
        folder = design.folder / f"invariant-{name}"
        rules = (
            "  reg surmax_started = 0;\n"
            "  always @(posedge clk) surmax_started <= 1;\n"
            "  always @* assume (surmax_started || rst);\n"
            f"  always @* if (surmax_started) assert ({condition});\n"
        )
        log = run_yosys(with_rules(design, {name: rules}, folder, name) + _PROVE, folder)
        text = log.read_text(encoding="utf-8")
        if _SUCCESS not in text:
            raise ProofError(failure(f"the invariant of {name} is not proven", text))
    return found


def assumptions(found: dict[str, str]) -> dict[str, str]:
    """Return the invariants as text that assumes them."""
    return {name: f"  always @* assume ({condition});\n" for name, condition in found.items()}


def with_rules(design: Design, rules: dict[str, str], folder: Path, top: str = "") -> str:
    """Write the modules of `design`, some with rules at their end; return commands to read them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, text in design.modules.items():
        more = rules.get(name, "")
        path = folder / f"{name}.{'known.sv' if more else 'v'}"
        path.write_text(text.removesuffix("endmodule\n") + more + "endmodule\n", encoding="utf-8")
        lines.append(f"read_verilog {'-formal -sv ' if more else ''}{path.name}")
    return "\n".join(
        [*lines, f"hierarchy -check -top {top or design.top}", "proc -noopt", "opt_clean", ""]
    )


def _buffer(module: str) -> list[str]:
    """A buffer holds no more words than it has room for, between its two pointers."""
    size = re.fullmatch(r"surmax_fifo_\d+x(\d+)", module)
    if not size:
        return []
    depth = int(size[1])
    bits = depth.bit_length() + 1
    between = f"{bits}'d0 + read_address + level"  # wide enough for the carry
    return [
        f"level <= {depth}",
        f"read_address < {depth}",
        f"write_address < {depth}",
        f"({between} == write_address || {between} == write_address + {bits}'d{depth})",
    ]


def _receive(text: str, max_beats: int) -> list[str]:
    """A row is cut at the longest length; its first beat has place 0; one that is cut has ended."""
    if "reg dropping;" not in text:
        return []
    if max_beats == 1:
        return ["first"]
    return [f"position < {max_beats}", "first == (position == 0)", "(!dropping || first)"]


def _steps(text: str) -> list[str]:
    """A divider is in at most one of its steps."""
    return ["(step & (step - 1)) == 0"] if re.search(r"wire \[\d+:0\] step;", text) else []
