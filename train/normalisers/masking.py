# SPDX-License-Identifier: Apache-2.0
"""Masks as bit patterns: an AND is several times faster than a masked fill and clears NaN."""

import torch
from torch import Tensor

_BITS = {torch.float32: torch.int32, torch.float64: torch.int64}


def keep_bits(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """Return integers of the shape of `mask`: 0 where it is True, all bits set elsewhere.

    The integers have as many bits as `dtype`, which is float32, float64 or a signed integer.
    """
    return (~mask).to(_BITS.get(dtype, dtype)).neg_()


def clear(x: Tensor, keep: Tensor) -> Tensor:
    """Return the floats `x` with 0.0 where `keep` (from keep_bits) is 0, also in place of NaN."""
    return (x.view(keep.dtype) & keep).view(x.dtype)


def clear_(x: Tensor, keep: Tensor) -> Tensor:
    """Clear in place what `clear` clears, and return `x`."""
    x.view(keep.dtype).bitwise_and_(keep)
    return x
