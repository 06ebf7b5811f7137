# SPDX-License-Identifier: Apache-2.0
"""Surmax: hardware that replaces softmax in attention. This package is its command line.

The layers are packages of their own: surmax.golden, surmax.calibrate, surmax.rtl, surmax.tb,
surmax.synth, surmax.aie and surmax.train.
"""

__version__ = "0.1.0"  # the only place: pyproject.toml reads it from here
