# SPDX-License-Identifier: Apache-2.0
"""Calibration of the identity unit: its heads store nothing."""

from surmax.calibrate.protocol import UnitCalibration

ENTRY = UnitCalibration(content=lambda config, scores, mask, scale: None)
