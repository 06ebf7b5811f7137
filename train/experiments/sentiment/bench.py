# SPDX-License-Identifier: Apache-2.0
"""Train and measure the arms of the sentiment experiment on MiniLM-L6."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from surmax.calibrate.scores import HeadScores
from surmax.common.digest import code_digest, digest_of
from surmax.train.data.text import Sentence, read_sentiment
from surmax.train.experiments.bench import Bench, Measured
from surmax.train.experiments.heads import describe_heads, quantise_head
from surmax.train.experiments.records import Arm, Keep, Say
from surmax.train.experiments.sentiment.normalisers import (
    full_scale,
    tested_normalisers,
    training_normalisers,
)
from surmax.train.experiments.sentiment.settings import (
    BATCH,
    CALIBRATION_SENTENCES,
    EPOCHS,
    LEARNED_RATE,
    LENGTH,
    OBSERVED_SENTENCES,
    RECIPE,
    SENTENCES,
)
from surmax.train.learn.threads import threads as set_threads
from surmax.train.learn.training import Checkpoint, Recipe, falling_rates, keep_in, restore, train
from surmax.train.models.bert import Bert, load_minilm
from surmax.train.models.classifier import (
    Batch,
    Classifier,
    Example,
    training_batches,
    whole_batches,
)
from surmax.train.normalisers.base import Normaliser
from surmax.train.normalisers.consmax import ConsmaxNormaliser
from surmax.train.normalisers.observer import (
    LEAST_PROBABILITY,
    RowFigures,
    observe,
    set_observers,
)
from surmax.train.normalisers.recorder import Recorder
from surmax.train.normalisers.softmax import SoftmaxNormaliser
from torch import Tensor, nn
from torch.nn import functional

_HELD_BATCH = 128


def measure(
    arms: Sequence[Arm],
    seed: int,
    keep: Keep,
    say: Say,
    *,
    threads: int = 1,
    weights: Path | None = None,
    **_: Any,
) -> None:
    """Measure the arms; `seed` decides the split, the order of training and the linear layer.

    Epochs that arms share, and softmax as their reference, are trained once. Their weights (170 MB
    a seed) are kept in the folder `weights`, so that an interrupted run goes on; None keeps none.
    """
    with set_threads(threads):
        bench = SentimentBench(*_texts(seed), load_minilm()[0], seed, say, weights=weights)
        bench.measure(arms, keep)


def _texts(seed: int) -> tuple[list[Example], list[Example]]:
    """Return training and held-out examples.

    The validation sentences are held out too, because nothing is chosen by them.
    """
    _, tokenizer = load_minilm()
    text = read_sentiment(seed)

    def examples(sentences: Sequence[Sentence]) -> list[Example]:
        encoded = tokenizer.encode_batch([sentence.text for sentence in sentences])
        return [
            # Cut between what the tokenizer puts around a sentence.
            Example(
                tuple(ids if len(ids) <= LENGTH else [*ids[: LENGTH - 1], ids[-1]]), sentence.label
            )
            for ids, sentence in zip((e.ids for e in encoded), sentences, strict=True)
        ]

    return examples(text.training[:SENTENCES]), examples(text.validation + text.test)


class SentimentBench(Bench[list[Normaliser]]):
    """A classifier, its examples, and the weights that arms share.

    Parameters:
        training, held: examples.
        encoder: pretrained; its word embeddings stay as they are.
        seed: of the order and of the linear layer.
        say: told what is being done.
        recipe, batch, epochs: of training.
        weights: folder for what arms share; None keeps it in no file.
    """

    def __init__(
        self,
        training: Sequence[Example],
        held: Sequence[Example],
        encoder: Bert,
        seed: int,
        say: Say,
        *,
        recipe: Recipe = RECIPE,
        batch: int = BATCH,
        epochs: int = EPOCHS,
        weights: Path | None = None,
    ) -> None:
        self._held, self._say, self._recipe = held, say, recipe
        rng = np.random.default_rng(seed)
        self._epochs = [training_batches(training, batch, rng) for _ in range(epochs)]
        chosen = rng.permutation(len(training))[:CALIBRATION_SENTENCES]
        self._calibration = [training[number] for number in chosen]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.model = Classifier(encoder, 2)
        self.model.encoder.words.weight.requires_grad_(False)
        config = encoder.config
        self._heads, self._layers = config.heads, config.layers
        decided = [asdict(recipe), batch, epochs, seed, len(training), asdict(config)]
        identity = digest_of(decided, code_digest(__name__, prose=False))
        self._weights = None if weights is None else weights / identity[:16]

    def measure(self, arms: Sequence[Arm], keep: Keep) -> None:
        """Train the shared epochs, then measure as Bench does."""
        self._start = self._train_shared_epochs()
        self._start_scores = self._collect()
        super().measure(arms, keep)

    def weights_of(self, arm: Arm) -> str:
        """Return the normaliser that the last epoch has."""
        return arm.settings["trained"]

    def reference_of(self, arm: Arm) -> str:
        """Return softmax, for all arms."""
        return "softmax"

    def _train_shared_epochs(self) -> Checkpoint:
        """Train with softmax for all epochs but the last."""
        self._put(self._softmax())
        batches = [batch for epoch in self._epochs[:-1] for batch in epoch]
        checkpoint = self._kept(
            "start", lambda: self._train("shared epochs", batches, [1.0] * len(batches), None)
        )
        restore(self.model, checkpoint)
        return checkpoint

    def train(self, weights: str) -> list[Normaliser]:
        """Train the last epoch with the normalisers of that name, and return them."""
        normalisers = training_normalisers(weights, self._start_scores)
        self._put(normalisers)
        restore(self.model, self._start)
        batches = self._epochs[-1]
        rates = falling_rates(len(batches), len(batches))

        def run() -> Checkpoint:
            return self._train(weights, batches, rates, self._start)

        if weights == "softmax":
            # Nothing is trained from here, so that the optimiser's moments are not needed.
            values = self._kept("softmax", lambda: Checkpoint(run().values, {}))
            restore(self.model, values)
        else:
            run()
        return normalisers

    def prepare_tests(self, weights: str, trained: list[Normaliser]) -> None:
        """Collect the scores of the trained model; after softmax also its outputs."""
        self._scores = self._collect()
        if weights == "softmax":
            self._reference = self._outputs(self._softmax())

    def test_arm(self, arm: Arm, trained: list[Normaliser]) -> Measured:
        """Return metrics over the held-out sentences; details are the constants of all heads."""
        settings = arm.settings
        tested = tested_normalisers(settings["tested"], settings["trained"], trained, self._scores)
        metrics = self._evaluate(tested, exact=arm.exact)
        heads = [describe_heads(normaliser, layer) for layer, normaliser in enumerate(tested)]
        return metrics, {"heads": heads}

    def _kept(self, name: str, make: Callable[[], Checkpoint]) -> Checkpoint:
        path = None if self._weights is None else self._weights / f"{name}.pt"
        return keep_in(path, make)

    def _train(
        self, name: str, batches: Sequence[Batch], rates: Sequence[float], start: Checkpoint | None
    ) -> Checkpoint:
        losses: list[float] = []

        def progress(done: int, wanted: int, loss: float) -> None:
            losses.append(loss)
            if done % 20 == 0 or done == wanted:
                mean = sum(losses[-20:]) / len(losses[-20:])
                self._say(f"{name}: step {done} of {wanted}, loss {mean:.4f}")

        recipe = self._recipe
        if name == "hccs-learned":
            recipe = replace(recipe, normaliser_rate=LEARNED_RATE)
        return train(self.model, _loss, batches, rates, recipe, start=start, progress=progress)

    def _softmax(self) -> list[Normaliser]:
        return [SoftmaxNormaliser(self._heads) for _ in range(self._layers)]

    def _put(self, normalisers: Sequence[nn.Module]) -> None:
        self.model.encoder.replace_normalisers(normalisers)

    def _autocast(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self._recipe.half)

    @torch.no_grad()
    def _collect(self) -> list[list[HeadScores]]:
        """Return int8 scores of the calibration sentences with the present weights, by layer."""
        before = [layer.normaliser for layer in self.model.encoder.layers]
        recorders = [Recorder(normaliser) for normaliser in before]
        self._put(recorders)
        rows: list[list[Tensor]] = [[] for _ in recorders]
        masks = []
        for _, batch in whole_batches(self._calibration, _HELD_BATCH):
            with self._autocast():
                self.model(batch)
            for layer_rows, recorder in zip(rows, recorders, strict=True):
                ((scores, _),) = recorder.seen
                recorder.clear()
                wide = functional.pad(scores, (0, LENGTH - scores.shape[-1]))
                layer_rows.append(wide.transpose(0, 1).flatten(1, 2))
            count = layer_rows[-1].shape[1]
            masks.append(np.broadcast_to(np.arange(LENGTH) >= scores.shape[-1], (count, LENGTH)))
        self._put(before)
        mask = np.concatenate(masks)
        return [
            [
                quantise_head(layer, head, real, mask)
                for head, real in enumerate(torch.cat(layer_rows, dim=1).float().numpy())
            ]
            for layer, layer_rows in enumerate(rows)
        ]

    def _evaluate(self, normalisers: Sequence[Normaliser], *, exact: bool) -> dict[str, float]:
        figures = RowFigures()
        # A code of 0 counts as half a code in divergences.
        least = 0.5 / full_scale(normalisers[0]) if exact else LEAST_PROBABILITY
        for normaliser in normalisers:
            if exact or isinstance(normaliser, ConsmaxNormaliser):
                normaliser.face = "exact" if exact else "float"
        log = self._outputs(observe(normalisers, figures, least=least))
        labels = torch.tensor([example.label for example in self._held])
        picked, reference = log.argmax(dim=-1), self._reference
        apart = (reference.exp() * (reference - log)).sum(dim=-1)
        return {
            "accuracy": float((picked == labels).double().mean()),
            "agreement": float((picked == reference.argmax(dim=-1)).double().mean()),
            "output_kl": float(apart.double().mean()),
            **figures.metrics(),
        }

    @torch.no_grad()
    def _outputs(self, normalisers: Sequence[nn.Module]) -> Tensor:
        """Return log probabilities of the held-out sentences, (sentences, classes).

        Observers see the first OBSERVED_SENTENCES of them.
        """
        self._put(normalisers)
        found = torch.empty(len(self._held), 2)
        seen = 0
        # Batches of all lengths in a fixed random order: observers see every length.
        batches = list(whole_batches(self._held, _HELD_BATCH))
        for number in np.random.default_rng(0).permutation(len(batches)):
            chosen, batch = batches[number]
            set_observers(self.model, active=seen < OBSERVED_SENTENCES)
            seen += len(chosen)
            with self._autocast():
                found[chosen] = self.model(batch).log_softmax(dim=-1)
        return found


def _loss(model: nn.Module, batch: Batch) -> Tensor:
    return functional.cross_entropy(model(batch), batch.labels)
