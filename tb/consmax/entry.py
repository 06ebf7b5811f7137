# SPDX-License-Identifier: Apache-2.0
"""ConSmax in the registry: its model, volume run, planted faults and stream proofs."""

from surmax.tb.consmax.model import ConsmaxModel
from surmax.tb.consmax.proofs import prove_stream
from surmax.tb.consmax.volume import ConsmaxSession
from surmax.tb.core.protocol import UnitBench
from surmax.tb.proof.mutation import Fault


def faults() -> tuple[Fault, ...]:
    """Return the faults planted in the unit; a call, because they make builds."""
    from surmax.tb.consmax.faults import FAULTS

    return FAULTS


ENTRY = UnitBench(
    model=ConsmaxModel, session=ConsmaxSession, faults=faults, prove_stream=prove_stream
)
