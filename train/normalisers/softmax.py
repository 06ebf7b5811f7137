# SPDX-License-Identifier: Apache-2.0
"""Softmax itself, of real scores or of int8 codes: the controls."""

from collections.abc import Sequence

import torch
from surmax.train.normalisers.base import Normaliser, per_head
from surmax.train.normalisers.quantise import quantise_straight_through
from torch import Tensor


class SoftmaxNormaliser(Normaliser):
    """Softmax over the keys, in floating point.

    Parameters:
        heads: attention heads.
        scale: None is softmax of the scores. Otherwise the scores are int8 codes times `scale`,
            real units a code, one or one a head: all that quantisation alone does.
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
            if mask is not None:  # an infinite score has no gradient towards the scale
                scores = scores.masked_fill(mask, 0.0)
            scores = quantise_straight_through(scores, scale) * scale
        if mask is None:
            return scores.softmax(dim=-1)
        lowest = torch.finfo(scores.dtype).min
        return scores.masked_fill(mask, lowest).softmax(dim=-1).masked_fill(mask, 0.0)
