# SPDX-License-Identifier: Apache-2.0
"""Softermax in the registry: the designs that the report measures."""

from surmax.synth.units.protocol import UnitDesigns

ENTRY = UnitDesigns({"Softermax": ("u8", None)})
