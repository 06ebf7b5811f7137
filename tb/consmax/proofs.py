# SPDX-License-Identifier: Apache-2.0
"""Formal proofs of the ConSmax unit's Verilog, with the SAT solver inside yosys."""

from collections.abc import Iterator
from pathlib import Path

from surmax.golden import InputError
from surmax.rtl import ConsmaxBuild, verilog
from surmax.tb.consmax.statements import lane_proof, stream_proof
from surmax.tb.proof.problem import Problem, Proof

_STREAM_DEPTH = 10  # cycles from reset that a bounded proof covers


def prove_lane(
    build: ConsmaxBuild, *, folder: Path, text: str | None = None, mapped: bool = False
) -> Proof:
    """Prove that the stream top gives golden's code for every score, mask and head.

    One statement over all scores at once, by induction, so that it holds in every cycle of an
    unstalled stream; prove_stream has the stalls.

    Args:
        build: one lane, 8-bit scores, constant storage, top "stream".
        folder: where inputs, script and log of yosys are kept.
        text: Verilog to prove in place of what `build` elaborates to.
        mapped: prove the netlist of gates that yosys makes of it instead of the Verilog itself.

    Raises:
        InputError: `build` is another one.
        ProofError: no answer.
    """
    if build.lanes != 1 or build.config.score_bits != 8:
        raise InputError(
            f"lanes is {build.lanes}, score_bits {build.config.score_bits} in a lane proof: "
            "1 and 8 are needed"
        )
    if build.storage != "constant":
        raise InputError(f"storage must be constant, not {build.storage!r} in a lane proof")
    _need_stream(build)
    statement = lane_proof(build)
    design = verilog(build) if text is None else text
    name = "every code of every head, " + ("gates" if mapped else "Verilog")
    problem = Problem(design, statement, folder, build.top_module, mapped=mapped)
    return problem.induction(name, build.stages + 2)


def prove_stream(build: ConsmaxBuild, *, folder: Path, text: str | None = None) -> Iterator[Proof]:
    """Prove, one after the other, the stream rules; valid, ready, reset and data are free.

    1. No output depends combinationally on `m_ready` but `s_ready`.
    2. By induction, for all time: a beat that waits stays as it is; reset empties the unit; the
       number of beats inside is that of the stages marked valid, so none is lost or made up; the
       oldest beat inside is shown after `latency` cycles at the most, whatever `m_ready` does; a
       beat is refused only when all stages are full and the output is not taken.
    3. Beats come out in order with their own TLAST bit and, for one lane with constant storage,
       their own code: by induction for one stage, else for the first 10 cycles after reset.

    Args:
        build: any with top "stream"; few lanes keep it fast.
        folder: where inputs, script and log of yosys are kept.
        text: Verilog to prove in place of what `build` elaborates to.

    Yields:
        a result each; nothing is run before it is asked for.

    Raises:
        InputError: `build` is another one.
        ProofError: no answer.
    """
    _need_stream(build)
    design = verilog(build) if text is None else text
    # With several stages the statement looks at the unit's own valid bits, which have no port.
    spied = {} if build.stages == 1 else {"stages_valid": "unit.unit.valid"}
    rules, order = (
        Problem(
            design,
            stream_proof(build, order=name == "order"),
            folder / name,
            build.top_module,
            spied=spied,
        )
        for name in ("rules", "order")
    )
    depth = 2 * build.stages + 2
    statement = "beats come out in order"
    yield rules.independence("outputs do not depend on m_ready within a cycle")
    yield rules.induction("handshake, reset, count of beats, latency", depth)
    if build.stages == 1:
        yield order.induction(statement, depth)
    else:
        yield order.bounded(statement, _STREAM_DEPTH)


def _need_stream(build: ConsmaxBuild) -> None:
    if build.top != "stream":
        raise InputError(f"top must be stream, not {build.top!r} in a proof")
