# SPDX-License-Identifier: Apache-2.0
"""Accuracy of MiniLM-L6 on movie-review sentences, all arms trained for equally many epochs."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from surmax.calibrate.consmax.fit import log_sums
from surmax.calibrate.hccs.fit import HccsTarget, group_heads
from surmax.calibrate.hccs.search import search
from surmax.calibrate.histograms import make_histograms
from surmax.calibrate.scores import HeadScores, make_head, real_rows
from surmax.golden.hccs.config import HCCS_PRESETS
from surmax.train.data.text import Sentence, read_sentiment
from surmax.train.experiments.records import Arm, Contrast, Keep, Say, code_digest
from surmax.train.learn.finetune import Checkpoint, Recipe, falling_rates, keep_in, restore, train
from surmax.train.learn.threads import threads as set_threads
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
from surmax.train.normalisers.hccs import HccsNormaliser
from surmax.train.normalisers.observer import Observer, Sums
from surmax.train.normalisers.recorder import Recorder
from surmax.train.normalisers.softmax import SoftmaxNormaliser
from torch import Tensor, nn
from torch.nn import functional

EPOCHS = 3
BATCH = 32
RECIPE = Recipe(rate=5e-5, normaliser_rate=1e-2)
# Training sentences of the 8 056: an epoch of each arm in under a minute.
SENTENCES = 4096
# Longest sentence in tokens; one in a thousand is cut.
LENGTH = 64
# Training sentences whose scores calibrate: about 1 700 rows a head.
CALIBRATION_SENTENCES = 64
# Of the published datapath with 16-bit outputs: what is trained with.
FORM = "div16"
# Other datapaths that the same weights and constants run through.
OTHER_FORMS = {
    "div": "uint8",
    "clb": "uint8, leading bits",
    "fine16": "int16, fraction bits",
}
# Of the constants and scales of HCCS, where the last epoch trains them too.
LEARNED_RATE = 2e-2
GRANULARITIES = {"head": "per head", "layer": "per layer", "global": "global"}
# (beta, gamma) where ConSmax starts: None is the mean logsumexp of each head, and 1.
STARTS: dict[str, tuple[float, float] | None] = {"calibrated": None, "published": (1.0, 100.0)}

_HELD_BATCH = 128
# Sentences of the held-out ones whose attention is looked at.
_OBSERVED = 256
_POOL_ROWS = 1 << 15

COLUMNS = (
    ("accuracy", "accuracy"),
    ("agreement", "agreement with softmax"),
    ("output_kl", "KL of outputs"),
    ("attention_kl", "KL of attention"),
    ("row_sum_mean", "mean row sum"),
    ("row_sum_std", "its standard deviation"),
)
CONTRAST = Contrast(
    "against its control, points",
    "accuracy",
    False,
    # With another last epoch softmax itself gets to other weights.
    lambda name: (
        "softmax-int8"
        if name not in ("softmax", "softmax-int8") and not name.endswith("-plain")
        else "softmax"
    ),
)

ABOUT = f"""
The model is MiniLM-L6-H384 (6 layers of 12 heads), the mean of its features and a linear layer; the
text movie-review sentences with ratings (Hutto and Gilbert 2014), 10 070 with a rating of at least
0.5 either way and its sign as label. They stand in for BERT-tiny and BERT-small on SST-2 and MNLI.
The HCCS paper's figures there (arXiv 2604.02292; fp32, HCCS without retraining, HCCS retrained):
SST-2 BERT-tiny .825, .619, .822, BERT-small .893, .766, .878; MNLI BERT-tiny .653, .480, .639,
BERT-small .742, .602, .723; and by granularity after retraining, BERT-small on MNLI: global .545,
per layer .602, per head .723. It has no control with softmax of int8 scores. The ConSmax paper has
no classifier.

The seed splits the sentences 80/10/10, orders training and draws the linear layer. Training takes
{SENTENCES} sentences an epoch, batches of {BATCH}, AdamW at {RECIPE.rate:g}, and {EPOCHS} epochs in
all for every row: {EPOCHS - 1} with softmax, the same for all rows, at a constant rate, and one,
the rate falling to 0, with what the row names. Rows *without retraining* had softmax in the last
one too. All see the same batches. Accuracy is over the 2 014 sentences that were not for training;
nothing was chosen by either tenth. They are tested in batches of one length, so without padding;
training masks padding exactly.

Score scales (largest score of a head = code 127, per head in rows *per layer* and *global* too),
HCCS constants (exhaustive search, least KL, rows of up to {LENGTH} positions, B up to 511) and
ConSmax's start come from {CALIBRATION_SENTENCES} training sentences, with the weights that the last
epoch begins with (without retraining: with its last ones); scales and HCCS constants stay as they
are in that epoch, but where *constants learned* says otherwise. HCCS is the published form with
16-bit outputs (no fraction bits: row sums from 0.5 to 1), in the last epoch too: its integers in
the forward pass, the gradient of the line straight through. The rows *uint8*, *uint8, leading bits*
and *int16, fraction bits* run the same weights and constants through other datapaths. *Constants
learned*: reach, floor and score scale of each head are trained in the last epoch too, at
{LEARNED_RATE:g}. ConSmax learns beta and log gamma at {RECIPE.normaliser_rate:g}, without weight
decay, through int8 scores and rounded, saturating outputs; *calibrated* is beta = mean logsumexp of
a head's rows and gamma = 1, *published* beta = 1 and gamma = 100. Without training it is better
through integers than in real numbers because those saturate at 1: real numbers cut there do as
well.

The control of a row is softmax where nothing was retrained, and softmax of int8 scores, which had
such a last epoch too, elsewhere. Agreement and KL of outputs are against the softmax row's model
and hold what another last epoch alone does. KL of attention is of a
head's rows against softmax of the scores that it is given there, for {_OBSERVED} sentences.
"""


def arms(**_: Any) -> list[Arm]:
    """Return the arms, those with the same weights together."""
    common = {
        "model": "MiniLM-L6-H384",
        "epochs": EPOCHS,
        "sentences": SENTENCES,
        "batch": BATCH,
        "rate": RECIPE.rate,
        "normaliser_rate": RECIPE.normaliser_rate,
        "length": LENGTH,
        "calibration_sentences": CALIBRATION_SENTENCES,
    }

    def arm(name: str, title: str, trained: str, tested: str, *, exact: bool = False) -> Arm:
        settings = common | {"trained": trained, "tested": tested}
        return Arm("sentiment", name, title, exact, settings)

    def hccs_arms(trained: str, suffix: str, note: str) -> Iterator[Arm]:
        for name, words in GRANULARITIES.items():
            own = f"hccs-{name}"
            title = f"HCCS {words}, {note}"
            yield arm(own + suffix, title, trained or own, f"{own}-{FORM}", exact=True)

    found = [arm("softmax", "softmax", "softmax", "softmax")]
    found.append(
        arm("softmax-int8-plain", "softmax of int8 scores, no retraining", "softmax", "int8")
    )
    found += hccs_arms("softmax", "-plain", "no retraining")
    for start in STARTS:
        own, title = f"consmax-{start}", f"ConSmax, {start} values, no training"
        found.append(arm(f"{own}-plain", f"{title}, real numbers", "softmax", own))
        found.append(arm(f"{own}-int8-plain", f"{title}, int8", "softmax", own, exact=True))
    found.append(arm("softmax-int8", "softmax of int8 scores", "int8", "int8"))
    per_head, *others = hccs_arms("", "", "retrained")
    found.append(per_head)
    learned = arm(
        "hccs-learned",
        "HCCS per head, retrained, constants learned",
        "hccs-learned",
        f"hccs-learned-{FORM}",
        exact=True,
    )
    found.append(replace(learned, settings={**learned.settings, "learned_rate": LEARNED_RATE}))
    for form, words in OTHER_FORMS.items():
        title = f"HCCS per head, retrained, {words}"
        found.append(arm(f"hccs-head-{form}", title, "hccs-head", f"hccs-head-{form}", exact=True))
    for start in STARTS:
        own = f"consmax-{start}"
        found.append(arm(own, f"ConSmax, {start} start, trained", own, own, exact=True))
    return found + others


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

    Epochs that arms share, and softmax as their reference, are trained once; their weights (170 MB
    a seed) are kept in the folder `weights`, None: trained again when an interrupted run goes on.
    """
    with set_threads(threads):
        bench = Bench(*_texts(seed), load_minilm()[0], seed, say, weights=weights)
        bench.measure(arms, keep)


def _texts(seed: int) -> tuple[list[Example], list[Example]]:
    """Return training and held-out examples: nothing is chosen by the validation sentences."""
    _, tokenizer = load_minilm()
    text = read_sentiment(seed)

    def examples(sentences: Sequence[Sentence]) -> list[Example]:
        encoded = tokenizer.encode_batch([one.text for one in sentences])
        return [
            # Cut between what the tokenizer puts around a sentence.
            Example(tuple(ids if len(ids) <= LENGTH else [*ids[: LENGTH - 1], ids[-1]]), one.label)
            for ids, one in zip((e.ids for e in encoded), sentences, strict=True)
        ]

    return examples(text.training[:SENTENCES]), examples(text.validation + text.test)


class Bench:
    """A classifier, its examples, and the weights that arms share.

    Parameters:
        training, held: examples.
        encoder: pretrained; its word embeddings stay as they are.
        seed: of the order and of the linear layer.
        say: told what is being done.
        recipe, batch, epochs: of training.
        weights: folder for what arms share, None: kept in no file.
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
        some = rng.permutation(len(training))[:CALIBRATION_SENTENCES]
        self._calibration = [training[at] for at in some]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.model = Classifier(encoder, 2)
        self.model.encoder.words.weight.requires_grad_(False)
        config = encoder.config
        self._heads, self._layers = config.heads, config.layers
        decided = [asdict(recipe), batch, epochs, seed, len(training), asdict(config)]
        code = [code_digest(f"surmax.train.{name}") for name in ("classifier", "finetune")]
        identity = hashlib.sha256(json.dumps([decided, code]).encode()).hexdigest()[:16]
        self._weights = None if weights is None else weights / identity

    def measure(self, arms: Sequence[Arm], keep: Keep) -> None:
        """Train and test; keep each arm as it is done."""
        start = self._start()
        start_heads = self._collect()
        reference: Tensor | None = None
        for trained in dict.fromkeys(["softmax", *(arm.settings["trained"] for arm in arms)]):
            before = time.process_time()
            normalisers = self._finish(trained, start, start_heads)
            spent = time.process_time() - before
            heads = self._collect()
            if reference is None:
                reference = self._outputs(self._softmax())
            for arm in arms:
                if arm.settings["trained"] != trained:
                    continue
                before = time.process_time()
                tested = self._tested(arm.settings["tested"], trained, normalisers, heads)
                metrics = self._evaluate(tested, reference, exact=arm.exact)
                details = {"heads": [_describe(one, at) for at, one in enumerate(tested)]}
                # What was trained for several arms counts for the first of them.
                keep(arm, metrics, details, spent + time.process_time() - before)
                spent = 0.0

    def _start(self) -> Checkpoint:
        """Train with softmax for all epochs but the last."""
        self._set(self._softmax())
        batches = [batch for epoch in self._epochs[:-1] for batch in epoch]
        checkpoint = self._kept(
            "start", lambda: self._train("shared epochs", batches, [1.0] * len(batches), None)
        )
        restore(self.model, checkpoint)
        return checkpoint

    def _finish(
        self, trained: str, start: Checkpoint, heads: Sequence[HeadScores]
    ) -> list[Normaliser]:
        """Train the last epoch with the normalisers of that name, which are returned.

        `heads`: scores at `start`, which they are calibrated by.
        """
        normalisers = self._made(trained, heads)
        self._set(normalisers)
        restore(self.model, start)
        batches = self._epochs[-1]
        rates = falling_rates(len(batches), len(batches))

        def run() -> Checkpoint:
            return self._train(trained, batches, rates, start)

        if trained == "softmax":
            # Only its values are needed again.
            values = self._kept("softmax", lambda: Checkpoint(run().values, {}))
            restore(self.model, values)
        else:
            run()
        return normalisers

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

    def _made(self, name: str, heads: Sequence[HeadScores]) -> list[Normaliser]:
        """Return normalisers for training: what the hardware computes, or close to it.

        HCCS is its integers; ConSmax sees int8 scores, and its output saturates and is rounded.
        """
        unit, _, how = name.partition("-")
        if unit == "softmax":
            return self._softmax()
        layers = [heads[at : at + self._heads] for at in range(0, len(heads), self._heads)]
        scales = [[one.scale for one in layer] for layer in layers]
        if unit == "int8":
            return [SoftmaxNormaliser(self._heads, one) for one in scales]
        if unit == "hccs":
            if how == "learned":
                return self._hccs(heads, "head", learn=True)
            return self._hccs(heads, how)
        values = STARTS[how]
        if values is not None:
            return [
                ConsmaxNormaliser(self._heads, *values, scale=one, face="quantised")
                for one in scales
            ]
        betas = [[float(log_sums(h.rows[0], h.scale).mean()) for h in layer] for layer in layers]
        return [
            ConsmaxNormaliser(self._heads, beta, 1.0, scale=one, face="quantised")
            for beta, one in zip(betas, scales, strict=True)
        ]

    def _hccs(
        self, heads: Sequence[HeadScores], granularity: str, *, learn: bool = False
    ) -> list[Normaliser]:
        config = HCCS_PRESETS[FORM]
        bounds = HccsTarget(config, LENGTH).bounds
        constants = []
        for group in group_heads(heads, granularity):
            step = -(-sum(one.count for one in group) // _POOL_ROWS)
            found = search(make_histograms([one.every(step) for one in group]), bounds)
            constants += [found.constants] * len(group)
        return [
            HccsNormaliser(
                self._heads,
                constants[at : at + self._heads],
                [one.scale for one in heads[at : at + self._heads]],
                config,
                length=LENGTH,
                face="exact",
                learn=learn,
                learn_scale=learn,
            )
            for at in range(0, len(heads), self._heads)
        ]

    def _tested(
        self,
        tested: str,
        trained: str,
        normalisers: Sequence[Normaliser],
        heads: Sequence[HeadScores],
    ) -> list[Normaliser]:
        """Return normalisers to test with: those of training, or others on the same weights."""
        unit, how, form = (*tested.split("-"), "", "")[:3]
        if trained == "softmax":
            return self._made("-".join(filter(None, (unit, how))), heads)
        if unit == "hccs" and form != FORM:
            return [_other_form(one, form) for one in normalisers]
        return list(normalisers)

    def _softmax(self) -> list[Normaliser]:
        return [SoftmaxNormaliser(self._heads) for _ in range(self._layers)]

    def _set(self, normalisers: Sequence[nn.Module]) -> None:
        self.model.encoder.replace_normalisers(normalisers)

    @torch.no_grad()
    def _collect(self) -> list[HeadScores]:
        """Return int8 scores of the calibration sentences with the present weights."""
        before = [layer.normaliser for layer in self.model.encoder.layers]
        recorders = [Recorder(one) for one in before]
        self._set(recorders)
        rows: list[list[Tensor]] = [[] for _ in recorders]
        masks = []
        for _, batch in whole_batches(self._calibration, _HELD_BATCH):
            with torch.autocast("cpu", torch.bfloat16, enabled=self._recipe.half):
                self.model(batch)
            for kept, recorder in zip(rows, recorders, strict=True):
                ((scores, _),) = recorder.seen
                recorder.clear()
                wide = functional.pad(scores, (0, LENGTH - scores.shape[-1]))
                kept.append(wide.transpose(0, 1).flatten(1, 2))
            count = kept[-1].shape[1]
            masks.append(np.broadcast_to(np.arange(LENGTH) >= scores.shape[-1], (count, LENGTH)))
        self._set(before)
        mask = np.concatenate(masks)
        found = []
        for layer, kept in enumerate(rows):
            for head, real in enumerate(torch.cat(kept, dim=1).float().numpy()):
                one = make_head(layer, head, [real_rows(real, mask)])
                found.append(replace(one, rows=tuple(replace(r, real=None) for r in one.rows)))
        return found

    def _evaluate(
        self, normalisers: Sequence[Normaliser], reference: Tensor, *, exact: bool
    ) -> dict[str, float]:
        sums = Sums()
        # A code of 0 counts as half a code in divergences.
        least = 0.5 / _full_scale(normalisers[0]) if exact else 1e-30
        for one in normalisers:
            if exact or isinstance(one, ConsmaxNormaliser):
                one.face = "exact" if exact else "float"
        log = self._outputs([Observer(one, sums, least=least) for one in normalisers])
        labels = torch.tensor([one.label for one in self._held])
        picked = log.argmax(dim=-1)
        apart = (reference.exp() * (reference - log)).sum(dim=-1)
        return {
            "accuracy": float((picked == labels).double().mean()),
            "agreement": float((picked == reference.argmax(dim=-1)).double().mean()),
            "output_kl": float(apart.double().mean()),
            **sums.metrics(),
        }

    @torch.no_grad()
    def _outputs(self, normalisers: Sequence[nn.Module]) -> Tensor:
        """Return log probabilities of the held-out sentences; observers see some of them."""
        self._set(normalisers)
        found = torch.empty(len(self._held), 2)
        seen = 0
        # Lengths in a fixed random order: what is observed is of all of them.
        batches = list(whole_batches(self._held, _HELD_BATCH))
        for at in np.random.default_rng(0).permutation(len(batches)):
            chosen, batch = batches[at]
            for one in normalisers:
                if isinstance(one, Observer):
                    one.active = seen < _OBSERVED
            seen += len(chosen)
            with torch.autocast("cpu", torch.bfloat16, enabled=self._recipe.half):
                found[chosen] = self.model(batch).log_softmax(dim=-1)
        return found


def _loss(model: nn.Module, batch: Batch) -> Tensor:
    return functional.cross_entropy(model(batch), batch.labels)


def _other_form(one: Normaliser, form: str) -> HccsNormaliser:
    """Return the same constants in another datapath."""
    assert isinstance(one, HccsNormaliser)
    return HccsNormaliser(
        one.heads,
        one.constants(),
        one.scale.tolist(),
        HCCS_PRESETS[form],
        length=one.length,
        face="exact",
    )


def _full_scale(one: Normaliser) -> int:
    if isinstance(one, HccsNormaliser):
        return one.config.max_code
    assert isinstance(one, ConsmaxNormaliser)
    return 1 << one.config.output_bits


def _describe(one: Normaliser, layer: int) -> list[list[float]]:
    """Return layer, head and what a head has: scale, B, S, Dmax; or beta, gamma; or scale."""
    if isinstance(one, HccsNormaliser):
        rows = [
            [h.scale, h.constants.B, h.constants.S, h.constants.Dmax] for h in one.export(layer)
        ]
    elif isinstance(one, ConsmaxNormaliser):
        pairs = zip(one.beta.tolist(), one.log_gamma.exp().tolist(), strict=True)
        rows = [[beta, gamma] for beta, gamma in pairs]
    else:
        rows = [[] if one.scale is None else [scale] for scale in _scales(one)]
    return [[layer, head, *row] for head, row in enumerate(rows)]


def _scales(one: Normaliser) -> list[float]:
    return [0.0] * one.heads if one.scale is None else one.scale.tolist()
