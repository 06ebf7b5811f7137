# SPDX-License-Identifier: Apache-2.0
"""golden.hccs and golden.consmax in integer operations of PyTorch, bit for bit, for any device.

The integers are no wider than they have to be, because the attention of whole language models is
evaluated with them.
"""

import torch
from surmax.golden.hccs.config import HccsConfig
from surmax.train.normalisers.masking import keep_bits
from torch import Tensor


def hccs_codes(
    scores: Tensor,
    mask: Tensor | None,
    B: Tensor,
    S: Tensor,
    Dmax: Tensor,
    config: HccsConfig,
) -> Tensor:
    """Return HCCS output codes, as golden.hccs computes them (arXiv 2604.02292).

    Args:
        scores: int8, shape (..., heads, rows, n).
        mask: bool, broadcastable to `scores`, True where masked; None masks nothing.
        B, S, Dmax: integers that broadcast to (..., heads, rows, 1), legal for such rows.
        config: the datapath.

    Returns:
        codes of the shape of `scores`, 0 to full scale, masked positions 0; int32, or int64 where a
        product needs it.
    """
    length = scores.shape[-1]
    keep = None
    if mask is None:
        top = scores.amax(dim=-1, keepdim=True)
        count: Tensor | int = length
    else:
        mask = mask.expand(*mask.shape[:-1], length)
        keep = keep_bits(mask, torch.int8)
        top = (scores & keep).add_(~keep & -128).amax(dim=-1, keepdim=True)
        count = length - mask.sum(dim=-1, keepdim=True)
    # The difference of two int8 is exact modulo 256, as in the kernel.
    distance = torch.sub(top, scores).view(torch.uint8)
    distance = torch.minimum(distance, Dmax.to(torch.uint8), out=distance)
    if keep is not None:
        distance &= keep.view(torch.uint8)
    wide = torch.int32 if config.max_product < 1 << 31 else torch.int64
    codes = distance.to(wide)
    total = count * B.to(torch.int64) - S * codes.sum(dim=-1, keepdim=True, dtype=torch.int32)
    # Only a row that is masked everywhere has a lower sum; its codes are cleared below.
    rho = reciprocal(config, total.clamp_(min=config.min_sum))
    codes.mul_((S * rho).to(wide)).neg_().add_((B * rho + config.half).to(wide))
    codes.bitwise_right_shift_(config.fraction_bits)
    if config.saturates:
        codes.clamp_(max=config.max_code)
    if keep is not None:
        codes &= keep.to(wide)
    return codes


def reciprocal(config: HccsConfig, sums: Tensor) -> Tensor:
    """Return rho, int64, of int64 row sums from 1 to config.max_sum, as golden.hccs.reciprocal."""
    if config.mantissa_bits is None:
        return torch.div(config.dividend, sums, rounding_mode="floor")
    # frexp is exact here: row sums have fewer bits than a float32 mantissa.
    k = torch.frexp(sums.to(torch.float32)).exponent.to(torch.int64) - 1
    mantissa = (sums << config.mantissa_bits) >> k
    dividend = config.max_code << config.mantissa_bits
    quotient = torch.div(dividend, mantissa, rounding_mode="floor")
    return (quotient << config.fraction_bits) >> k


def consmax_codes(scores: Tensor, mask: Tensor | None, tables: Tensor) -> Tensor:
    """Return ConSmax output codes, as golden.consmax computes them (arXiv 2402.10930).

    Args:
        scores: int8, shape (..., heads, rows, n).
        mask: bool, broadcastable to `scores`, True where masked; None masks nothing.
        tables: shape (heads, 256), the output code of every score from -128 up:
            golden.ConsmaxTables.codes of each head.

    Returns:
        codes of the dtype of `tables` and the shape of `scores`; masked positions 0.
    """
    heads = tables.shape[0]
    # All tables in one: the 256 codes of a head begin at 256 times its number.
    first = torch.arange(128, 256 * heads, 256, dtype=torch.int32, device=scores.device)
    at = scores.to(torch.int32).add_(first.view(heads, 1, 1))
    codes = tables.reshape(-1).index_select(0, at.reshape(-1)).view(scores.shape)
    return codes if mask is None else codes.masked_fill_(mask, 0)
