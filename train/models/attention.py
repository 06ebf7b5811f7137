# SPDX-License-Identifier: Apache-2.0
"""Attention with a normaliser in the place of softmax, shared by the models here."""

from collections.abc import Sequence

import torch
from surmax.common.errors import InputError
from torch import Tensor, nn


class LayeredModel(nn.Module):
    """A model whose `layers` each have a `normaliser`."""

    layers: nn.ModuleList

    def replace_normalisers(self, normalisers: Sequence[nn.Module]) -> None:
        """Put one normaliser into each layer, in order.

        Raises InputError when their number is not that of the layers.
        """
        if len(normalisers) != len(self.layers):
            raise InputError(
                f"normalisers must be {len(self.layers)}, one a layer, not {len(normalisers)}"
            )
        for layer, normaliser in zip(self.layers, normalisers, strict=True):
            layer.normaliser = normaliser


def attend(
    queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None, normaliser: nn.Module
) -> Tensor:
    """Return normaliser(QK^T / sqrt(d), mask) V in float32, also under autocast.

    Args:
        queries: shape (batch, heads, queries, d).
        keys, values: shape (batch, heads, keys, d).
        mask: bool, broadcastable to (batch, heads, queries, keys), True where masked; None masks
            nothing.
        normaliser: takes scores and mask as surmax.train.Normaliser does.
    """
    with torch.autocast(queries.device.type, enabled=False):
        scores = (queries.float() / queries.shape[-1] ** 0.5) @ keys.float().transpose(-1, -2)
        return normaliser(scores, mask) @ values.float()


def split_heads(x: Tensor, heads: int) -> Tensor:
    """Return (batch, positions, heads*d) as (batch, heads, positions, d)."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def join_heads(x: Tensor) -> Tensor:
    """Return (batch, heads, positions, d) as (batch, positions, heads*d)."""
    return x.transpose(1, 2).flatten(2)


def causal_mask(length: int, device: torch.device | None = None) -> Tensor:
    """Return the mask of a causal model, bool (length, length), True for keys after the query."""
    return torch.ones(length, length, dtype=torch.bool, device=device).triu(1)


def padding_mask(counts: Tensor, length: int) -> Tensor:
    """Return the mask of padded keys, bool (batch, 1, 1, length); `counts` keys a row are real."""
    return (torch.arange(length, device=counts.device) >= counts[:, None])[:, None, None]
