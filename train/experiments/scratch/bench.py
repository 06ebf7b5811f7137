# SPDX-License-Identifier: Apache-2.0
"""Train and measure the arms of the scratch experiment."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from surmax.train.experiments.bench import Bench, Measured
from surmax.train.experiments.heads import describe_heads
from surmax.train.experiments.records import Arm, Keep, Say
from surmax.train.experiments.scratch.corpus import Corpus, make_corpus
from surmax.train.experiments.scratch.integers import best_gains, by_head, score_scales, with_gains
from surmax.train.experiments.scratch.settings import (
    BATCH,
    CALIBRATION_WINDOWS,
    CONTEXT,
    HEADS,
    LAYERS,
    RECIPE,
    VOCABULARY,
    WARM_UP,
    WIDTH,
)
from surmax.train.experiments.windows import log_likelihood, next_token_logs
from surmax.train.learn.threads import threads as set_threads
from surmax.train.learn.training import Recipe, train
from surmax.train.models.gpt import Gpt, GptConfig
from surmax.train.normalisers.base import Normaliser
from surmax.train.normalisers.consmax import ConsmaxNormaliser
from surmax.train.normalisers.observer import LEAST_PROBABILITY, RowFigures, observe
from surmax.train.normalisers.recorder import Recorder
from surmax.train.normalisers.row_length import LessLogLength
from surmax.train.normalisers.softmax import SoftmaxNormaliser
from torch import Tensor, nn
from torch.nn import functional

# Outputs and attention rows of this many windows of test text are compared with softmax.
_COMPARED = 16
_TEST_BATCH = 16

# Placement of the layer norms, and the normaliser of training.
Weights = tuple[str, str]


def measure(
    arms: Sequence[Arm],
    seed: int,
    keep: Keep,
    say: Say,
    *,
    device: str = "cpu",
    threads: int = 1,
    **_: Any,
) -> None:
    """Measure the arms; `seed` decides the split, the first weights and the order of the text."""
    with set_threads(threads):
        say("training a tokenizer")
        corpus = make_corpus(seed)
        steps = arms[0].settings["steps"]
        config = GptConfig(VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS)
        ScratchBench(corpus, config, steps, seed, say, device=device).measure(arms, keep)


@dataclass
class TrainedGpt:
    """A model and the normalisers that it was trained with.

    Attributes:
        model: in training or trained.
        units: its normalisers, one a layer: what the hardware does, no more.
        length: whether the units get scores less log n (see LessLogLength).
        losses: mean loss of every twentieth of the steps.
    """

    model: Gpt
    units: list[Normaliser]
    length: bool
    losses: list[float]

    def put(self, units: Sequence[nn.Module]) -> None:
        """Have the model use these units, one a layer."""
        self.model.replace_normalisers(
            [LessLogLength(unit) for unit in units] if self.length else units
        )


class ScratchBench(Bench[TrainedGpt]):
    """A corpus and how a GPT is trained on it.

    Parameters:
        corpus: text in tokens.
        config: of the model; its `norm` is the arm's.
        steps: of training.
        seed: of first weights and order.
        say: told what is being done.
        device: where the model is.
        recipe, batch: of training.
    """

    def __init__(
        self,
        corpus: Corpus,
        config: GptConfig,
        steps: int,
        seed: int,
        say: Say,
        *,
        device: str = "cpu",
        recipe: Recipe = RECIPE,
        batch: int = BATCH,
    ) -> None:
        self._config, self._say, self._device = config, say, device
        self._steps, self._seed, self._recipe = steps, seed, recipe
        self._test = corpus.test.to(device)
        rng = np.random.default_rng(seed)
        starts = rng.integers(0, len(corpus.training) - config.context, (steps, batch))
        within = torch.arange(config.context + 1)
        self._batches = [
            corpus.training[torch.from_numpy(row)[:, None] + within].to(device) for row in starts
        ]
        first = np.random.default_rng(seed + 1).integers(
            0, len(corpus.training) - config.context, CALIBRATION_WINDOWS
        )
        chosen = torch.from_numpy(first)[:, None] + within[:-1]
        self._calibration = corpus.training[chosen].to(device)

    def weights_of(self, arm: Arm) -> Weights:
        """Return placement of the norms and normaliser of training."""
        return arm.settings["norm"], arm.settings["trained"]

    def reference_of(self, arm: Arm) -> Weights:
        """Return softmax with the same placement of the norms."""
        return arm.settings["norm"], "softmax"

    def train(self, weights: Weights) -> TrainedGpt:
        """Train a model from nothing."""
        norm, trained = weights
        config = GptConfig(**{**vars(self._config), "norm": norm})
        with torch.random.fork_rng():
            torch.manual_seed(self._seed)
            model = Gpt(config).to(self._device)
        units = [SoftmaxNormaliser(config.heads) for _ in range(config.layers)]
        made = TrainedGpt(model, units, trained.endswith("-length"), [])
        if trained != "softmax":
            made.units = self._consmax_starts(made)
        made.put(made.units)
        every = max(1, self._steps // 20)
        losses: list[float] = []

        def progress(done: int, wanted: int, loss: float) -> None:
            losses.append(loss)
            if done % every == 0:
                made.losses.append(round(sum(losses[-every:]) / every, 4))
                line = f"{norm}-norm {trained}: step {done} of {wanted}"
                self._say(f"{line}, loss {made.losses[-1]:.4f}")

        rates = cosine_rates(self._steps)
        train(model, _loss, self._batches, rates, self._recipe, progress=progress)
        model.eval()
        return made

    def prepare_tests(self, weights: Weights, trained: TrainedGpt) -> None:
        """After softmax, keep log probabilities of the first windows of test text."""
        if weights[1] == "softmax":
            logs = [log for first, _, log in self._outputs(trained.model) if first < _COMPARED]
            self._reference = torch.cat(logs)

    def test_arm(self, arm: Arm, trained: TrainedGpt) -> Measured:
        """Return metrics and details; the model is as it was afterwards."""
        tested, layers = arm.settings["tested"], trained.model.layers
        units: Sequence[Normaliser] = trained.units
        heads = [
            row
            for layer, unit in enumerate(units)
            if isinstance(unit, ConsmaxNormaliser)
            for row in describe_heads(unit, layer)
        ]
        details: dict[str, Any] = {"losses": trained.losses, "heads": heads}
        weights = [layer.output.weight.detach().clone() for layer in layers]
        if "-int8" in tested:
            scores = self._scores(trained)
            scales = [score_scales(layer_scores) for layer_scores in scores]
            details["scales"] = scales
            if tested == "softmax-int8":
                units = [SoftmaxNormaliser(self._config.heads, scale) for scale in scales]
            else:
                gains = [
                    best_gains(unit, layer_scores)
                    if tested.endswith("gain")
                    else torch.ones(unit.heads)
                    for unit, layer_scores in zip(units, scores, strict=True)
                ]
                details["gains"] = [layer_gains.tolist() for layer_gains in gains]
                units = [
                    with_gains(unit, layer_gains, scale)
                    for unit, layer_gains, scale in zip(units, gains, scales, strict=True)
                ]
                for layer, layer_gains in zip(layers, gains, strict=True):
                    layer.fold_gains(layer_gains.to(self._device))
                details["wrong_codes"] = [
                    [tables.wrong_codes for tables in unit.tables()] for unit in units
                ]
        # A code of 0 counts as half a code in divergences.
        least = 0.5 / (1 << units[0].config.output_bits) if arm.exact else LEAST_PROBABILITY
        figures = RowFigures()
        trained.put(observe([unit.to(self._device) for unit in units], figures, least=least))
        metrics = self._metrics(trained.model, figures)
        trained.put(trained.units)
        with torch.no_grad():
            for layer, weight in zip(layers, weights, strict=True):
                layer.output.weight.copy_(weight)
        return metrics, details

    @torch.no_grad()
    def _scores(self, trained: TrainedGpt) -> list[Tensor]:
        """Return each layer's scores of the calibration windows, masked ones -inf.

        They are the scores that the units see.
        """
        recorders = [Recorder(unit) for unit in trained.units]
        trained.put(recorders)
        with torch.autocast(self._device, torch.bfloat16, enabled=self._recipe.half):
            trained.model(self._calibration)
        trained.put(trained.units)
        found = []
        for recorder in recorders:
            ((scores, mask),) = recorder.seen
            found.append(scores.float().masked_fill(mask, -math.inf))
        return found

    def _consmax_starts(self, made: TrainedGpt) -> list[Normaliser]:
        """Return ConSmax with beta the mean logsumexp of a head's scores, and gamma 1."""
        return [
            ConsmaxNormaliser(
                self._config.heads, by_head(scores.logsumexp(dim=-1)).mean(dim=1).tolist(), 1.0
            ).to(self._device)
            for scores in self._scores(made)
        ]

    def _metrics(self, model: Gpt, figures: RowFigures) -> dict[str, float]:
        reference = self._reference
        loss = agreed = divergence = 0.0
        count = 0
        for first, tokens, log in self._outputs(model):
            batch_log_likelihood, predicted = log_likelihood(log, tokens)
            loss -= batch_log_likelihood
            count += predicted
            if first < len(reference):
                wanted = reference[first : first + len(log)]
                own = log[: len(wanted)]
                agreed += float((own.argmax(dim=-1) == wanted.argmax(dim=-1)).double().mean())
                divergence += float((wanted.exp() * (wanted - own)).sum(dim=-1).double().mean())
        parts = -(-len(reference) // _TEST_BATCH)
        return {
            "perplexity": math.exp(loss / count),
            "agreement": agreed / parts,
            "output_kl": divergence / parts,
            **figures.metrics(),
        }

    def _outputs(self, model: Gpt) -> Iterator[tuple[int, Tensor, Tensor]]:
        return next_token_logs(
            model, self._test, batch=_TEST_BATCH, observed=_COMPARED, half=self._recipe.half
        )


def cosine_rates(steps: int) -> list[float]:
    """Return factors of a learning rate: up over WARM_UP of the steps, then a cosine to a tenth."""
    rising = max(1, round(WARM_UP * steps))
    found = []
    for step in range(steps):
        if step < rising:
            found.append((step + 1) / rising)
        else:
            part = (step - rising) / max(1, steps - rising)
            found.append(0.55 + 0.45 * math.cos(math.pi * part))
    return found


def _loss(model: nn.Module, batch: Tensor) -> Tensor:
    logits = model(batch[:, :-1])
    return functional.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten())
