# SPDX-License-Identifier: Apache-2.0
"""Softmax of real scores or of int8 codes, to compare the other normalisers with."""

from collections.abc import Sequence

import torch
from surmax.train.normalisers.base import Normaliser, per_head
from surmax.train.normalisers.quantise import quantise_straight_through
from torch import Tensor


class SoftmaxNormaliser(Normaliser):
    """Softmax over the keys, in floating point.

    Parameters:
        heads: number of attention heads.
        scale: None computes softmax of the scores as they are. Otherwise scores are first quantised
            to int8 codes of `scale` real units each, one value or one a head.
        learn_scale: train the scale.
    """

    def __init__(
        self,
        heads: int,
        scale: float | Sequence[float] | None = None,
        *,
        learn_scale: bool = False,
    ) -> None:
        super().__init__(
            heads, scale, "float" if scale is None else "quantised", learn_scale=learn_scale
        )

    def _probabilities(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if self.scale is not None:
            scale = per_head(self.scale)
            if mask is not None:  # an infinite score would give the scale an infinite gradient
                scores = scores.masked_fill(mask, 0.0)
            scores = quantise_straight_through(scores, scale) * scale
        if mask is None:
            return scores.softmax(dim=-1)
        lowest = torch.finfo(scores.dtype).min
        return scores.masked_fill(mask, lowest).softmax(dim=-1).masked_fill(mask, 0.0)
