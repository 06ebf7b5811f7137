# SPDX-License-Identifier: Apache-2.0
"""Scores less the logarithm of their row's length: what a normaliser without a sum cannot know."""

import torch
from torch import Tensor, nn


class LessLogLength(nn.Module):
    """Hands scores less log n to a normaliser, n being the keys of a row that are not masked.

    Softmax does not change. ConSmax becomes exp(x - beta)/(gamma*n): what it divides by grows with
    the row, as softmax's sum does, and is still known before any score is. The unit stays as it is:
    log n is the same for all of a row, and as one more pair of components, -log n of the query and
    1 of the key, it comes out of QK^T.

    Parameters:
        normaliser: called with the scores less log n; see surmax.train.Normaliser.
    """

    def __init__(self, normaliser: nn.Module) -> None:
        super().__init__()
        self.normaliser = normaliser

    def forward(self, scores: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return what the normaliser returns; `scores` and `mask` as it takes them."""
        if mask is None:
            length = torch.tensor([float(scores.shape[-1])], device=scores.device)
        else:
            whole = mask.expand(*mask.shape[:-1], scores.shape[-1])
            length = (~whole).sum(dim=-1, keepdim=True).clamp(min=1)
        return self.normaliser(scores - length.log().to(scores.dtype), mask)
