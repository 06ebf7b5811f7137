# SPDX-License-Identifier: Apache-2.0
"""How far each unit is from softmax on recorded rows."""

from typing import Any

import numpy as np
from surmax.golden.metrics import error_metrics
from surmax.golden.recorded.rows import RecordedHead, recorded_heads
from surmax.golden.reference import exact_softmax
from surmax.golden.units import unit_entry


def recorded_errors(unit: str, config: Any, length: int, lanes: int) -> dict[str, dict[str, Any]]:
    """Return the figures of ErrorMetrics over all recorded test rows, and for each model apart.

    The reference is softmax of the same int8 scores, per head: what the quantiser before the unit
    loses is not counted. Constants are chosen on calibration rows of the same length. Softermax
    takes the scores in its own steps: that second rounding counts.

    Args:
        unit: name of the unit.
        config: the unit's; for HCCS one that has legal constants at this length with masks.
        length: of the rows, one of recorded.LENGTHS.
        lanes: scores a beat, which Softermax's result depends on.

    Returns:
        "all" and each model's name -> figures, `rows` among them.

    Raises:
        InputError: no rows of that length, or the configuration has no constants for a head.
    """
    heads = recorded_heads()
    groups = {"all": heads}
    for model in dict.fromkeys(one.model for one in heads):
        groups[model] = tuple(one for one in heads if one.model == model)
    codes = {one: _codes(unit, config, one, length, lanes) for one in heads}
    return {name: _compare(unit, config, length, codes, group) for name, group in groups.items()}


def _codes(unit: str, config: Any, head: RecordedHead, length: int, lanes: int) -> np.ndarray:
    law = unit_entry("golden", unit)
    known, rows = head.rows(length, "calibration"), head.rows(length)
    calibration = unit_entry("calibrate", unit)
    content = calibration.content(config, known.scores, known.mask, head.scale)
    scores = law.scores(rows.scores, head.scale)
    return law.codes(config, content, scores, rows.mask, lanes)


def _compare(
    unit: str,
    config: Any,
    length: int,
    codes: dict[RecordedHead, np.ndarray],
    heads: tuple[RecordedHead, ...],
) -> dict[str, Any]:
    rows = {one: one.rows(length) for one in heads}
    found = np.concatenate([codes[one] for one in heads])
    wanted = [exact_softmax(r.scores, scale=one.scale, mask=r.mask) for one, r in rows.items()]
    metrics = error_metrics(
        found,
        np.concatenate(wanted),
        config.output_bits,
        full_scale=unit_entry("golden", unit).full_scale(config),
        mask=np.concatenate([one.mask for one in rows.values()]),
    )
    return metrics.to_json() | {"rows": len(found)}
