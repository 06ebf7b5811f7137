# SPDX-License-Identifier: Apache-2.0
"""A small GPT to be trained from nothing, with layer norms before or after attention."""

from dataclasses import dataclass

import torch
from surmax.common.errors import InputError, check_choice
from surmax.train.models.attention import LayeredModel, attend, causal_mask, join_heads, split_heads
from surmax.train.normalisers.softmax import SoftmaxNormaliser
from torch import Tensor, nn
from torch.nn import functional

PLACES = ("pre", "post")


@dataclass(frozen=True)
class GptConfig:
    """Sizes of a model.

    Attributes:
        vocabulary: tokens.
        context: most positions.
        width: of the residual stream; a head has width / heads of it.
        layers, heads: of attention.
        norm: "pre" puts layer norms at the input of attention and of the feed-forward layer; "post"
            puts them after the residual sum of each.
    """

    vocabulary: int
    context: int
    width: int
    layers: int
    heads: int
    norm: str = "pre"


class Gpt(LayeredModel):
    """A causal language model: tokens (batch, length) to logits (batch, length, vocabulary).

    `layers[i].normaliser` may be replaced; it is softmax at first. Scores, normaliser and the
    product with the values are computed in float32, also under autocast.

    Raises InputError when `norm` is neither "pre" nor "post".
    """

    def __init__(self, config: GptConfig) -> None:
        super().__init__()
        check_choice("norm", config.norm, PLACES)
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.context, config.width)
        self.layers = nn.ModuleList(GptLayer(config) for _ in range(config.layers))
        # A post-norm layer ends with a norm, so that the model needs none of its own.
        self.norm = nn.LayerNorm(config.width) if config.norm == "pre" else nn.Identity()
        for parameter in self.parameters():
            if parameter.ndim >= 2:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return logits; the output weights are the embedding's.

        Raises InputError when there are more tokens than positions.
        """
        length = tokens.shape[-1]
        if length > self.config.context:
            raise InputError(f"tokens must be at most {self.config.context} in a row, not {length}")
        mask = causal_mask(length, tokens.device)
        x = self.embedding(tokens) + self.positions.weight[:length]
        for layer in self.layers:
            x = layer(x, mask)
        return functional.linear(self.norm(x), self.embedding.weight)


class GptLayer(nn.Module):
    """One layer: attention, then a feed-forward layer."""

    def __init__(self, config: GptConfig) -> None:
        super().__init__()
        self._heads, self._pre = config.heads, config.norm == "pre"
        self.attention_norm = nn.LayerNorm(config.width)
        self.inputs = nn.Linear(config.width, 3 * config.width, bias=False)
        self.output = nn.Linear(config.width, config.width, bias=False)
        self.inner_norm = nn.LayerNorm(config.width)
        self.up = nn.Linear(config.width, 4 * config.width, bias=False)
        self.down = nn.Linear(4 * config.width, config.width, bias=False)
        self.normaliser: nn.Module = SoftmaxNormaliser(config.heads)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return the residual stream after the layer, (batch, length, width)."""
        if self._pre:
            x = x + self._attention(self.attention_norm(x), mask)
            return x + self._inner(self.inner_norm(x))
        x = self.attention_norm(x + self._attention(x, mask))
        return self.inner_norm(x + self._inner(x))

    def _attention(self, x: Tensor, mask: Tensor) -> Tensor:
        parts = self.inputs(x).chunk(3, dim=-1)
        queries, keys, values = (split_heads(part, self._heads) for part in parts)
        return self.output(join_heads(attend(queries, keys, values, mask, self.normaliser)))

    def _inner(self, x: Tensor) -> Tensor:
        return self.down(functional.gelu(self.up(x)))

    @torch.no_grad()
    def fold_gains(self, gains: Tensor) -> None:
        """Divide the output weights of each head by its gain; `gains` has shape (heads,).

        The layer then computes the same with a normaliser whose probabilities are `gains` times as
        large.
        """
        width = self.output.in_features // self._heads
        self.output.weight /= gains.repeat_interleave(width)
