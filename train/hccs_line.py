# SPDX-License-Identifier: Apache-2.0
"""The clipped line of HCCS in floating point, with its gradient."""

from typing import Any

import torch
from torch import Tensor


def hccs_line(scores: Tensor, mask: Tensor | None, slope: Tensor, reach: Tensor) -> Tensor:
    """Return s / sum(s) with s = 1 - slope * min(max - scores, reach), and s = 0 where masked.

    HCCS divided by B (arXiv 2604.02292), in real numbers: slope is S/B, reach is Dmax.

    Args:
        scores: float, shape (batch, heads, queries, keys), in codes.
        mask: bool, broadcastable to `scores`, or None.
        slope, reach: float, shape (heads, 1, 1), above 0, slope * reach at most 1.

    Returns:
        probabilities; rows that are masked everywhere are 0. All of `scores`, `slope` and `reach`
        have gradients; ties of the maximum share its gradient.
    """
    return _Line.apply(scores, mask, slope, reach)


class _Line(torch.autograd.Function):
    """Its own gradient keeps two tensors a call where the graph of the operations keeps seven."""

    @staticmethod
    def forward(
        ctx: Any, scores: Tensor, mask: Tensor | None, slope: Tensor, reach: Tensor
    ) -> Tensor:
        if mask is None:
            clipped = scores.amax(dim=-1, keepdim=True) - scores
        else:
            lowest = torch.finfo(scores.dtype).min
            top = scores.masked_fill(mask, lowest).amax(dim=-1, keepdim=True)
            clipped = (top - scores).masked_fill_(mask, 0.0)
        clipped = torch.minimum(clipped, reach, out=clipped)
        line = torch.mul(clipped, slope).neg_().add_(1.0)
        if mask is not None:
            line.masked_fill_(mask, 0.0)
        # A row with a visible position has a sum of at least 1.
        total = line.sum(dim=-1, keepdim=True).clamp_(min=1.0)
        probabilities = line.div_(total)
        ctx.save_for_backward(clipped, probabilities, total, mask, slope, reach)
        return probabilities

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        clipped, probabilities, total, mask, slope, reach = ctx.saved_tensors
        mean = (gradient * probabilities).sum(dim=-1, keepdim=True)
        of_line = (gradient - mean).div_(total)
        if mask is not None:
            of_line.masked_fill_(mask, 0.0)
        of_slope = of_reach = of_scores = None
        if ctx.needs_input_grad[2]:
            of_slope = -_over_rows(of_line * clipped)
        sloping = clipped < reach
        if ctx.needs_input_grad[3]:
            of_reach = -slope * _over_rows(of_line.masked_fill(sloping, 0.0))
        if ctx.needs_input_grad[0]:
            of_scores = of_line.mul_(slope).mul_(sloping)
            top = clipped == 0.0
            if mask is not None:
                top &= ~mask
            share = of_scores.sum(dim=-1, keepdim=True)
            share /= top.sum(dim=-1, keepdim=True).clamp_(min=1)
            of_scores = of_scores.addcmul_(top.to(share.dtype), share, value=-1.0)
        return of_scores, None, of_slope, of_reach


def _over_rows(x: Tensor) -> Tensor:
    """Sum (batch, heads, queries, keys) to (heads, 1, 1)."""
    return x.sum(dim=(0, 2, 3)).view(-1, 1, 1)
