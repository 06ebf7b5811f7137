# SPDX-License-Identifier: Apache-2.0
"""Proof that a mutant computes the same as the design.

Both are flattened and become gates, and the solver inside yosys proves for every register and every
output: from equal registers and equal inputs, the next value is equal. By induction the two never
differ, for all time, once they start from the same state. A register that is only ever loaded with
one value counts as having it from the start, as in synthesis. What is proven of the registers of
the design (surmax.tb.mutate.invariants) is assumed, and nothing else: a mutant which differs only
in other states that are never reached is not proven.

A register may differ where no output depends on it: those for which the proof fails are dropped
from the assumption, and the rest is proven without them.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from surmax.common.tools import failure
from surmax.rtl.tools.yosys import YosysError, run_yosys
from surmax.tb.mutate.invariants import assumptions, with_rules
from surmax.tb.mutate.mutants import Design, Mutant

ROUNDS = 4
TIMEOUT = 60.0  # seconds of one mutant
# Only registers and ports keep their names: names are what equiv_make takes for equal. An enable
# becomes a multiplexer, so that the value which a register keeps is one that counts as equal too.
# The solver takes every register for one of the same clock, so that each must be one.
_PREPARE = """chformal -lower
flatten
memory_map
opt_expr
opt_dff
dffunmap -ce-only
opt_clean -purge
select -assert-none t:$*dff* i:clk i:aclk %u %co1:+[CLK] %d
select -assert-none t:$*dff* r:CLK_POLARITY=0 %i
select -set kept t:$*dff* %x1:+[Q] t:$*dff* %d {dropped}
rename -hide w:* @kept %d
rename {top} {side}
design -stash {side}
"""
# Cells that have equal inputs become one: what the mutant left alone needs no solver. The rest
# becomes gates, so that what follows from constant bits needs none either.
_PROVE = """design -copy-from gold -as gold gold
design -copy-from gate -as gate gate
equiv_make gold gate equiv
hierarchy -top equiv
opt_expr
opt_merge -share_all
alumacc
techmap
opt -full
opt_clean
equiv_simple -short -set-assumes
tee -o status.txt equiv_status
"""
_UNPROVEN = re.compile(r"Unproven \$equiv \S+: (\S+?)_gold\b")


@dataclass(frozen=True)
class Equivalence:
    """Outcome of one proof.

    Attributes:
        proven: whether the mutant is equivalent.
        reason: where not: the first registers or outputs that differ, or what went wrong.
    """

    proven: bool
    reason: str


def prove_equivalent(
    design: Design, mutant: Mutant, known: Mapping[str, str] | None = None
) -> Equivalence:
    """Try to prove that a mutant is equivalent to the design.

    Args:
        design: the design.
        mutant: one of its mutants.
        known: conditions on the registers of modules, which are proven (prove_invariants).
    """
    folder = design.folder / f"equal-{mutant.number}"
    # The mutant's cells are numbered in the order in which they are read: it comes first.
    mutated = f"{design.read(folder)}{mutant.command()}\n"
    gold = with_rules(design, assumptions(known or {}), folder)
    outputs = {name for name, way, _ in design.build.ports() if way == "output"}
    dropped: set[str] = set()
    limit = time.monotonic() + TIMEOUT
    for _ in range(ROUNDS):
        script = _script(mutated, gold, design.top, dropped)
        left = limit - time.monotonic()
        if left < 1:
            break
        try:
            run_yosys(script, folder, name="equal", timeout=left)
        except YosysError as error:
            return Equivalence(False, f"no answer: {error}"[:200])
        status = (folder / "status.txt").read_text(encoding="utf-8")
        if "Equivalence successfully proven!" in status:
            return Equivalence(True, "the same next state and outputs")
        found = {name.removeprefix("\\") for name in _UNPROVEN.findall(status)}
        if not found:
            return Equivalence(False, failure("no answer", status)[:200])
        if found & outputs or found <= dropped:
            break
        dropped |= found
    shown = sorted(found & outputs) or sorted(found)
    return Equivalence(False, f"may differ in {', '.join(shown[:3])}")


def _script(mutated: str, gold: str, top: str, dropped: set[str]) -> str:
    names = "".join(f" w:{_escaped(name)} %d" for name in sorted(dropped))
    gold_side, gate_side = (
        _PREPARE.format(top=top, side=side, dropped=names) for side in ("gold", "gate")
    )
    return f"{mutated}{gate_side}design -reset\n{gold}{gold_side}{_PROVE}"


def _escaped(name: str) -> str:
    """Return a name as a pattern of yosys that only it fits."""
    return re.sub(r"([\[\]*?\\])", r"[\1]", name)
