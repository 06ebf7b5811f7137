# SPDX-License-Identifier: Apache-2.0
"""Attention for models of the package transformers, with a normaliser in the place of softmax.

This module does not import transformers. docs/training.md shows how to register the function.
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
    """Return (outputs of the heads, probabilities), with the arguments that transformers gives.

    Args:
        module: the attention module; its attribute `normaliser` is used.
        query: shape (batch, heads, queries, d).
        key, value: shape (batch, key heads, keys, d); each serves heads / key heads query heads.
        attention_mask: broadcasts to (batch, heads, queries, keys). Bool: True where a key is
            visible. Float, as transformers adds it to scores: 0 where a key is visible, the least
            finite number where it is masked. None masks nothing.
        scaling: factor of the scores; None is 1/sqrt(d).
        dropout: share of the probabilities that is dropped in training.

    Returns:
        (batch, queries, heads, d) of the dtype of `value`, and (batch, heads, queries, keys).

    Raises:
        InputError: the module has no normaliser, or a float mask holds other numbers.
    """
    normaliser = getattr(module, "normaliser", None)
    if normaliser is None:
        raise InputError(f"{type(module).__name__} must have an attribute normaliser")
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
            "attention_mask must hold only 0 and the least finite number: it may mask keys, not "
            "change scores"
        )
    return hidden
