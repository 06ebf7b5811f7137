# SPDX-License-Identifier: Apache-2.0
"""Attention scores as int8 codes, with and without a gradient."""

from typing import Any

import torch
from torch import Tensor

LOW, HIGH = -128, 127


def quantise(scores: Tensor, scale: Tensor) -> Tensor:
    """Return int8 codes: scores / scale rounded half to even, saturated to -128..127.

    `scale`, in score units a code, broadcasts to `scores` (any shape, any float dtype).
    """
    return torch.div(scores, scale).round_().clamp_(LOW, HIGH).to(torch.int8)


def quantise_straight_through(scores: Tensor, scale: Tensor) -> Tensor:
    """Return the codes of `quantise` as floats of the dtype of `scores`, with a gradient.

    The gradient treats rounding as the identity (arXiv 1308.3432) and is 0 where a code saturates.
    `scale` gets a gradient too. Shapes: `scores` (batch, heads, queries, keys), `scale`
    (heads, 1, 1).
    """
    return _Quantise.apply(scores, scale)


class _Quantise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, scores: Tensor, scale: Tensor) -> Tensor:
        x = torch.div(scores, scale)
        ctx.save_for_backward(x, scale)
        return x.round().clamp_(LOW, HIGH)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor | None]:
        x, scale = ctx.saved_tensors
        # 1.0 where x is beyond the range of the codes, else 0.0. Floats, because booleans are
        # slower on a CPU.
        beyond = (x - (LOW + HIGH) / 2).abs_().sub_((HIGH - LOW) / 2).clamp_(min=0.0).sign_()
        of_scores = torch.mul(gradient, beyond.neg_().add_(1.0), out=beyond).div_(scale)
        if not ctx.needs_input_grad[1]:
            return of_scores, None
        return of_scores, -(of_scores * x).sum(dim=(0, 2, 3)).view_as(scale)
