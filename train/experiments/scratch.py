# SPDX-License-Identifier: Apache-2.0
"""Perplexity of a small GPT trained from nothing on Wikipedia text, softmax against ConSmax."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from surmax.common.errors import check_range
from surmax.train.data.text import read_wikipedia
from surmax.train.experiments.records import Arm, Contrast, Keep, Say
from surmax.train.learn.finetune import Recipe, train
from surmax.train.learn.threads import threads as set_threads
from surmax.train.models.gpt import PLACES, Gpt, GptConfig
from surmax.train.normalisers.base import Normaliser
from surmax.train.normalisers.consmax import ConsmaxNormaliser
from surmax.train.normalisers.observer import Observer, Sums
from surmax.train.normalisers.recorder import Recorder
from surmax.train.normalisers.row_length import LessLogLength
from surmax.train.normalisers.softmax import SoftmaxNormaliser
from torch import Tensor, nn
from torch.nn import functional

STEPS = 500
BATCH = 8
VOCABULARY = 4096
CONTEXT = 128
WIDTH, LAYERS, HEADS = 256, 4, 8
TEST_WINDOWS = 256
# As the paper trains: AdamW with these betas, this rate, decay and clip; ours is a cosine.
RECIPE = Recipe(rate=1e-3, normaliser_rate=1e-2, decay=0.1, clip=1.0, betas=(0.9, 0.99))
# Of the steps. With a tenth, norms behind the sum learn nothing at this rate, softmax or not.
WARM_UP = 0.3
# Windows of training text that give ConSmax its start and int8 codes their scales.
CALIBRATION_WINDOWS = 16
# Of the windows of test text, how many compare outputs and attention.
_COMPARED = 16
_TEST_BATCH = 16
# Full scale of a head's codes against a probability of 1, from which the best is taken.
_GAINS = tuple(2.0 ** (step / 2) for step in range(-6, 15))

COLUMNS = (
    ("perplexity", "perplexity"),
    ("agreement", "agreement with softmax"),
    ("output_kl", "KL of outputs"),
    ("row_sum_mean", "mean row sum"),
    ("row_sum_std", "its standard deviation"),
)
CONTRAST = Contrast(
    "against softmax, %", "perplexity", True, lambda name: f"{name.split('-')[0]}-softmax"
)

ABOUT = f"""
A GPT of {LAYERS} layers of {HEADS} heads, width {WIDTH}, context {CONTEXT}, trained from nothing on
lead sections of English Wikipedia, in {VOCABULARY} tokens of a byte-level BPE that is trained on
the same text. It stands in for the ConSmax paper's GPT-2 (6 layers, width 384, context 256) on
WikiText103, whose perplexity there is, softmax against ConSmax, 45.7 and 47 after 10 000 steps,
41.8 and 42.3 after 20 000 and 40.6 and 40.75 after 30 000, read off a plot (arXiv 2402.10930), for
post-norm and in floating point only. {STEPS} steps of {BATCH} windows, minutes on a CPU, are a
smoke test; `surmax accuracy scratch --device cuda --steps N` trains longer.

The seed splits the articles, draws the weights and the windows. Softmax and ConSmax see the same
windows from the same weights, with AdamW ({RECIPE.betas[0]:g}, {RECIPE.betas[1]:g}), rate
{RECIPE.rate:g} along a cosine behind a warm-up of {WARM_UP:g} of the steps, decay {RECIPE.decay:g},
clip {RECIPE.clip:g}. Rate and warm-up are those that softmax did best with, of the few that were
tried: with a warm-up of a tenth of the steps it stays far behind in post-norm, and ConSmax looks
better beside it than it is. ConSmax starts with beta the mean logsumexp of each head's rows and
gamma = 1, and learns beta and log gamma at {RECIPE.normaliser_rate:g} without decay. Perplexity is
over {TEST_WINDOWS} windows of 400 articles of their own, each from its second token on.

*Less log length*: the scores of a row are less by log n, n the positions it sees, and ConSmax is
exp(x - beta)/(gamma n). In a causal model what softmax divides by grows along the row, and one
constant a head is too large for the first positions and too small for the last; n is known before
any score is. The unit stays as it is: -log n and 1 are one more component of queries and keys in
QK^T. The papers do not have it.

The int8 rows are the same weights: score scales from training text (largest score of a head = code
127), tables solved by golden, outputs uQ0.8 codes. *Full scale by head*: the probabilities of
ConSmax need not sum to 1, so a head's may be larger by a factor as long as few saturate; it is
chosen on training text, merged into beta, and taken out again in the output weights of the head: no
hardware, more of the codes in use, and row sums larger by that factor.
"""
# Name: words, what the weights were trained with, whether integers are tested.
_KINDS = {
    "softmax": ("softmax", "softmax", False),
    "softmax-int8": ("softmax of int8 scores", "softmax", False),
    "consmax": ("ConSmax", "consmax", False),
    "consmax-int8": ("ConSmax, int8 scores, uint8 outputs", "consmax", True),
    "consmax-int8-gain": (
        "ConSmax, int8 scores, uint8 outputs, full scale by head",
        "consmax",
        True,
    ),
    "consmax-length": ("ConSmax, less log length", "consmax-length", False),
    "consmax-length-int8": (
        "ConSmax, less log length, int8 scores, uint8 outputs",
        "consmax-length",
        True,
    ),
    "consmax-length-int8-gain": (
        "ConSmax, less log length, int8 scores, uint8 outputs, full scale by head",
        "consmax-length",
        True,
    ),
}


def arms(*, steps: int | None = None, **_: Any) -> list[Arm]:
    """Return the arms, those with the same weights together; `steps` of training, None for STEPS.

    Raises InputError when it is out of range.
    """
    common = {
        "steps": check_range("steps", STEPS if steps is None else steps, 1, 1_000_000),
        "batch": BATCH,
        "context": CONTEXT,
        "vocabulary": VOCABULARY,
        "width": WIDTH,
        "layers": LAYERS,
        "heads": HEADS,
        "rate": RECIPE.rate,
        "warm_up": WARM_UP,
        "normaliser_rate": RECIPE.normaliser_rate,
        "test_windows": TEST_WINDOWS,
    }
    return [
        Arm(
            "scratch",
            f"{norm}-{name}",
            f"{norm}-norm, {title}",
            exact,
            common | {"norm": norm, "trained": trained, "tested": name},
        )
        for norm in PLACES
        for name, (title, trained, exact) in _KINDS.items()
    ]


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
        settings = arms[0].settings
        config = GptConfig(VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS)
        bench = Bench(corpus, config, settings["steps"], seed, say, device=device)
        bench.measure(arms, keep)


@dataclass(frozen=True)
class Corpus:
    """Tokens of a text, int64: to train on, and windows (count, length) to test on."""

    training: Tensor
    test: Tensor


def make_corpus(seed: int) -> Corpus:
    """Return Wikipedia text in tokens of a byte-level BPE that is trained on the training text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    text = read_wikipedia(seed)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(text.other, trainer)

    def tokens(sections: Sequence[str]) -> Tensor:
        encoded = tokenizer.encode_batch([f"{one}\n\n" for one in sections])
        return torch.tensor([token for one in encoded for token in one.ids])

    test = tokens(text.test)
    count = min(TEST_WINDOWS, len(test) // CONTEXT)
    return Corpus(tokens(text.other), test[: count * CONTEXT].view(count, CONTEXT))


@dataclass
class Trained:
    """A model, the normalisers that it was trained with, and whether their scores are less log n.

    Attributes:
        model: in training or trained.
        units: its normalisers, one a layer: what the hardware does, no more.
        length: see LessLogLength.
    """

    model: Gpt
    units: list[Normaliser]
    length: bool

    def put(self, units: Sequence[nn.Module]) -> None:
        """Have the model use these units, one a layer."""
        self.model.replace_normalisers(
            [LessLogLength(one) for one in units] if self.length else units
        )


class Bench:
    """A corpus and how a GPT is trained on it.

    Parameters:
        corpus: of tokens.
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
        some = torch.from_numpy(first)[:, None] + within[:-1]
        self._calibration = corpus.training[some].to(device)

    def measure(self, arms: Sequence[Arm], keep: Keep) -> None:
        """Train and test; keep each arm as it is done. Softmax is trained for every placement."""
        for norm in dict.fromkeys(arm.settings["norm"] for arm in arms):
            own = [arm for arm in arms if arm.settings["norm"] == norm]
            reference = None
            for trained in dict.fromkeys(["softmax", *(arm.settings["trained"] for arm in own)]):
                before = time.process_time()
                made, losses = self._train(norm, trained)
                spent = time.process_time() - before
                if reference is None:
                    reference = self._logs(made.model)
                for arm in own:
                    if arm.settings["trained"] != trained:
                        continue
                    before = time.process_time()
                    details = {"losses": losses, "heads": _constants(made.units)}
                    metrics, more = self._test_arm(arm, made, reference)
                    keep(arm, metrics, details | more, spent + time.process_time() - before)
                    # What was trained for several arms counts for the first of them.
                    spent = 0.0

    def _train(self, norm: str, trained: str) -> tuple[Trained, list[float]]:
        """Return a trained model and the mean loss of every twentieth of the steps."""
        config = GptConfig(**{**vars(self._config), "norm": norm})
        with torch.random.fork_rng():
            torch.manual_seed(self._seed)
            model = Gpt(config).to(self._device)
        units = [SoftmaxNormaliser(config.heads) for _ in range(config.layers)]
        made = Trained(model, units, trained.endswith("-length"))
        if trained != "softmax":
            made.units = self._starts(made)
        made.put(made.units)
        every = max(1, self._steps // 20)
        losses: list[float] = []
        means: list[float] = []

        def progress(done: int, wanted: int, loss: float) -> None:
            losses.append(loss)
            if done % every == 0:
                means.append(round(sum(losses[-every:]) / every, 4))
                self._say(f"{norm}-norm {trained}: step {done} of {wanted}, loss {means[-1]:.4f}")

        rates = cosine_rates(self._steps)
        train(model, _loss, self._batches, rates, self._recipe, progress=progress)
        model.eval()
        return made, means

    @torch.no_grad()
    def _scores(self, made: Trained) -> list[Tensor]:
        """Return each layer's scores of the calibration windows, masked ones -inf.

        They are those that the units see.
        """
        recorders = [Recorder(one) for one in made.units]
        made.put(recorders)
        with self._autocast():
            made.model(self._calibration)
        made.put(made.units)
        found = []
        for one in recorders:
            ((scores, mask),) = one.seen
            found.append(scores.float().masked_fill(mask, -math.inf))
        return found

    def _starts(self, made: Trained) -> list[Normaliser]:
        """Return ConSmax with beta the mean logsumexp of a head's scores, gamma 1."""
        heads = self._config.heads
        return [
            ConsmaxNormaliser(
                heads, _by_head(scores.logsumexp(dim=-1)).mean(dim=1).tolist(), 1.0
            ).to(self._device)
            for scores in self._scores(made)
        ]

    def _test_arm(
        self, arm: Arm, made: Trained, reference: Tensor
    ) -> tuple[dict[str, float], dict[str, Any]]:
        """Return metrics and details; the model is as it was afterwards."""
        tested, layers = arm.settings["tested"], made.model.layers
        units, details = made.units, {}
        weights = [layer.output.weight.detach().clone() for layer in layers]
        if "-int8" in tested:
            scores = self._scores(made)
            scales = [_scales(one) for one in scores]
            details["scales"] = scales
            if tested == "softmax-int8":
                units = [SoftmaxNormaliser(self._config.heads, one) for one in scales]
            else:
                gains = [
                    _gains(one, layer) if tested.endswith("gain") else torch.ones(one.heads)
                    for one, layer in zip(made.units, scores, strict=True)
                ]
                details["gains"] = [one.tolist() for one in gains]
                units = [
                    _with_gains(one, gain, scale)
                    for one, gain, scale in zip(made.units, gains, scales, strict=True)
                ]
                for layer, gain in zip(layers, gains, strict=True):
                    layer.fold_gains(gain.to(self._device))
                details["wrong_codes"] = [
                    [tables.wrong_codes for tables in one.tables()] for one in units
                ]
        # A code of 0 counts as half a code in divergences.
        least = 0.5 / (1 << units[0].config.output_bits) if arm.exact else 1e-30
        sums = Sums()
        made.put([Observer(one.to(self._device), sums, least=least) for one in units])
        metrics = self._metrics(made.model, reference, sums)
        made.put(made.units)
        with torch.no_grad():
            for layer, weight in zip(layers, weights, strict=True):
                layer.output.weight.copy_(weight)
        return metrics, details

    def _metrics(self, model: Gpt, reference: Tensor, sums: Sums) -> dict[str, float]:
        loss = agreed = divergence = 0.0
        count = 0
        for at, tokens, log in self._outputs(model):
            picked = log[:, :-1].gather(-1, tokens[:, 1:, None])
            loss -= float(picked.double().sum())
            count += picked.numel()
            if at < len(reference):
                wanted = reference[at : at + len(log)]
                own = log[: len(wanted)]
                agreed += float((own.argmax(dim=-1) == wanted.argmax(dim=-1)).double().mean())
                divergence += float((wanted.exp() * (wanted - own)).sum(dim=-1).double().mean())
        parts = -(-len(reference) // _TEST_BATCH)
        return {
            "perplexity": math.exp(loss / count),
            "agreement": agreed / parts,
            "output_kl": divergence / parts,
            **sums.metrics(),
        }

    def _logs(self, model: Gpt) -> Tensor:
        """Return log probabilities of the first windows of test text."""
        return torch.cat([log for at, _, log in self._outputs(model) if at < _COMPARED])

    @torch.no_grad()
    def _outputs(self, model: Gpt) -> Iterator[tuple[int, Tensor, Tensor]]:
        """Yield (first window, tokens, log probabilities of the next token) by batch."""
        for at in range(0, len(self._test), _TEST_BATCH):
            for one in model.modules():
                if isinstance(one, Observer):
                    one.active = at < _COMPARED
            tokens = self._test[at : at + _TEST_BATCH]
            with self._autocast():
                logits = model(tokens)
            yield at, tokens, logits.float().log_softmax(dim=-1)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self._device, torch.bfloat16, enabled=self._recipe.half)


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


def _by_head(x: Tensor) -> Tensor:
    """Return (batch, heads, ...) as (heads, everything else)."""
    return x.transpose(0, 1).flatten(1)


def _scales(scores: Tensor) -> list[float]:
    """Return score units a code of each head: the largest |score| is code 127."""
    largest = _by_head(scores).masked_fill(_by_head(scores) == -math.inf, 0.0).abs().amax(dim=1)
    return (largest / 127).clamp(min=1e-6).tolist()


def _gains(one: ConsmaxNormaliser, scores: Tensor) -> Tensor:
    """Return each head's gain of least squared error of its codes, of _GAINS."""
    p = _by_head((scores - (one.beta + one.log_gamma).detach().view(-1, 1, 1)).exp())
    full, most = 1 << one.config.output_bits, one.config.max_code

    def error(gain: float) -> Tensor:
        codes = (p * (gain * full) + 0.5).floor().clamp(max=most)
        return (codes / (gain * full) - p).square().mean(dim=1)

    errors = torch.stack([error(gain) for gain in _GAINS])
    return torch.tensor(_GAINS)[errors.argmin(dim=0).cpu()]


def _with_gains(one: ConsmaxNormaliser, gains: Tensor, scales: list[float]) -> ConsmaxNormaliser:
    """Return the exact face of what was learned, its probabilities `gains` times as large."""
    beta = one.beta.detach().cpu() - gains.log()
    gamma = one.log_gamma.detach().double().exp().tolist()
    return ConsmaxNormaliser(one.heads, beta.tolist(), gamma, scales, face="exact", learn=False)


def _constants(units: Sequence[Normaliser]) -> list[list[float]]:
    """Return layer, head, beta and gamma of each head of ConSmax."""
    found = []
    for layer, one in enumerate(units):
        if isinstance(one, ConsmaxNormaliser):
            pairs = zip(one.beta.tolist(), one.log_gamma.exp().tolist(), strict=True)
            found += [[layer, head, *pair] for head, pair in enumerate(pairs)]
    return found
