# SPDX-License-Identifier: Apache-2.0
"""Softermax in the registry: its model and its volume run."""

from surmax.tb.core.protocol import UnitBench
from surmax.tb.rows.volume import RowSession
from surmax.tb.softermax.model import SoftermaxModel

ENTRY = UnitBench(model=SoftermaxModel, session=RowSession)
