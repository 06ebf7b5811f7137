# SPDX-License-Identifier: Apache-2.0
"""Errors of a unit against softmax on recorded rows."""

from typing import Any

import numpy as np
from surmax.common.errors import check_kind, check_range
from surmax.golden.metrics import error_metrics
from surmax.golden.recorded.rows import RecordedHead, recorded_heads
from surmax.golden.reference import exact_softmax
from surmax.golden.units import unit_entry


def recorded_errors(unit: str, config: Any, length: int, lanes: int) -> dict[str, dict[str, Any]]:
    """Return the error metrics over all recorded test rows, and over those of each model.

    The reference is the softmax of the same int8 scores of each head, so that the error of the
    quantiser before the unit is not counted. Softermax rounds the scores a second time, to its own
    step; that error is counted. Constants are chosen on the calibration rows of the same length.

    Args:
        unit: name of the unit.
        config: its configuration; one of HCCS must have legal constants at this length with masks.
        length: positions of a row, one of recorded.LENGTHS.
        lanes: scores of a beat; the codes of Softermax depend on it.

    Returns:
        "all" and the name of each model -> the fields of ErrorMetrics and `rows`, their number.

    Raises:
        InputError: there are no rows of that length, the configuration is another unit's or has no
            legal constants for a head, or `lanes` is not 1 to 65536.
    """
    check_kind("config", config, unit_entry("golden", unit).config)
    lanes = check_range("lanes", lanes, 1, 1 << 16)
    heads = recorded_heads()
    groups = {"all": heads}
    for model in dict.fromkeys(head.model for head in heads):
        groups[model] = tuple(head for head in heads if head.model == model)
    codes = {head: _codes(unit, config, head, length, lanes) for head in heads}
    return {name: _compare(unit, config, length, codes, group) for name, group in groups.items()}


def _codes(unit: str, config: Any, head: RecordedHead, length: int, lanes: int) -> np.ndarray:
    """Return the unit's codes of a head's test rows, shape (rows, length)."""
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
    """Return the metrics of the codes of some heads together."""
    rows = {head: head.rows(length) for head in heads}
    actual = np.concatenate([codes[head] for head in heads])
    exact = [exact_softmax(r.scores, scale=head.scale, mask=r.mask) for head, r in rows.items()]
    metrics = error_metrics(
        actual,
        np.concatenate(exact),
        config.output_bits,
        full_scale=unit_entry("golden", unit).full_scale(config),
        mask=np.concatenate([of_head.mask for of_head in rows.values()]),
    )
    return metrics.to_json() | {"rows": len(actual)}
