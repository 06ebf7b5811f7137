# SPDX-License-Identifier: Apache-2.0
"""From trained ConSmax to its integers: score scales, and the full scale of each head's codes."""

import math

import torch
from surmax.train.normalisers.base import per_head
from surmax.train.normalisers.consmax import ConsmaxNormaliser
from torch import Tensor

# Gains that are tried: how many times as large a head's probabilities become.
_GAINS = tuple(2.0 ** (step / 2) for step in range(-6, 15))


def by_head(x: Tensor) -> Tensor:
    """Return (batch, heads, ...) as (heads, everything else)."""
    return x.transpose(0, 1).flatten(1)


def score_scales(scores: Tensor) -> list[float]:
    """Return score units a code of each head: the largest |score| is code 127.

    `scores`: (batch, heads, queries, keys), masked ones -inf.
    """
    rows = by_head(scores)
    largest = rows.masked_fill(rows == -math.inf, 0.0).abs().amax(dim=1)
    return (largest / 127).clamp(min=1e-6).tolist()


def best_gains(normaliser: ConsmaxNormaliser, scores: Tensor) -> Tensor:
    """Return the gain of each head, (heads,), whose codes have the least squared error.

    A larger gain uses more of the codes; a smaller one saturates less often. `scores` as in
    score_scales.
    """
    offset = per_head((normaliser.beta + normaliser.log_gamma).detach())
    p = by_head((scores - offset).exp())
    full, most = 1 << normaliser.config.output_bits, normaliser.config.max_code

    def error(gain: float) -> Tensor:
        codes = (p * (gain * full) + 0.5).floor().clamp(max=most)
        return (codes / (gain * full) - p).square().mean(dim=1)

    errors = torch.stack([error(gain) for gain in _GAINS])
    return torch.tensor(_GAINS)[errors.argmin(dim=0).cpu()]


def with_gains(
    normaliser: ConsmaxNormaliser, gains: Tensor, scales: list[float]
) -> ConsmaxNormaliser:
    """Return the exact face of learned constants, its probabilities `gains` times as large."""
    beta = normaliser.beta.detach().cpu() - gains.log()
    gamma = normaliser.log_gamma.detach().double().exp().tolist()
    return ConsmaxNormaliser(
        normaliser.heads, beta.tolist(), gamma, scales, face="exact", learn=False
    )
