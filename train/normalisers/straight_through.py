# SPDX-License-Identifier: Apache-2.0
"""A value with the gradient of another one."""

from typing import Any

import torch
from torch import Tensor


def straight_through(value: Tensor, smooth: Tensor) -> Tensor:
    """Return `value`, with the gradient as if `smooth` had been returned (arXiv 1308.3432)."""
    return _StraightThrough.apply(value, smooth)


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, smooth: Tensor) -> Tensor:
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor]:
        return None, gradient
