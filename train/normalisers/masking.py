# SPDX-License-Identifier: Apache-2.0
"""Masks as bits: an AND is several times faster than a masked fill, and stops infinities too."""

import torch
from torch import Tensor

_BITS = {torch.float32: torch.int32, torch.float64: torch.int64}


def keep_bits(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """Return integers of the shape of `mask`: 0 where it is True, all bits set elsewhere.

    As wide as `dtype`, float32 or float64 or a signed integer.
    """
    return (~mask).to(_BITS.get(dtype, dtype)).neg_()


def clear(x: Tensor, keep: Tensor) -> Tensor:
    """Return the floats `x` with 0 where `keep`, of keep_bits, is 0, whatever stood there."""
    return (x.view(keep.dtype) & keep).view(x.dtype)


def clear_(x: Tensor, keep: Tensor) -> Tensor:
    """Do what `clear` does, in place."""
    x.view(keep.dtype).bitwise_and_(keep)
    return x
