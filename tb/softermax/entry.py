# SPDX-License-Identifier: Apache-2.0
"""Softermax in the registry: its model, volume run, planted faults and stream proofs."""

from surmax.common.digest import data_file
from surmax.tb.core.protocol import UnitBench
from surmax.tb.proof.mutation import Fault
from surmax.tb.rows.proofs import prove_stream
from surmax.tb.rows.volume import RowSession
from surmax.tb.softermax.model import SoftermaxModel
from surmax.tb.softermax.proofs import prove_lanes


def faults() -> tuple[Fault, ...]:
    """Return the faults planted in the unit; a call, because they make builds."""
    from surmax.tb.softermax.faults import FAULTS

    return FAULTS


ENTRY = UnitBench(
    model=SoftermaxModel,
    session=RowSession,
    faults=faults,
    prove_stream=prove_stream,
    prove_lanes=prove_lanes,
    equivalents=data_file(__package__, "equivalents.json"),
)
