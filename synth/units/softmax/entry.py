# SPDX-License-Identifier: Apache-2.0
"""The integer softmax in the registry: the designs that the report measures."""

from surmax.synth.units.protocol import UnitDesigns

ENTRY = UnitDesigns({"integer softmax": ("u8", None)})
