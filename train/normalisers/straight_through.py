# SPDX-License-Identifier: Apache-2.0
"""The straight-through estimator: one tensor's value with another tensor's gradient."""

from typing import Any

import torch
from torch import Tensor


def straight_through(value: Tensor, smooth: Tensor) -> Tensor:
    """Return `value`; its gradient goes to `smooth` instead (arXiv 1308.3432)."""
    return _StraightThrough.apply(value, smooth)


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, smooth: Tensor) -> Tensor:
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor]:
        return None, gradient
