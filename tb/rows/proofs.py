# SPDX-License-Identifier: Apache-2.0
"""Formal proofs of row units' Verilog, with the SAT solver inside yosys."""

from collections.abc import Iterator
from pathlib import Path

from surmax.golden import InputError
from surmax.rtl import HccsBuild, RowBuild, verilog
from surmax.tb.hccs.statements import (
    leading_proof,
    receive_proof,
    scale_proof,
    shape_of,
    sum_proof,
)
from surmax.tb.proof.problem import Problem, Proof
from surmax.tb.rows.stream_statements import buffer_proof, buffers, spied, stream_proof
from surmax.tb.units import model_of

CONTENT_DEPTH = 10  # cycles from reset that bounded proofs cover
ORDER_DEPTH = 8  # at least: a row of two beats and its first output


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


def prove_stream(build: RowBuild, *, folder: Path, text: str | None = None) -> Iterator[Proof]:
    """Prove, one after the other, the stream rules; valid, ready, reset and data are free.

    1. No output but `s_ready` and `overlong` depends on `m_ready` within a cycle.
    2. For all time: see formal_stream.stream_proof.
    3. For each kind of buffer, for all time: it neither overflows nor underflows; and, for the
       narrowest, words come out in order and unchanged, for the first cycles after reset.
    4. Beats come out in order with golden's codes (Softermax: with their TLAST), over-long rows
       cut, none late: for the first cycles after reset.

    Args:
        build: one lane, rows of up to two positions, constants built in, where there are any.
        folder: where inputs, script and log of yosys are kept.
        text: Verilog to prove in place of what `build` elaborates to.

    Yields:
        a result each; nothing is run before it is asked for.

    Raises:
        InputError: `build` is another one.
        ProofError: no answer.
    """
    loadable = model_of(build).loadable
    found = (build.lanes, build.max_length, loadable, build.top)
    if found != (1, 2, False, "stream"):
        raise InputError(
            f"lanes, max_length, loadable constants and top are {found} in a stream proof: "
            "1, 2, False and stream are needed"
        )
    design = verilog(build) if text is None else text

    def problem(name: str, statement: str, wires: dict[str, str] | None = None) -> Problem:
        return Problem(design, statement, folder / name, build.top_module, spied=wires)

    rules = problem("rules", stream_proof(build, design, order=False), spied(build, design))
    order = problem("order", stream_proof(build, design, order=True))
    yield rules.independence("outputs do not depend on m_ready within a cycle")
    yield rules.induction("handshake, reset, count of beats", 4)
    inside = {"level": "level", "reads": "read_address", "writes": "write_address"}
    wires = {name: f"part.{path}" for name, path in inside.items()}
    for width, depth in buffers(design):
        name = f"buffer_{width}x{depth}"
        rules = problem(name, buffer_proof(width, depth, content=False), wires)
        yield rules.induction(f"{name} does not overflow", 4)
    width, depth = buffers(design)[0]
    content = problem("content", buffer_proof(width, depth, content=True))
    yield content.bounded("a buffer's words come out in order", CONTENT_DEPTH)
    depth = max(ORDER_DEPTH, build.latency(2) + 1)
    yield order.bounded("rows come out in order, right and in time", depth)
