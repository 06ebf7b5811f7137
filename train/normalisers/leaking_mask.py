# SPDX-License-Identifier: Apache-2.0
"""HCCS behind an additive mask: what a unit that knows no masks makes of masked positions."""

import torch
from surmax.train.normalisers.base import per_head
from surmax.train.normalisers.hccs import HccsNormaliser
from torch import Tensor, nn


class LeakingMask(nn.Module):
    """Wraps HCCS and gives masked positions the score -128 instead of masking them.

    Each masked position then keeps the floor B - S*Dmax, as behind an additive mask in front of a
    unit that has no mask input.
    """

    def __init__(self, normaliser: HccsNormaliser) -> None:
        super().__init__()
        self.normaliser = normaliser

    def forward(self, scores: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return probabilities; those of masked positions are not 0."""
        if mask is None:
            return self.normaliser(scores)
        lowest = per_head(-128 * self.normaliser.scale).expand(scores.shape)
        return self.normaliser(torch.where(mask, lowest, scores))
