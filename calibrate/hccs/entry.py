# SPDX-License-Identifier: Apache-2.0
"""HCCS in the registry: constants nearest to softmax that are legal with any mask."""

from surmax.calibrate.hccs.fit_rows import fit_rows
from surmax.calibrate.protocol import UnitCalibration

ENTRY = UnitCalibration(
    content=lambda config, scores, mask, scale: (
        fit_rows(scores, config, scale=scale, masked=True, mask=mask).constants
    )
)
