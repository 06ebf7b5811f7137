# SPDX-License-Identifier: Apache-2.0
"""ConSmax in the registry: the designs that the report measures."""

from surmax.synth.units.protocol import UnitDesigns

ENTRY = UnitDesigns({"ConSmax": ("small", None), "ConSmax fast": ("fast", 3.0)})
