# SPDX-License-Identifier: Apache-2.0
"""Formal proof of the integer softmax's exponentials, with the SAT solver inside yosys."""

from collections.abc import Iterator
from pathlib import Path

from surmax.rtl import SoftmaxBuild, verilog
from surmax.tb.proof.problem import Problem, Proof
from surmax.tb.softmax.statements import exponential_proof


def prove_exponentials(
    build: SoftmaxBuild, *, folder: Path, rates: tuple[int, ...], text: str | None = None
) -> Proof:
    """Prove that a lane's exponential is golden's, 0 where masked.

    For every score, every maximum not below it, and the given `rates`.

    Args:
        build: the unit; its lanes, heads and rows make no difference.
        folder: where inputs, script and log of yosys are kept.
        text: Verilog to prove in place of what `build` elaborates to.
        rates: legal rates.

    Raises:
        ProofError: no answer.
    """
    design = verilog(build) if text is None else text
    statement = exponential_proof(build, rates)
    return Problem(design, statement, folder, build.top_module).induction("exponentials", 2)


def prove_lanes(build: SoftmaxBuild, *, folder: Path, text: str | None = None) -> Iterator[Proof]:
    """Prove a lane's exponential for the least and the largest rate and two between them.

    Arguments and errors are those of prove_exponentials.
    """
    most = build.config.max_rate
    rates = tuple(sorted({1, most // 4, most // 2, most}))
    yield prove_exponentials(build, folder=folder, text=text, rates=rates)
