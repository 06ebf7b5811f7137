# SPDX-License-Identifier: Apache-2.0
"""HCCS in the registry: the designs that the report measures."""

from surmax.synth.units.protocol import UnitDesigns

ENTRY = UnitDesigns({"HCCS clb": ("clb", None), "HCCS div": ("div", None)})
