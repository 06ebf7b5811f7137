# SPDX-License-Identifier: Apache-2.0
"""Forward passes in NumPy of the two models that scripts/record-scores records from.

Each yields, layer by layer, the attention scores QK^T/sqrt(d) in float32: (heads, queries, keys).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


def softmax(x: FloatArray) -> FloatArray:
    """Softmax over the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _split(x: FloatArray, heads: int) -> FloatArray:
    return x.reshape(len(x), heads, -1).transpose(1, 0, 2)


def _join(x: FloatArray) -> FloatArray:
    return x.transpose(1, 0, 2).reshape(x.shape[1], -1)


class MiniLm:
    """MiniLM-L6-H384: BERT, 6 layers of 12 heads, every position sees every other."""

    heads, layers, causal = 12, 6, False

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        self._weights = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def windows(self, text: str, length: int) -> list[IntArray]:
        """Cut `text` into windows of `length` tokens, each between [CLS] and [SEP]."""
        first, *ids, last = self._tokenizer.encode(text).ids
        body = length - 2
        starts = range(0, len(ids) - body + 1, body)
        return [np.array([first, *ids[at : at + body], last]) for at in starts]

    def scores(self, ids: IntArray) -> Iterator[FloatArray]:
        """Yield the scores of each layer."""
        from scipy.special import erf

        w = self._weights
        x = w["embeddings.word_embeddings.weight"][ids]
        x = x + w["embeddings.position_embeddings.weight"][: len(ids)]
        x = self._norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings")
        for layer in range(self.layers):
            name = f"encoder.layer.{layer}."
            q, k, v = (
                _split(self._linear(x, f"{name}attention.self.{part}"), self.heads)
                for part in ("query", "key", "value")
            )
            scores = q @ k.transpose(0, 2, 1) / np.sqrt(np.float32(q.shape[-1]))
            yield scores
            mixed = self._linear(_join(softmax(scores) @ v), f"{name}attention.output.dense")
            x = self._norm(x + mixed, f"{name}attention.output")
            wide = self._linear(x, f"{name}intermediate.dense")
            wide = wide * (1 + erf(wide / np.sqrt(np.float32(2)))) / 2
            x = self._norm(x + self._linear(wide, f"{name}output.dense"), f"{name}output")
        self.last = x

    def _linear(self, x: FloatArray, name: str) -> FloatArray:
        return x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _norm(self, x: FloatArray, name: str) -> FloatArray:
        w = self._weights
        centred = x - x.mean(axis=-1, keepdims=True)
        unit = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        return unit * w[f"{name}.LayerNorm.weight"] + w[f"{name}.LayerNorm.bias"]


class SmolLm2:
    """SmolLM2-135M-Instruct: Llama, 30 layers of 9 heads (3 of keys), causal."""

    heads, layers, causal = 9, 30, True
    _key_heads = 3

    def __init__(self, file: Path) -> None:
        import gguf

        reader = gguf.GGUFReader(file)
        self._tensors = {one.name: one for one in reader.tensors}
        self._dequantize: Callable[..., Any] = gguf.dequantize
        self._tokenizer = self._make_tokenizer(
            reader.fields["tokenizer.ggml.tokens"].contents(),
            reader.fields["tokenizer.ggml.merges"].contents(),
        )
        self._base = reader.fields["llama.rope.freq_base"].contents()
        self._epsilon = reader.fields["llama.attention.layer_norm_rms_epsilon"].contents()

    @staticmethod
    def _make_tokenizer(tokens: list[str], merges: list[str]) -> Any:
        from tokenizers import Tokenizer, models, pre_tokenizers

        vocabulary = {token: at for at, token in enumerate(tokens)}
        pairs = [(left, right) for left, right in (merge.split(" ") for merge in merges)]
        tokenizer = Tokenizer(models.BPE(vocabulary, pairs))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
        return tokenizer

    def windows(self, text: str, length: int) -> list[IntArray]:
        """Cut `text` into windows of `length` tokens."""
        ids = self._tokenizer.encode(text).ids
        return [np.array(ids[at : at + length]) for at in range(0, len(ids) - length + 1, length)]

    def scores(self, ids: IntArray) -> Iterator[FloatArray]:
        """Yield the scores of each layer; what a query must not see is in them, as computed."""
        hidden = np.triu(np.ones((len(ids), len(ids)), dtype=bool), 1)
        x = self.weight("token_embd")[ids]
        for layer in range(self.layers):
            name = f"blk.{layer}."
            inner = self._norm(x, f"{name}attn_norm")
            q, k, v = (
                _split(inner @ self.weight(f"{name}attn_{part}").T, heads)
                for part, heads in (("q", self.heads), ("k", 3), ("v", 3))
            )
            q, k = self._rotate(q), self._rotate(k)
            k, v = (np.repeat(part, self.heads // self._key_heads, axis=0) for part in (k, v))
            scores = q @ k.transpose(0, 2, 1) / np.sqrt(np.float32(q.shape[-1]))
            yield scores
            seen = softmax(np.where(hidden, np.float32(-np.inf), scores))
            x = x + _join(seen @ v) @ self.weight(f"{name}attn_output").T
            inner = self._norm(x, f"{name}ffn_norm")
            gate = inner @ self.weight(f"{name}ffn_gate").T
            wide = gate / (1 + np.exp(-gate)) * (inner @ self.weight(f"{name}ffn_up").T)
            x = x + wide @ self.weight(f"{name}ffn_down").T
        self.last = self._norm(x, "output_norm")

    def weight(self, name: str) -> FloatArray:
        """Return the weight of that name in float32; it is unpacked once."""
        kept = self._tensors[f"{name}.weight"]
        if not isinstance(kept, np.ndarray):
            kept = self._dequantize(kept.data, kept.tensor_type)
            self._tensors[f"{name}.weight"] = kept
        return kept

    def _norm(self, x: FloatArray, name: str) -> FloatArray:
        unit = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + self._epsilon)
        return unit * self.weight(name)

    def _rotate(self, x: FloatArray) -> FloatArray:
        """Rotate pairs of neighbours by position: the order of a GGUF file."""
        half = x.shape[-1] // 2
        rates = self._base ** (-np.arange(half, dtype=np.float32) / half)
        angles = np.arange(x.shape[1], dtype=np.float32)[:, None] * rates
        cos, sin = np.cos(angles), np.sin(angles)
        even, odd = x[..., 0::2], x[..., 1::2]
        out = np.empty_like(x)
        out[..., 0::2], out[..., 1::2] = even * cos - odd * sin, even * sin + odd * cos
        return out
