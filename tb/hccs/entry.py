# SPDX-License-Identifier: Apache-2.0
"""HCCS in the registry: its model and its volume run."""

from surmax.tb.core.protocol import UnitBench
from surmax.tb.hccs.model import HccsModel
from surmax.tb.rows.volume import RowSession

ENTRY = UnitBench(model=HccsModel, session=RowSession)
