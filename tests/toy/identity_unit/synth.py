# SPDX-License-Identifier: Apache-2.0
"""The designs of the identity unit in a report."""

from surmax.synth.units.protocol import UnitDesigns

ENTRY = UnitDesigns({"identity": ("plain", None)})
