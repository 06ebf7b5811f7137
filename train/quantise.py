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
    """Return the codes of `quantise` as floats of the dtype of `scores`.

    The gradient takes rounding for the identity (arXiv 1308.3432) and is 0 where a code saturates;
    it reaches `scale` as well.
    """
    return _Round.apply(torch.clamp(scores / scale, LOW, HIGH))


class _Round(torch.autograd.Function):
    """Rounding half to even with the gradient of the identity."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.round()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient
