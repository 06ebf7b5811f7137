# SPDX-License-Identifier: Apache-2.0
"""Formal proof of Softermax's exponentials, with the SAT solver inside yosys."""

from collections.abc import Iterator
from pathlib import Path

from surmax.rtl import SoftermaxBuild, verilog
from surmax.tb.proof.problem import Problem, Proof
from surmax.tb.softermax.statements import exponential_proof


def prove_exponentials(build: SoftermaxBuild, *, folder: Path, text: str | None = None) -> Proof:
    """Prove that a lane's exponential is golden's, 0 where masked.

    For every score and every integer maximum not below its integer part.

    Args:
        build: the unit; its lanes, heads and rows make no difference.
        folder: where inputs, script and log of yosys are kept.
        text: Verilog to prove in place of what `build` elaborates to.

    Raises:
        ProofError: no answer.
    """
    design = verilog(build) if text is None else text
    statement = exponential_proof(build)
    return Problem(design, statement, folder, build.top_module).induction("exponentials", 2)


def prove_lanes(build: SoftermaxBuild, *, folder: Path, text: str | None = None) -> Iterator[Proof]:
    """Prove a lane's exponential; arguments and errors are those of prove_exponentials."""
    yield prove_exponentials(build, folder=folder, text=text)
