# SPDX-License-Identifier: Apache-2.0
"""Measure the arms of the language experiment on SmolLM2-135M."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from surmax.calibrate.hccs.fit import HccsTarget, calibrate
from surmax.calibrate.hccs.search import Bounds
from surmax.calibrate.scores import LARGEST_CODE, HeadScores
from surmax.golden.hccs.config import HccsConfig
from surmax.train.data.collect import Collected, collect, text_windows
from surmax.train.data.text import read_wikipedia
from surmax.train.experiments.bench import Bench, Measured
from surmax.train.experiments.heads import (
    ConstantsByHead,
    describe_heads,
    hccs_layers,
    quantise_head,
    search_constants,
)
from surmax.train.experiments.language.settings import CALIBRATION_WINDOWS, LENGTH, TUNING_SETTINGS
from surmax.train.experiments.records import Arm, Keep, Say
from surmax.train.experiments.windows import log_likelihood, next_token_logs
from surmax.train.learn.tune_hccs import Tuning, tune
from surmax.train.models.llama import Llama, load_smollm2
from surmax.train.normalisers.hccs import HccsNormaliser
from surmax.train.normalisers.leaking_mask import LeakingMask
from surmax.train.normalisers.observer import LEAST_PROBABILITY, RowFigures, observe
from surmax.train.normalisers.softmax import SoftmaxNormaliser
from torch import Tensor, nn

# Attention rows and outputs of this many windows are compared with those of softmax.
COMPARED_WINDOWS = 4
_BATCH = 4
# The descent with weighted positions is slow: it looks at this many rows of 256 positions a head.
_WEIGHTED_ROWS = 256


def measure(arms: Sequence[Arm], seed: int, keep: Keep, say: Say, **_: Any) -> None:
    """Measure the arms; `seed` shuffles the articles and so decides test and calibration text."""
    LanguageBench(arms[0].settings["windows"], seed, say).measure(arms, keep)


class LanguageBench(Bench[None]):
    """Model, texts and calibration scores, each made when it is first needed.

    No weight is trained, so that all arms have the same ones.

    Parameters:
        windows: of the test text.
        seed: of the order of the articles.
        say: told what is being done.
    """

    def __init__(self, windows: int, seed: int, say: Say) -> None:
        self._count, self._seed, self._say = windows, seed, say
        self._heads: dict[str, list[HeadScores]] = {}
        self._found: dict[tuple[Bounds, str, str], ConstantsByHead] = {}

    @cached_property
    def _loaded(self) -> tuple[Llama, Any]:
        self._say("loading SmolLM2-135M")
        return load_smollm2()

    @property
    def model(self) -> Llama:
        """The model, its weights in float32."""
        return self._loaded[0]

    def weights_of(self, arm: Arm) -> None:
        """Return None: all arms have the weights that were loaded."""

    reference_of = weights_of

    def train(self, weights: None) -> None:
        """Train nothing."""

    def prepare_tests(self, weights: None, trained: None) -> None:
        """Collect scores and compute the outputs of softmax, which most arms need."""
        for _ in (self.heads(), self._reference):
            pass

    def test_arm(self, arm: Arm, trained: None) -> Measured:
        """Return metrics of the test text; details are the constants and losses of learning."""
        normalisers, details = self.normalisers(arm)
        full_scale = HccsConfig.from_json(arm.settings["config"]).max_code if arm.exact else None
        half = arm.settings.get("half", True)
        return self.evaluate(normalisers, half=half, full_scale=full_scale), details

    @cached_property
    def _texts(self) -> tuple[str, str]:
        text = read_wikipedia(self._seed)
        # Sections have more than 60 tokens in the mean; far more than is ever asked for.
        return "\n\n".join(text.test), "\n\n".join(text.other[:1000])

    @cached_property
    def test(self) -> Tensor:
        """Tokens of the test text, (windows, LENGTH)."""
        return text_windows(self._loaded[1], self._texts[0], LENGTH, self._count)

    def other(self, windows: int) -> Tensor:
        """Return tokens of other text, (windows, LENGTH): the first windows calibrate."""
        return text_windows(self._loaded[1], self._texts[1], LENGTH, windows)

    @cached_property
    def collected(self) -> Collected:
        """Scores and value norms of all heads on the calibration windows."""
        self._say("collecting scores")
        self.model.replace_normalisers(self._softmax())
        with torch.autocast("cpu", torch.bfloat16):
            return collect(self.model, self.other(CALIBRATION_WINDOWS), value_norms=True)

    def heads(self, granularity: str = "head") -> list[HeadScores]:
        """Return the calibration scores as int8 codes.

        The largest |score| of the heads that share a scale is code 127: of one head, of a layer, or
        of all heads ("head", "layer", "global").
        """
        if granularity not in self._heads:
            scales = self._scales(granularity)
            self._heads[granularity] = [
                quantise_head(layer, head, real, self.collected.mask, scales[layer][head])
                for layer, scores in enumerate(self.collected.scores)
                for head, real in enumerate(scores)
            ]
        return self._heads[granularity]

    def _scales(self, granularity: str) -> npt.NDArray[np.float64]:
        """Return score units a code, (layers, heads)."""
        largest = self._largest
        if granularity != "head":
            axis = 1 if granularity == "layer" else None
            largest = np.broadcast_to(largest.max(axis=axis, keepdims=True), largest.shape)
        return largest.astype(np.float64) / LARGEST_CODE

    @cached_property
    def _largest(self) -> npt.NDArray[np.float32]:
        """Largest |score| that is not masked, (layers, heads)."""
        seen = ~self.collected.mask
        return np.array(
            [
                [np.abs(scores[seen]).max() for scores in layer_scores]
                for layer_scores in self.collected.scores
            ]
        )

    @cached_property
    def _reference(self) -> tuple[Tensor, Tensor]:
        """Of softmax: the likeliest next tokens, and log probabilities of the first windows."""
        self._say("softmax, as a reference")
        self.model.replace_normalisers(self._softmax())
        best, logs = [], []
        for first, _, log in self._outputs(half=True):
            best.append(log.argmax(dim=-1))
            if first < COMPARED_WINDOWS:
                logs.append(log[: COMPARED_WINDOWS - first])
        return torch.cat(best), torch.cat(logs)

    def normalisers(self, arm: Arm) -> tuple[list[nn.Module], dict[str, Any]]:
        """Return the arm's normalisers, one a layer, and details that are worth keeping."""
        settings = arm.settings
        if not arm.exact:
            if settings.get("scores") != "int8":
                return self._softmax(), {}
            heads = self.model.config.heads
            scales = self._scales("head").tolist()
            return [SoftmaxNormaliser(heads, layer_scales) for layer_scales in scales], {}
        config = HccsConfig.from_json(settings["config"])
        how, scales = settings["constants"], settings.get("scales", "head")
        details: dict[str, Any] = {}
        if how == "learned":
            found, details["losses"] = self._tuned(arm, config)
        else:
            if how == "value norm":
                constants = self._by_value_norm(config)
            else:
                constants = self._searched(config, how, scales)
            found = self._hccs(config, constants, scales=scales)
        details["constants"] = [
            row for layer, unit in enumerate(found) for row in describe_heads(unit, layer)
        ]
        if settings["mask"] == "leaking":
            return [LeakingMask(unit) for unit in found], details
        return list(found), details

    def evaluate(
        self, normalisers: Sequence[nn.Module], *, half: bool, full_scale: int | None
    ) -> dict[str, float]:
        """Return the metrics of the test text with these normalisers.

        Args:
            normalisers: one a layer.
            half: compute all but scores, normaliser and values in bfloat16.
            full_scale: of the output codes, of which a 0 counts as half a code in divergences;
                None: there are no codes.
        """
        best, logs = self._reference
        figures = RowFigures()
        least = 0.5 / full_scale if full_scale else LEAST_PROBABILITY
        self.model.replace_normalisers(observe(normalisers, figures, least=least))
        loss = agreed = divergence = 0.0
        for first, tokens, log in self._outputs(half=half):
            loss -= log_likelihood(log, tokens)[0]
            agreed += float((log.argmax(dim=-1) == best[first : first + len(log)]).sum())
            wanted = logs[first : first + len(log)]
            if len(wanted):
                apart = wanted - log[: len(wanted)]
                divergence += float(apart.mul_(wanted.exp()).sum(dtype=torch.float64))
        count = self.test.numel()
        return {
            "perplexity": math.exp(loss / (count - len(self.test))),
            "agreement": agreed / count,
            "output_kl": divergence / logs[..., 0].numel(),
            **figures.metrics(),
        }

    def _outputs(self, *, half: bool) -> Any:
        return next_token_logs(
            self.model, self.test, batch=_BATCH, observed=COMPARED_WINDOWS, half=half
        )

    def _softmax(self) -> list[nn.Module]:
        config = self.model.config
        return [SoftmaxNormaliser(config.heads) for _ in range(config.layers)]

    def _searched(
        self, config: HccsConfig, granularity: str, scales: str = "head"
    ) -> ConstantsByHead:
        """Return the constants with the least mean KL(softmax || s/Z), by (layer, head)."""
        bounds = HccsTarget(config, LENGTH).bounds
        key = bounds, granularity, scales
        if key not in self._found:
            self._say(f"searching constants by {granularity}")
            self._found[key] = search_constants(self.heads(scales), granularity, bounds)
        return self._found[key]

    def _by_value_norm(self, config: HccsConfig) -> ConstantsByHead:
        """Return constants whose KL counts each position by |V|, by (layer, head)."""
        self._say("searching constants by value norm")
        target = HccsTarget(config, LENGTH, weighted=True)
        weights = self.collected.weights
        assert weights is not None  # collected with value_norms
        found = {}
        for number, head in enumerate(self.heads()):
            (rows,) = head.rows
            step = max(1, len(rows) // _WEIGHTED_ROWS)
            few = replace(rows, weights=weights[number])[::step]
            (result,) = calibrate([replace(head, rows=(few,))], target)
            found[head.layer, head.head] = result.constants
        return found

    def _tuned(self, arm: Arm, config: HccsConfig) -> tuple[list[HccsNormaliser], list[float]]:
        """Return normalisers with learned constants and scales, and the losses of learning."""
        settings = arm.settings
        tuning = Tuning(seed=self._seed, **{key: settings[key] for key in TUNING_SETTINGS})
        constants = self._searched(config, "head")
        found = self._hccs(config, constants, learn=True, learn_scale=settings["learn_scale"])
        losses = tune(
            self.model,
            self._softmax(),
            found,
            self.other(settings["tuning_windows"]),
            tuning,
            progress=lambda done, wanted, loss: self._say(
                f"{arm.name}: step {done} of {wanted}, KL {loss:.4f}"
            ),
        )
        return found, [round(loss, 5) for loss in losses]

    def _hccs(
        self,
        config: HccsConfig,
        constants: ConstantsByHead,
        *,
        scales: str = "head",
        learn: bool = False,
        learn_scale: bool = False,
    ) -> list[HccsNormaliser]:
        return hccs_layers(
            constants,
            self._scales(scales).tolist(),
            config,
            length=LENGTH,
            learn=learn,
            learn_scale=learn_scale,
        )
