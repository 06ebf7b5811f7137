# SPDX-License-Identifier: Apache-2.0
"""The clipped line of HCCS in floating point, with a gradient of its own."""

from typing import Any

import torch
from surmax.train.normalisers.masking import clear, clear_, keep_bits
from torch import Tensor

# Lower than every score in codes.
_LOWEST = -1e30


def hccs_line(scores: Tensor, mask: Tensor | None, slope: Tensor, reach: Tensor) -> Tensor:
    """Return s / sum(s) with s = 1 - slope * min(max - scores, reach), and s = 0 where masked.

    HCCS divided by B (arXiv 2604.02292), in real numbers: slope is S/B, reach is Dmax.

    Args:
        scores: float, shape (batch, heads, queries, keys), in codes.
        mask: bool, broadcastable to `scores`, or None.
        slope, reach: float, shape (heads, 1, 1), above 0, slope * reach at most 1.

    Returns:
        probabilities; rows that are masked everywhere are 0. `scores`, `slope` and `reach` have
        gradients; positions that tie for the maximum share its gradient.
    """
    return _Line.apply(scores, mask, slope, reach)


class _Line(torch.autograd.Function):
    """Keeps two large tensors for the backward pass, where autograd would keep seven."""

    @staticmethod
    def forward(
        ctx: Any, scores: Tensor, mask: Tensor | None, slope: Tensor, reach: Tensor
    ) -> Tensor:
        if mask is None:
            keep = None
            distance = scores.amax(dim=-1, keepdim=True) - scores
        else:
            keep = keep_bits(mask, scores.dtype)
            scores = clear(scores, keep)
            top = (scores + mask.to(scores.dtype).mul_(_LOWEST)).amax(dim=-1, keepdim=True)
            distance = clear_(top - scores, keep)
        line = torch.minimum(distance, reach).mul_(slope).neg_().add_(1.0)
        if keep is not None:
            clear_(line, keep)
        # A row with a visible position has a sum of at least 1.
        total = line.sum(dim=-1, keepdim=True).clamp_(min=1.0)
        probabilities = line.div_(total)
        ctx.save_for_backward(distance, probabilities, total, keep, slope, reach)
        return probabilities

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        distance, probabilities, total, keep, slope, reach = ctx.saved_tensors
        work = gradient * probabilities
        mean = work.sum(dim=-1, keepdim=True)
        of_line = torch.sub(gradient, mean, out=work).div_(total)
        if keep is not None:
            clear_(of_line, keep)
        of_slope = of_reach = None
        if ctx.needs_input_grad[2]:
            of_slope = -_over_rows(torch.minimum(distance, reach).mul_(of_line))
        # 1.0 on the slope, 0.0 on the floor: floats, because booleans are slower on a CPU. At the
        # corner, where integers often are, 0.5: the mean of the slopes on either side.
        of_sloping = (reach - distance).sign_().add_(1.0).mul_(0.5).mul_(of_line)
        if ctx.needs_input_grad[3]:
            of_reach = -slope * (_over_rows(of_line) - _over_rows(of_sloping))
        if not ctx.needs_input_grad[0]:
            return None, None, of_slope, of_reach
        of_scores = of_sloping.mul_(slope)
        top = torch.sign(distance, out=of_line).neg_().add_(1.0)
        if keep is not None:
            clear_(top, keep)
        share = of_scores.sum(dim=-1, keepdim=True)
        share /= top.sum(dim=-1, keepdim=True).clamp_(min=1.0)
        return of_scores.sub_(top.mul_(share)), None, of_slope, of_reach


def _over_rows(x: Tensor) -> Tensor:
    """Sum (batch, heads, queries, keys) to (heads, 1, 1)."""
    return x.sum(dim=(0, 2, 3)).view(-1, 1, 1)
