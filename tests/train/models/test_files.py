# SPDX-License-Identifier: Apache-2.0
"""Damaged model files: a model, or one line."""

import os
import warnings

import numpy as np
import pytest
from helpers.tiny_models import write_bert, write_gguf
from surmax.golden import InputError
from surmax.train.models.bert import load_bert
from surmax.train.models.llama import load_llama

SEED = 20261128


def damaged(content, rng):
    """The content cut off, or with some bytes of its beginning changed."""
    if rng.random() < 0.3:
        return content[: rng.integers(len(content))]
    changed = bytearray(content)
    for at in rng.integers(0, min(2500, len(content)), rng.integers(1, 4)):
        changed[at] = rng.integers(256)
    return bytes(changed)


@pytest.mark.parametrize("kind", ["GGUF", "safetensors"])
def test_damage_is_one_line(kind, tmp_path):
    print(f"seed {SEED}")
    rng = np.random.default_rng(SEED)
    if kind == "GGUF":
        good, load = write_gguf(tmp_path / "good"), load_llama
    else:
        good, heads = write_bert(tmp_path)
        load = lambda path: load_bert(path, heads)  # noqa: E731
    content = good.read_bytes()
    path = tmp_path / "bad"
    refused = 0
    for _ in range(150):
        path.write_bytes(damaged(content, rng))
        try:
            with warnings.catch_warnings():
                # NumPy's, for numbers that overflow in the reader of GGUF.
                warnings.simplefilter("ignore", RuntimeWarning)
                load(path)
        except InputError as error:
            refused += 1
            line = str(error)
        else:
            continue
        assert "\n" not in line
        assert len(line.replace(str(tmp_path), "")) < 200, line
    assert refused > 60


def test_sizes_are_those_of_the_weights(tmp_path):
    path = write_gguf(tmp_path / "model")
    content = path.read_bytes()
    at = content.index(b"llama.block_count") + len(b"llama.block_count") + 4
    path.write_bytes(content[:at] + (1 << 30).to_bytes(4, "little") + content[at + 4 :])
    with pytest.raises(InputError, match="number of layers must be that of its weights, 2, not 10"):
        load_llama(path)


@pytest.mark.parametrize("load", [load_llama, lambda path: load_bert(path, 12)])
def test_only_regular_files(load, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none"):
        with pytest.raises(InputError, match="there is no regular file"):
            load(path)
