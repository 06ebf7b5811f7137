# SPDX-License-Identifier: Apache-2.0
"""Constants of ConSmax for recorded scores: beta from the row sums, and solved tables.

exp(x - beta)/gamma equals softmax for a row whose logsumexp is beta + log gamma. With gamma = 1 and
beta the mean logsumexp over rows, a row sum is exp(logsumexp - beta): its geometric mean over rows
is 1, and it varies as the logsumexp does. This is where training starts (arXiv 2402.10930 starts at
beta 0.5 to 2.5 and gamma 100 instead). It does not replace softmax without training.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from surmax.calibrate.histograms import Float64, divergence_of_rows, reference
from surmax.calibrate.scores import HeadScores, ScoreRows
from surmax.common.errors import check_kind, check_real
from surmax.golden import (
    ConsmaxConfig,
    ConsmaxHead,
    ConsmaxTables,
    consmax,
    solve_tables,
)


@dataclass(frozen=True)
class ConsmaxResult:
    """Constants of one head, and the outputs that they give for its rows.

    Attributes:
        layer, head: place in the network.
        scale: real score units a code.
        saturated: share of the positions whose score is at an end of the code range.
        beta, gamma: constants of exp(x - beta)/gamma.
        spread: standard deviation of logsumexp over rows.
        row_sum_min, row_sum_mean, row_sum_max: sums of the outputs of a row, full scale as 1.
        full_codes: share of the positions, without masked ones, that have the largest code.
        zero_codes: share of them that have code 0.
        kl: mean over rows of KL(softmax || outputs normalised to sum 1) in nats; a code of 0 is
            taken as half a code.
        wrong_codes, max_ulp: errors of the tables (see ConsmaxTables).
        rows: number of rows.
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
        """Return all fields, JSON-ready."""
        return asdict(self)


def log_sums(rows: ScoreRows, scale: float) -> Float64:
    """Return the logsumexp of each row in real score units, without masked positions."""
    x = scale * rows.codes.astype(np.float64) if rows.real is None else np.float64(rows.real)
    if rows.mask is not None:
        x = np.where(rows.mask, -np.inf, x)
    top = x.max(axis=1, keepdims=True)
    return np.log(np.exp(x - top).sum(axis=1)) + top[:, 0]


def calibrate_consmax(
    heads: Sequence[HeadScores], config: ConsmaxConfig, gamma: float = 1.0
) -> list[tuple[ConsmaxResult, ConsmaxHead]]:
    """Return results and tables of heads that share beta and gamma.

    Scores are int8: a configuration for 16-bit scores is used in its mode for 8 bits.

    Raises InputError unless gamma is 1e-30 to 1e30.
    """
    check_kind("config", config, ConsmaxConfig)
    gamma = check_real("gamma", gamma, 1e-30, 1e30)
    sums = [np.concatenate([log_sums(rows, head.scale) for rows in head.rows]) for head in heads]
    beta = float(np.concatenate(sums).mean() - np.log(gamma))
    results = []
    for head, own in zip(heads, sums, strict=True):
        tables = solve_tables(config.narrow, scale=head.scale, beta=beta, gamma=gamma)
        result = ConsmaxResult(
            layer=head.layer,
            head=head.head,
            scale=head.scale,
            saturated=head.saturated,
            beta=beta,
            gamma=gamma,
            spread=float(own.std()),
            **_measure(head, tables),
            wrong_codes=tables.wrong_codes,
            max_ulp=tables.max_ulp,
            rows=head.count,
        )
        results.append((result, ConsmaxHead(head.layer, head.head, tables)))
    return results


def _measure(head: HeadScores, tables: ConsmaxTables) -> dict[str, float]:
    """Return row sums, shares of full and zero codes, and divergence of a head's codes."""
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
