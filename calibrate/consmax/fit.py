# SPDX-License-Identifier: Apache-2.0
"""ConSmax constants for recorded scores: beta so that rows sum to 1 on average, tables solved.

exp(x - beta)/gamma is softmax where beta + log gamma is the row's logsumexp. With gamma = 1 and
beta the mean logsumexp over rows, row sums are exp(logsumexp - beta): 1 in the geometric mean, and
as far from it as logsumexp varies. It is where training starts (arXiv 2402.10930 starts at beta
0.5 to 2.5 and gamma 100 instead), and no drop-in for softmax.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from surmax.calibrate.histograms import Float64, divergence_of_rows, reference
from surmax.calibrate.scores import HeadScores, ScoreRows
from surmax.golden import (
    ConsmaxConfig,
    ConsmaxHead,
    ConsmaxTables,
    InputError,
    consmax,
    solve_tables,
)


@dataclass(frozen=True)
class ConsmaxResult:
    """Constants of one head and what they do on its rows.

    Attributes:
        layer, head: its place.
        scale: real score units a code.
        saturated: share of its positions at the end of the code range.
        beta, gamma: exp(x - beta)/gamma.
        spread: standard deviation of logsumexp over rows.
        row_sum_min, row_sum_mean, row_sum_max: of the codes, full scale 1.
        full_codes: share of positions that count whose code is the largest one.
        zero_codes: share of them with code 0.
        kl: mean KL(softmax || codes by their share of the row) in nats; a code of 0 counts as half
            a code.
        wrong_codes, max_ulp: of the tables (ConsmaxTables).
        rows: how many.
    """

    layer: int
    head: int
    scale: float
    saturated: float
    beta: float
    gamma: float
    spread: float
    row_sum_min: float
    row_sum_mean: float
    row_sum_max: float
    full_codes: float
    zero_codes: float
    kl: float
    wrong_codes: int
    max_ulp: int
    rows: int

    def to_json(self) -> dict[str, Any]:
        """All fields, JSON-ready."""
        return asdict(self)


def log_sums(rows: ScoreRows, scale: float) -> Float64:
    """Return the logsumexp of each row in real score units, masked positions left out."""
    x = scale * rows.codes.astype(np.float64) if rows.real is None else np.float64(rows.real)
    if rows.mask is not None:
        x = np.where(rows.mask, -np.inf, x)
    top = x.max(axis=1, keepdims=True)
    return np.log(np.exp(x - top).sum(axis=1)) + top[:, 0]


def calibrate_consmax(
    heads: Sequence[HeadScores], config: ConsmaxConfig, gamma: float = 1.0
) -> list[tuple[ConsmaxResult, ConsmaxHead]]:
    """Return results and tables of heads that share beta and gamma.

    Scores are int8; of a configuration for 16-bit scores its 8-bit mode is taken. Raises InputError
    when gamma is out of range.
    """
    if not 1e-30 <= gamma <= 1e30:
        raise InputError(f"gamma must be 1e-30 to 1e+30, not {gamma!r}")
    sums = [np.concatenate([log_sums(rows, one.scale) for rows in one.rows]) for one in heads]
    beta = float(np.concatenate(sums).mean() - np.log(gamma))
    found = []
    for one, own in zip(heads, sums, strict=True):
        tables = solve_tables(config.narrow, scale=one.scale, beta=beta, gamma=gamma)
        result = ConsmaxResult(
            layer=one.layer,
            head=one.head,
            scale=one.scale,
            saturated=one.saturated,
            beta=beta,
            gamma=gamma,
            spread=float(own.std()),
            **_measure(one, tables),
            wrong_codes=tables.wrong_codes,
            max_ulp=tables.max_ulp,
            rows=one.count,
        )
        found.append((result, ConsmaxHead(one.layer, one.head, tables)))
    return found


def _measure(head: HeadScores, tables: ConsmaxTables) -> dict[str, float]:
    """Return row sums, saturation and divergence of the codes."""
    sums, kl, full, zero, seen = [], 0.0, 0, 0, 0
    for rows in head.rows:
        keep = np.ones(rows.codes.shape, dtype=bool) if rows.mask is None else ~rows.mask
        codes = consmax(rows.codes, tables, ~keep).astype(np.float64)
        sums.append(codes.sum(axis=1) / (tables.config.max_code + 1))
        full += np.count_nonzero(codes[keep] == tables.config.max_code)
        zero += np.count_nonzero(codes[keep] == 0)
        seen += int(keep.sum())
        p = reference(rows, head.scale)
        q = np.where(keep, np.maximum(codes, 0.5), 0.0)
        kl += divergence_of_rows(p, q / q.sum(axis=1, keepdims=True)).sum()
    row_sums = np.concatenate(sums)
    return {
        "row_sum_min": float(row_sums.min()),
        "row_sum_mean": float(row_sums.mean()),
        "row_sum_max": float(row_sums.max()),
        "full_codes": float(full / seen),
        "zero_codes": float(zero / seen),
        "kl": float(kl / head.count),
    }
