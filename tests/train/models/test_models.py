# SPDX-License-Identifier: Apache-2.0
"""Models against forward passes in NumPy, and their attention against golden."""

import importlib.util

import numpy as np
import pytest
import torch
from helpers.repository import ROOT
from helpers.tiny_models import LAYERS, TOKENS, write_bert, write_gguf
from surmax.golden import HccsConfig, HccsConstants, InputError, hccs
from surmax.train import HccsNormaliser, Recorder, SoftmaxNormaliser
from surmax.train.models.attention import attend, causal_mask, padding_mask
from surmax.train.models.bert import load_bert
from surmax.train.models.llama import load_llama

TOKENS_IN = [3, 1, 0, 2, 7, 7, 5, 11, 20, 21]


@pytest.fixture(scope="module")
def reference():
    """The script's module of forward passes in NumPy, which the models' authors' code checked."""
    path = ROOT / "scripts" / "forward.py"
    spec = importlib.util.spec_from_file_location("forward", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def llama_file(tmp_path_factory):
    return write_gguf(tmp_path_factory.mktemp("llama") / "tiny.gguf")


@pytest.fixture(scope="module")
def bert_file(tmp_path_factory):
    return write_bert(tmp_path_factory.mktemp("bert"))


def recorded(model, *inputs):
    """Return the model's outputs, and the scores and masks of its layers."""
    recorders = [Recorder(layer.normaliser) for layer in model.layers]
    model.replace_normalisers(recorders)
    with torch.no_grad():
        out = model(*inputs)
    model.replace_normalisers([one.normaliser for one in recorders])
    return out, [one.seen[0] for one in recorders]


def test_llama_equals_the_numpy_forward(llama_file, reference):
    model, tokenizer = load_llama(llama_file)
    other = type("Tiny", (reference.SmolLm2,), {"layers": LAYERS})(llama_file)
    scores = list(other.scores(np.array(TOKENS_IN)))
    features, seen = recorded(model, torch.tensor([TOKENS_IN]))
    for ours, theirs in zip(seen, scores, strict=True):
        np.testing.assert_allclose(ours[0][0].numpy(), theirs, rtol=2e-4, atol=2e-4)
    with torch.no_grad():
        features = model.features(torch.tensor([TOKENS_IN]))[0].numpy()
    np.testing.assert_allclose(features, other.last, rtol=1e-3, atol=1e-3)
    text = "abc cd 10"
    assert tokenizer.encode(text).ids == [
        TOKENS.index(t) for t in ("ab", "c", "Ġ", "cd", "Ġ", "1", "0")
    ]


def test_bert_equals_the_numpy_forward(bert_file, reference):
    path, heads = bert_file
    model = load_bert(path, heads).eval()
    other = type("Tiny", (reference.MiniLm,), {"layers": LAYERS})(path.parent)
    tokens = [one % 17 for one in TOKENS_IN]
    scores = list(other.scores(np.array(tokens)))
    out, seen = recorded(model, torch.tensor([tokens]))
    for ours, theirs in zip(seen, scores, strict=True):
        np.testing.assert_allclose(ours[0][0].numpy(), theirs, rtol=2e-4, atol=2e-4)
    np.testing.assert_allclose(out[0].numpy(), other.last, rtol=1e-3, atol=1e-3)


def test_padding_changes_nothing(bert_file):
    model = load_bert(*bert_file).eval()
    tokens = torch.tensor([[1, 2, 3, 4, 0, 0], [5, 6, 7, 8, 9, 10]])
    with torch.no_grad():
        padded = model(tokens, torch.tensor([4, 6]))
        alone = model(tokens[:1, :4])
    torch.testing.assert_close(padded[0, :4], alone[0], rtol=1e-4, atol=1e-4)


def test_later_tokens_change_nothing(llama_file):
    model, _ = load_llama(llama_file)
    tokens = torch.tensor([TOKENS_IN])
    other = tokens.clone()
    other[0, -1] = 4
    with torch.no_grad():
        first, second = model(tokens), model(other)
    torch.testing.assert_close(first[0, :-1], second[0, :-1])
    assert not torch.equal(first[0, -1], second[0, -1])


@pytest.mark.parametrize("output", ["i16", "u8"])
def test_exact_attention_of_a_layer_is_golden(llama_file, output):
    """Each layer's weighted values come from golden's codes of its int8 scores."""
    model, _ = load_llama(llama_file)
    config = HccsConfig(output=output, rounding="nearest", fraction_bits=15, min_sum=16)
    constants = [HccsConstants(500 + head, 20 - head, 20 + head) for head in range(9)]
    scale = [0.02 + 0.01 * head for head in range(9)]
    made = [
        HccsNormaliser(9, constants, scale, config, length=10, face="exact") for _ in range(LAYERS)
    ]
    model.replace_normalisers(made)
    _, seen = recorded(model, torch.tensor([TOKENS_IN]))
    rng = np.random.default_rng(1)
    values = torch.from_numpy(rng.normal(size=(1, 9, 10, 4)).astype(np.float32))
    for scores, mask in seen:
        codes = np.rint(scores.numpy() / np.float32(scale)[:, None, None])
        codes = np.clip(codes, -128, 127).astype(np.int8)
        wanted = hccs(codes, constants, config, mask.numpy()).astype(np.float32) / config.max_code
        with torch.no_grad():
            # An identity in the place of keys makes queries the scores.
            queries = scores * 10**0.5
            got = attend(queries, torch.eye(10).expand(1, 9, 10, 10), values, mask, made[0])
        torch.testing.assert_close(got, torch.from_numpy(wanted) @ values, rtol=0, atol=1e-6)


def test_masks():
    assert causal_mask(3).tolist() == [[False, True, True], [False, False, True], [False] * 3]
    mask = padding_mask(torch.tensor([2, 3]), 3)
    assert mask.shape == (2, 1, 1, 3)
    assert mask[0].flatten().tolist() == [False, False, True]


def test_refusals(tmp_path, bert_file, llama_file):
    model, _ = load_llama(llama_file)
    with pytest.raises(InputError, match="normalisers must be 2, one a layer, not 1"):
        model.replace_normalisers([SoftmaxNormaliser(9)])
    bert = load_bert(*bert_file)
    with pytest.raises(InputError, match="normalisers must be 2, one a layer, not 3"):
        bert.replace_normalisers([SoftmaxNormaliser(12)] * 3)
    with pytest.raises(InputError, match="tokens must be at most 40 in a row, not 41"):
        bert(torch.zeros(1, 41, dtype=torch.int64))
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"no model at all, far from it")
    for load in (load_llama, lambda path: load_bert(path, 12)):
        with pytest.raises(InputError, match=r"rubbish must be a \w+ file"):
            load(rubbish)
    gpt = write_gguf(tmp_path / "gpt.gguf", architecture="gpt2")
    with pytest.raises(InputError, match="must have architecture 'llama', not 'gpt2'"):
        load_llama(gpt)
