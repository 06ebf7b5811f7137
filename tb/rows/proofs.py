# SPDX-License-Identifier: Apache-2.0
"""Formal proofs of the streams of row units, with the SAT solver inside yosys."""

from collections.abc import Iterator
from pathlib import Path

from surmax.golden import InputError
from surmax.rtl import RowBuild, verilog
from surmax.tb.proof.problem import Problem, Proof
from surmax.tb.rows.stream_statements import buffer_proof, buffers, spied, stream_proof
from surmax.tb.units import model_of

CONTENT_DEPTH = 10  # cycles from reset that bounded proofs cover
ORDER_DEPTH = 8  # at least: a row of two beats and its first output


def prove_stream(build: RowBuild, *, folder: Path, text: str | None = None) -> Iterator[Proof]:
    """Prove, one after the other, the stream rules; valid, ready, reset and data are free.

    1. No output but `s_ready` and `overlong` depends on `m_ready` within a cycle.
    2. For all time: see surmax.tb.rows.stream_statements.stream_proof.
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

    rules = problem("rules", stream_proof(build, design, order=False), spied(build))
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
