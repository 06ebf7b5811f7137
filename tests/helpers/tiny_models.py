# SPDX-License-Identifier: Apache-2.0
"""Random models of a few thousand weights, in the files that the loaders read."""

import gguf
import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

# Every byte that the test's texts have, as byte-level BPE writes it; two tokens by merging.
TOKENS = [*"abcdefghij.0123456789", "Ġ", "ab", "cd"]
MERGES = ["a b", "c d"]
LAYERS = 2


def write_gguf(path, *, heads=9, key_heads=3, width=36, inner=20, seed=1, architecture="llama"):
    """Write a Llama of LAYERS layers in float32."""
    rng = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_embedding_length(width)
    writer.add_block_count(LAYERS)
    writer.add_head_count(heads)
    writer.add_head_count_kv(key_heads)
    writer.add_feed_forward_length(inner)
    writer.add_rope_freq_base(1000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_token_list(TOKENS)
    writer.add_token_merges(MERGES)
    key_width = width // heads * key_heads
    shapes = {
        "attn_norm": (width,),
        "attn_q": (width, width),
        "attn_k": (key_width, width),
        "attn_v": (key_width, width),
        "attn_output": (width, width),
        "ffn_norm": (width,),
        "ffn_gate": (inner, width),
        "ffn_up": (inner, width),
        "ffn_down": (width, inner),
    }
    tensors = {"token_embd": (len(TOKENS), width), "output_norm": (width,)}
    tensors |= {f"blk.{at}.{name}": one for at in range(LAYERS) for name, one in shapes.items()}
    for name, shape in tensors.items():
        writer.add_tensor(f"{name}.weight", rng.normal(0, 0.5, shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_bert(folder, *, heads=12, width=48, inner=30, words=17, positions=40, seed=1):
    """Write a BERT of LAYERS layers, and a tokenizer, with the names of MiniLM's files."""
    rng = np.random.default_rng(seed)
    shapes = {
        "embeddings.word_embeddings.weight": (words, width),
        "embeddings.position_embeddings.weight": (positions, width),
        "embeddings.token_type_embeddings.weight": (2, width),
        "embeddings.LayerNorm.weight": (width,),
        "embeddings.LayerNorm.bias": (width,),
    }
    for at in range(LAYERS):
        name = f"encoder.layer.{at}."
        for part, out, size in (
            ("attention.self.query", width, width),
            ("attention.self.key", width, width),
            ("attention.self.value", width, width),
            ("attention.output.dense", width, width),
            ("intermediate.dense", inner, width),
            ("output.dense", width, inner),
        ):
            shapes |= {f"{name}{part}.weight": (out, size), f"{name}{part}.bias": (out,)}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{name}{part}.weight": (width,), f"{name}{part}.bias": (width,)}
    weights = {name: rng.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}
    save_file(weights, folder / "model.safetensors")
    vocabulary = {f"w{at}": at for at in range(words)}
    Tokenizer(WordLevel(vocabulary, unk_token="w0")).save(str(folder / "tokenizer.json"))
    return folder / "model.safetensors", heads
