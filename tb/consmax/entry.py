# SPDX-License-Identifier: Apache-2.0
"""ConSmax in the registry: its model and its volume run."""

from surmax.tb.consmax.model import ConsmaxModel
from surmax.tb.consmax.volume import ConsmaxSession
from surmax.tb.core.protocol import UnitBench

ENTRY = UnitBench(model=ConsmaxModel, session=ConsmaxSession)
