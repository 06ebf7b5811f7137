# SPDX-License-Identifier: Apache-2.0
"""The integer softmax in the registry: the rate of a head follows from its score scale."""

from surmax.calibrate.protocol import UnitCalibration
from surmax.golden.softmax.law import SoftmaxConstants

ENTRY = UnitCalibration(
    content=lambda config, scores, mask, scale: SoftmaxConstants.of_scale(scale, config)
)
