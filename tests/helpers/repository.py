# SPDX-License-Identifier: Apache-2.0
"""Places in the working tree that tests read."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
AIE_SOURCES = ROOT / "aiengine"
