# SPDX-License-Identifier: Apache-2.0
"""The sentiment comparison on a tiny random encoder: arms, shared epochs, exact evaluation."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from surmax.train.experiments import sentiment  # noqa: E402
from surmax.train.experiments.sentiment.bench import SentimentBench  # noqa: E402
from surmax.train.learn.training import Recipe, falling_rates, keep_in, restore, train  # noqa: E402
from surmax.train.models.bert import Bert, BertConfig  # noqa: E402
from surmax.train.models.classifier import Example, training_batches, whole_batches  # noqa: E402

CONFIG = BertConfig(vocabulary=50, positions=64, width=16, layers=1, heads=2, inner=32)
RECIPE = Recipe(rate=3e-3, normaliser_rate=1e-2, half=False)


def examples(count, seed):
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        tokens = rng.integers(1, 50, rng.integers(4, 20))
        found.append(Example(tuple(map(int, tokens)), int((tokens < 25).mean() > 0.5)))
    return found


def encoder():
    torch.manual_seed(3)
    return Bert(CONFIG)


def test_all_arms_are_kept_once():
    arms = sentiment.arms()
    assert len({arm.name for arm in arms}) == len(arms)
    kept = {}
    bench = SentimentBench(
        examples(96, 1), examples(40, 2), encoder(), 5, lambda _: None, recipe=RECIPE, batch=16
    )
    bench.measure(arms, lambda arm, metrics, details, seconds: kept.update({arm.name: metrics}))
    assert set(kept) == {arm.name for arm in arms}
    reference = kept["softmax"]
    assert reference["agreement"] == 1.0
    assert reference["output_kl"] == pytest.approx(0.0, abs=1e-6)
    assert reference["row_sum_mean"] == pytest.approx(1.0, abs=1e-5)
    for metrics in kept.values():
        assert 0.0 <= metrics["accuracy"] <= 1.0
        assert metrics["attention_kl"] >= -1e-6
    # Codes of 16 bits without fraction bits in the reciprocal: sums from a half to 1.
    assert 0.5 <= kept["hccs-head"]["row_sum_min"] <= kept["hccs-head"]["row_sum_max"] <= 1.0
    fine = kept["hccs-head-fine16"]
    assert fine["row_sum_mean"] == pytest.approx(1.0, abs=1e-2)


def test_an_arm_alone_is_what_it_is_among_others(tmp_path):
    said = []

    def run(names):
        kept = {}
        bench = SentimentBench(
            examples(64, 1),
            examples(20, 2),
            encoder(),
            5,
            said.append,
            recipe=RECIPE,
            batch=16,
            weights=tmp_path,
        )
        arms = [arm for arm in sentiment.arms() if arm.name in names]
        bench.measure(arms, lambda arm, metrics, *_: kept.update({arm.name: metrics}))
        return kept

    both = run({"hccs-global", "consmax-calibrated"})
    assert any("shared" in line for line in said)
    said.clear()
    assert run({"consmax-calibrated"})["consmax-calibrated"] == both["consmax-calibrated"]
    # What is shared was kept.
    assert said
    assert all("consmax" in line for line in said)


def test_batches():
    data = examples(70, 4)
    batches = training_batches(data, 16, np.random.default_rng(0))
    assert sum(len(batch.labels) for batch in batches) == 70
    for batch in batches:
        assert batch.tokens.shape[1] % 8 == 0
        assert batch.counts is None or int(batch.counts.max()) <= batch.tokens.shape[1]
    seen = []
    for chosen, batch in whole_batches(data, 5):
        assert batch.counts is None
        assert len(chosen) <= 5
        for at, row in zip(chosen, batch.tokens, strict=True):
            assert tuple(row.tolist()) == data[at].tokens
        seen += chosen
    assert sorted(seen) == list(range(70))


def test_training_in_pieces_is_training_in_one_piece(tmp_path):
    data = [(torch.randn(8, 4), torch.randn(8, 2)) for _ in range(6)]

    def loss(model, batch):
        return torch.nn.functional.mse_loss(model(batch[0]), batch[1])

    def model():
        torch.manual_seed(1)
        return torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2))

    whole, first, second = model(), model(), model()
    train(whole, loss, data, [1.0] * 6, RECIPE)
    middle = train(first, loss, data[:4], [1.0] * 4, RECIPE)
    path = tmp_path / "middle"
    assert keep_in(path, lambda: middle) is middle
    middle = keep_in(path, lambda: pytest.fail("made again"))
    restore(second, middle)
    train(second, loss, data[4:], [1.0] * 2, RECIPE, start=middle)
    for a, b in zip(whole.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_falling_rates():
    assert falling_rates(4, 2) == pytest.approx([1.0, 1.0, 2 / 3, 1 / 3])
    assert falling_rates(3, 3) == pytest.approx([0.75, 0.5, 0.25])
