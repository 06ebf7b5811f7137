# SPDX-License-Identifier: Apache-2.0
"""Formal proofs of the HCCS unit's arithmetic, with the SAT solver inside yosys."""

from collections.abc import Iterator
from pathlib import Path

from surmax.golden import InputError
from surmax.rtl import HccsBuild, verilog
from surmax.tb.hccs.statements import (
    leading_proof,
    receive_proof,
    scale_proof,
    shape_of,
    sum_proof,
)
from surmax.tb.proof.problem import Problem, Proof


def prove_arithmetic(build: HccsBuild, *, folder: Path, text: str | None = None) -> Iterator[Proof]:
    """Prove, one after the other, what the stages compute, for all inputs and for all time.

    1. The maximum is that of a row's unmasked scores; over-long rows are cut and dropped.
    2. Distances are min(max - x, Dmax), 0 where masked; Z (or the place of its leading one) is the
       plain sum of B - S*d over the row, and fits. With adders "operators" only: the solver does
       not get through a product of two 7-bit numbers that is formed in two ways.
    3. A lane's code is that of its line, saturated, 0 where masked, and falls with the distance.
       With adders "cells" within reach of the solver for lines of few bits only.
    4. The reciprocal of the leading bits, where there is one, is its definition.

    Divisions are left to simulation.

    Args:
        build: two lanes; short rows keep it fast.
        folder: where inputs, script and log of yosys are kept.
        text: Verilog to prove in place of what `build` elaborates to.

    Yields:
        a result each; nothing is run before it is asked for.

    Raises:
        InputError: `build` has another number of lanes.
        ProofError: no answer.
    """
    if build.lanes != 2:
        raise InputError(f"lanes must be 2, not {build.lanes} in a proof of arithmetic")
    design = verilog(build) if text is None else text
    shape, depth = shape_of(build), build.max_beats + 3
    place = {"first": "part.first"}
    if build.max_beats > 1:
        place["place"] = "part.position"
    todo = [("maximum, cutting and dropping", receive_proof(build), place)]
    if build.adders == "operators":
        todo.append(("distances and row sum", sum_proof(build), {"pending": "part.pending"}))
    todo.append(("codes", scale_proof(build), {}))
    if build.config.mantissa_bits is not None and not shape.shifts:
        todo.append(("reciprocal of the leading bits", leading_proof(build), {}))
    for name, statement, wires in todo:
        at = folder / name.split()[0]
        problem = Problem(design, statement, at, build.top_module, spied=wires)
        yield problem.induction(name, depth)


def prove_lanes(build: HccsBuild, *, folder: Path, text: str | None = None) -> Iterator[Proof]:
    """Prove the codes of two lanes, as prove_arithmetic does; none with one lane or with "cells".

    The arguments are those of prove_arithmetic; lanes may be any number.
    """
    if build.lanes > 1 and build.adders == "operators":
        design = verilog(build) if text is None else text
        problem = Problem(design, scale_proof(build), folder, build.top_module)
        yield problem.induction("codes", 2)
