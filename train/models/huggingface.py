# SPDX-License-Identifier: Apache-2.0
"""Attention for models of the package transformers, with a normaliser in the place of softmax.

transformers itself is not needed to import this: docs/training.md shows how to register it there.
"""

from typing import Any

import torch
from surmax.common.errors import InputError
from torch import Tensor, nn
from torch.nn import functional


def transformers_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, Tensor]:
    """Return (what the heads put out, probabilities), as transformers calls its attention.

    Args:
        module: the attention module; its attribute `normaliser` is used.
        query: shape (batch, heads, queries, d).
        key, value: shape (batch, key heads, keys, d); each serves heads / key heads query heads.
        attention_mask: None masks nothing; bool is True where a key counts; floats are what
            transformers adds: 0, or the least finite number where a key does not count. Broadcasts
            to (batch, heads, queries, keys).
        scaling: what scores are multiplied by; None: 1/sqrt(d).
        dropout: of the probabilities.

    Returns:
        (batch, queries, heads, d) of the dtype of `value`, and (batch, heads, queries, keys).

    Raises:
        InputError: the module has no normaliser, or a mask adds something to scores.
    """
    normaliser = getattr(module, "normaliser", None)
    if normaliser is None:
        raise InputError(f"{type(module).__name__} has no attribute normaliser: one is needed")
    shared = query.shape[1] // key.shape[1]
    if shared > 1:
        key, value = (part.repeat_interleave(shared, dim=1) for part in (key, value))
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    with torch.autocast(query.device.type, enabled=False):
        scores = (query.float() * scaling) @ key.float().transpose(-1, -2)
        weights = normaliser(scores, _hidden(attention_mask))
        weights = functional.dropout(weights, dropout, module.training)
        mixed = (weights @ value.float()).to(value.dtype)
    return mixed.transpose(1, 2).contiguous(), weights


def _hidden(attention_mask: Tensor | None) -> Tensor | None:
    if attention_mask is None or attention_mask.dtype == torch.bool:
        return None if attention_mask is None else ~attention_mask
    hidden = attention_mask <= torch.finfo(attention_mask.dtype).min / 2
    if not ((attention_mask == 0) | hidden).all():
        raise InputError(
            "attention_mask holds other numbers than 0 and the least one: scores cannot be changed"
        )
    return hidden
