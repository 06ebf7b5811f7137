# SPDX-License-Identifier: Apache-2.0
"""int8 attention scores recorded from two real models (docs/recorded.md)."""

from surmax.golden.recorded.rows import (
    LENGTHS,
    RecordedHead,
    RecordedRows,
    recorded_heads,
    recorded_rows,
)

__all__ = ["LENGTHS", "RecordedHead", "RecordedRows", "recorded_heads", "recorded_rows"]
