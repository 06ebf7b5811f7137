# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import torch
from helpers.tiny_models import write_gguf
from surmax.calibrate.score_file import load_scores
from surmax.golden import InputError
from surmax.train.data.collect import collect, save_collected, text_windows
from surmax.train.models.llama import load_llama
from surmax.train.normalisers.softmax import SoftmaxNormaliser
from tokenizers import Tokenizer, models, processors


def test_scores_of_a_model_are_what_its_normalisers_see(tmp_path):
    model, _ = load_llama(write_gguf(tmp_path / "tiny.gguf"))
    before = [layer.normaliser for layer in model.layers]
    tokens = torch.randint(0, model.config.vocabulary, (6, 10), generator=torch.Generator())
    told = []
    collected = collect(
        model, tokens, value_norms=True, progress=lambda done, wanted: told.append((done, wanted))
    )
    assert told == [(4, 6), (6, 6)]
    assert [layer.normaliser for layer in model.layers] == before
    assert collected.scores.shape == (2, 9, 60, 10)
    np.testing.assert_array_equal(
        collected.mask, np.tile(np.arange(10) > np.arange(10)[:, None], (6, 1))
    )

    class Spy(SoftmaxNormaliser):
        def forward(self, scores, mask=None):
            self.scores = scores
            return super().forward(scores, mask)

    spies = [Spy(9), Spy(9)]
    model.replace_normalisers(spies)
    with torch.no_grad():
        model(tokens[5:])
    for layer, spy in enumerate(spies):
        np.testing.assert_allclose(
            collected.scores[layer][:, 50:], spy.scores[0].numpy(), rtol=1e-5, atol=1e-5
        )
    # Three heads of queries share a head of values.
    norms = collected.value_norms
    assert norms.shape == (2, 9, 6, 10)
    np.testing.assert_array_equal(norms[:, 0], norms[:, 2])
    assert (norms[:, 2] != norms[:, 3]).any()

    for real in (False, True):
        path = tmp_path / f"{real}.npz"
        save_collected(path, [collected], real=real, about={"model": "tiny"})
        heads = load_scores(path).heads
        assert [(one.layer, one.head) for one in heads] == [
            (i, j) for i in (0, 1) for j in range(9)
        ]
        assert heads[4].has_real == real
        seen = np.abs(collected.scores[0, 4][~collected.mask]).max()
        assert heads[4].scale == pytest.approx(seen / 127)
        np.testing.assert_allclose(heads[4].rows[0].weights[15], norms[0, 4, 1])
    codes = [load_scores(tmp_path / f"{real}.npz").heads[4].rows[0].codes for real in (False, True)]
    np.testing.assert_array_equal(*codes)


def test_scores_of_several_lengths_share_a_scale(tmp_path):
    model, _ = load_llama(write_gguf(tmp_path / "tiny.gguf"))
    parts = [collect(model, torch.full((2, length), 3)) for length in (5, 12)]
    save_collected(tmp_path / "scores.npz", parts, real=False, about={})
    heads = load_scores(tmp_path / "scores.npz").heads
    assert [rows.length for rows in heads[0].rows] == [5, 12]
    most = max(np.abs(one.scores[1, 2][~one.mask]).max() for one in parts)
    assert heads[11].scale == pytest.approx(most / 127)


def test_windows_of_a_text():
    words = {"[CLS]": 0, "[SEP]": 1, "a": 2, "b": 3, "[UNK]": 4}
    tokenizer = Tokenizer(models.WordLevel(words, "[UNK]"))
    from tokenizers import pre_tokenizers

    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    assert text_windows(tokenizer, "a b a b a", 2, 2).tolist() == [[2, 3], [2, 3]]
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 1), ("[CLS]", 0))
    assert text_windows(tokenizer, "a b a b a", 4, 2).tolist() == [[0, 2, 3, 1], [0, 2, 3, 1]]
    with pytest.raises(
        InputError, match="text must have at least 6 tokens for 3 windows of 4, not 5"
    ):
        text_windows(tokenizer, "a b a b a", 4, 3)
