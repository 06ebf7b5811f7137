# SPDX-License-Identifier: Apache-2.0
"""The comparison from scratch on a tiny GPT and random tokens."""

import pytest

torch = pytest.importorskip("torch")

# Behind the check that the extra is there (E402): each of these imports torch.
from surmax.golden import InputError  # noqa: E402
from surmax.train.experiments import scratch  # noqa: E402
from surmax.train.experiments.scratch.bench import ScratchBench, cosine_rates  # noqa: E402
from surmax.train.experiments.scratch.corpus import Corpus  # noqa: E402
from surmax.train.experiments.scratch.integers import best_gains, with_gains  # noqa: E402
from surmax.train.learn.training import Recipe  # noqa: E402
from surmax.train.models.gpt import Gpt, GptConfig  # noqa: E402
from surmax.train.normalisers.base import per_head  # noqa: E402
from surmax.train.normalisers.consmax import ConsmaxNormaliser  # noqa: E402
from surmax.train.normalisers.row_length import LessLogLength  # noqa: E402
from surmax.train.normalisers.softmax import SoftmaxNormaliser  # noqa: E402

CONFIG = GptConfig(vocabulary=30, context=16, width=16, layers=1, heads=2)


def corpus():
    torch.manual_seed(0)
    # A text with something to learn: each token is the last one plus 1, mostly.
    steps = (torch.rand(2000) < 0.1).long() * torch.randint(0, 30, (2000,)) + 1
    tokens = steps.cumsum(0) % 30
    return Corpus(tokens[:1500], tokens[1500 : 1500 + 20 * 16].view(20, 16))


def test_all_arms_are_measured_once():
    kept = {}
    recipe = Recipe(rate=1e-2, normaliser_rate=1e-2, decay=0.1, betas=(0.9, 0.99), half=False)
    bench = ScratchBench(corpus(), CONFIG, 40, 1, lambda _: None, recipe=recipe, batch=8)
    arms = scratch.arms(steps=40)
    bench.measure(
        arms, lambda arm, metrics, details, _: kept.update({arm.name: (metrics, details)})
    )
    assert set(kept) == {arm.name for arm in arms}
    for norm in ("pre", "post"):
        plain = kept[f"{norm}-softmax"][0]
        assert plain["agreement"] == 1.0
        assert plain["perplexity"] < 25  # of 30 tokens
        assert kept[f"{norm}-softmax-int8"][0]["perplexity"] == pytest.approx(
            plain["perplexity"], rel=0.02
        )
        for name in ("consmax", "consmax-length"):
            trained, exact = (kept[f"{norm}-{name}{test}"] for test in ("", "-int8-gain"))
            assert exact[0]["perplexity"] == pytest.approx(trained[0]["perplexity"], rel=0.05)
            assert len(trained[1]["heads"]) == 2


def test_a_folded_gain_changes_nothing_but_the_codes():
    torch.manual_seed(1)
    model = Gpt(CONFIG)
    tokens = torch.randint(0, 30, (2, 16))
    gains = torch.tensor([4.0, 0.5])
    made = [ConsmaxNormaliser(2, [1.0, 2.0], 1.5) for _ in range(CONFIG.layers)]
    model.replace_normalisers(made)
    before = model(tokens)
    for layer in model.layers:
        layer.fold_gains(gains)
        with torch.no_grad():
            layer.normaliser.beta -= gains.log()
    torch.testing.assert_close(model(tokens), before)


def test_gains_use_the_codes():
    one = ConsmaxNormaliser(2, [0.0, 0.0], [100.0, 1.0])
    scores = -torch.rand(3, 2, 5, 5)
    gains = best_gains(one, scores)
    # Probabilities up to 0.01 and 1.
    assert gains[0] == pytest.approx(64 * 2**0.5, rel=0.5)
    assert gains[1] <= 1.0
    made = with_gains(one, gains, [0.01, 0.01])
    with torch.no_grad():
        p = made(scores) / per_head(gains)
        wanted = one(scores)
    # Half a code, and half a step of the scores.
    error = (p - wanted).abs().amax(dim=(0, 2, 3)) / wanted.amax(dim=(0, 2, 3))
    assert float(error.max()) < 0.02


def test_log_length_is_of_the_keys_that_are_seen():
    torch.manual_seed(1)
    scores = torch.randn(2, 2, 5, 5)
    causal = torch.ones(5, 5, dtype=torch.bool).triu(1)
    softmax, plain = SoftmaxNormaliser(2), ConsmaxNormaliser(2, [0.5, 1.0], 3.0)
    torch.testing.assert_close(LessLogLength(softmax)(scores, causal), softmax(scores, causal))
    got, p = LessLogLength(plain)(scores, causal), plain(scores, causal)
    torch.testing.assert_close(got * torch.arange(1, 6)[:, None], p)
    # Without a mask, and padded keys: 5 and 3 of them; a row that sees nothing stays 0.
    torch.testing.assert_close(LessLogLength(plain)(scores) * 5, plain(scores))
    padded = torch.tensor([False, False, False, True, True])[None, None, None]
    torch.testing.assert_close(LessLogLength(plain)(scores, padded) * 3, plain(scores, padded))
    nothing = torch.ones(1, 1, 1, 5, dtype=torch.bool)
    assert not LessLogLength(plain)(scores, nothing).any()
    with pytest.raises(
        InputError, match=r"mask must have a shape that broadcasts to \(2, 2, 5, 5\)"
    ):
        LessLogLength(plain)(scores, causal[:4])
    with pytest.raises(
        InputError, match=r"mask must be bool, True where masked, not torch\.float32"
    ):
        LessLogLength(plain)(scores, causal.float())


def test_post_norm_is_another_model():
    torch.manual_seed(1)
    pre = Gpt(CONFIG)
    torch.manual_seed(1)
    post = Gpt(GptConfig(**{**vars(CONFIG), "norm": "post"}))
    tokens = torch.randint(0, 30, (1, 16))
    assert not torch.allclose(pre(tokens), post(tokens))
    with pytest.raises(InputError, match="norm"):
        Gpt(GptConfig(**{**vars(CONFIG), "norm": "between"}))
    with pytest.raises(InputError, match="tokens must be at most 16 in a row, not 17"):
        pre(torch.zeros(1, 17, dtype=torch.int64))


def test_a_model_is_causal():
    model = Gpt(CONFIG)
    tokens = torch.randint(0, 30, (1, 16))
    changed = tokens.clone()
    changed[0, 9:] = 0
    torch.testing.assert_close(model(tokens)[:, :9], model(changed)[:, :9])


def test_steps_are_checked():
    with pytest.raises(InputError, match="steps"):
        scratch.arms(steps=0)


def test_cosine_rates():
    rates = cosine_rates(100)
    assert max(rates) == pytest.approx(1.0)
    assert rates[0] == pytest.approx(1 / 30)
    assert rates[-1] == pytest.approx(0.1, abs=0.01)
