# SPDX-License-Identifier: Apache-2.0
"""HCCS in the registry: constants nearest to softmax that are legal with any mask."""

from surmax.calibrate.protocol import UnitCalibration
from surmax.golden.hccs.samples import fit_constants

ENTRY = UnitCalibration(
    content=lambda config, scores, mask, scale: fit_constants(
        scores, config, scale=scale, masked=True, mask=mask
    )[0]
)
