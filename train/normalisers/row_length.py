# SPDX-License-Identifier: Apache-2.0
"""Subtract the logarithm of the row length from scores, for normalisers without a row sum."""

import torch
from surmax.train.normalisers.base import check_mask
from torch import Tensor, nn


class LessLogLength(nn.Module):
    """Wraps a normaliser and subtracts log n from its scores, n the visible keys of a row.

    Softmax does not change by this. ConSmax becomes exp(x - beta)/(gamma*n): its divisor grows with
    the row, as the sum of softmax does, and is known before any score is computed. The hardware
    unit stays the same, because log n is one number for a whole row: one more component of -log n
    in the query and of 1 in the key makes it part of QK^T.

    Parameters:
        normaliser: called with the changed scores; see surmax.train.Normaliser.

    Raises InputError in a call whose mask is not bool or does not broadcast to the scores.
    """

    def __init__(self, normaliser: nn.Module) -> None:
        super().__init__()
        self.normaliser = normaliser

    def forward(self, scores: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return what the normaliser returns; `scores` and `mask` as it takes them."""
        if mask is None:
            length = torch.tensor([float(scores.shape[-1])], device=scores.device)
        else:
            masked = check_mask(mask, scores.shape)
            length = (~masked).sum(dim=-1, keepdim=True).clamp(min=1)
        return self.normaliser(scores - length.log().to(scores.dtype), mask)
