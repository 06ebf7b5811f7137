# SPDX-License-Identifier: Apache-2.0
"""The integer softmax in the registry: its model and its volume run."""

from surmax.tb.core.protocol import UnitBench
from surmax.tb.rows.volume import RowSession
from surmax.tb.softmax.model import SoftmaxModel

ENTRY = UnitBench(model=SoftmaxModel, session=RowSession)
