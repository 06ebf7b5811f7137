# SPDX-License-Identifier: Apache-2.0
"""Perplexity of SmolLM2-135M on Wikipedia text, softmax against HCCS, without training a weight."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from surmax.calibrate.hccs.fit import HccsTarget, calibrate, group_heads
from surmax.calibrate.hccs.search import Bounds, search
from surmax.calibrate.histograms import make_histograms
from surmax.calibrate.scores import LARGEST_CODE, HeadScores, make_head, real_rows
from surmax.common.errors import check_range
from surmax.golden.hccs.config import HCCS_PRESETS, HccsConfig, fit_min_sum
from surmax.golden.hccs.law import HccsConstants
from surmax.train.data.collect import Collected, collect, text_windows
from surmax.train.data.text import read_wikipedia
from surmax.train.experiments.records import Arm, Contrast, Keep, Say
from surmax.train.learn.tune_hccs import Tuning, tune
from surmax.train.models.llama import Llama, load_smollm2
from surmax.train.normalisers.hccs import HccsNormaliser
from surmax.train.normalisers.observer import Observer, Sums
from surmax.train.normalisers.softmax import SoftmaxNormaliser
from torch import Tensor, nn

LENGTH = 256
TOKENS = 4096
CALIBRATION_WINDOWS = 8
# Windows whose attention rows and whose outputs are compared with those of softmax.
COMPARED_WINDOWS = 4
_BATCH = 4
# Rows that a search over several heads looks at.
_POOL_ROWS = 1 << 15
# Of 256 rows of a head each: descents are slow.
_WEIGHTED_ROWS = 256

# Row sums of 18 bits hold 256 positions of B up to 1023; their reciprocal has fraction bits.
WIDE = HccsConfig(output="i16", rounding="nearest", fraction_bits=15, sum_bits=18)
FORMS = {
    "div": "uint8, div, as published",
    "clb": "uint8, clb, as published",
}
# Of the same kind, only measured when long arms are asked for.
MORE_FORMS = {
    "div16": "int16, div, as published",
    "clb16": "int16, clb, as published",
    "long": "uint8, rounded, row sums of 22 bits",
}


@dataclass(frozen=True)
class Learning:
    """An arm with learned constants: on how much text, how, for which datapath.

    Attributes:
        title: how the table calls it.
        windows: of calibration text.
        tuning: how; the seed is the arm's.
        preset: of HccsConfig; None is WIDE.
        learn_scale: score scales too.
        long: only measured when long arms are asked for.
    """

    title: str
    windows: int = CALIBRATION_WINDOWS
    tuning: Tuning = field(default_factory=lambda: Tuning(steps=48, batch=2))
    preset: str | None = None
    learn_scale: bool = True
    long: bool = True


_LEARNED = f"HCCS per head, learned on {CALIBRATION_WINDOWS * LENGTH} tokens"
LEARNED = {
    "learned": Learning(_LEARNED, long=False),
    "learned-fixed": Learning(f"{_LEARNED}, score scales fixed", learn_scale=False),
    # As many steps: what more text alone does.
    "learned-more": Learning(f"HCCS per head, learned on {64 * LENGTH} tokens", windows=64),
    "learned-longer": Learning(
        f"HCCS per head, learned on {64 * LENGTH} tokens, 128 steps", 64, Tuning(steps=128, batch=2)
    ),
    "learned-clb": Learning(
        f"{_LEARNED}, {FORMS['clb']}", tuning=Tuning(steps=48, batch=2, face="exact"), preset="clb"
    ),
}
# Fields of Tuning that are an arm's settings.
_TUNING = ("steps", "batch", "rate", "face")
COLUMNS = (
    ("perplexity", "perplexity"),
    ("agreement", "same next token"),
    ("output_kl", "KL of outputs"),
    ("attention_kl", "KL of attention"),
    ("row_sum_mean", "mean row sum"),
    ("row_sum_min", "least"),
    ("row_sum_max", "largest"),
)
CONTRAST = Contrast("against softmax, %", "perplexity", True, lambda _: "softmax")

ABOUT = """
The model is SmolLM2-135M-Instruct (30 layers of 9 heads, 4-bit weights as its package has them,
unpacked), a stand-in: the HCCS paper measured BERT-tiny and BERT-small on SST-2 and MNLI, with
retraining, and no language model; the ConSmax paper GPT-2 on WikiText103. No weight is trained
here. ConSmax is not among the rows because it has to be trained: see below.

The text is lead sections of English Wikipedia. The seed shuffles the articles; 400 of them are for
testing, and their first 4096 tokens in windows of 256 are what is predicted, each window from its
second token on. Score scales (largest score of a head = code 127) and constants come from 8 windows
of other articles; nothing is chosen by the test text.

Where nothing else is said, HCCS is the int16 form with row sums of 18 bits (B up to 1023 for 256
positions), a reciprocal with 15 fraction bits and outputs rounded to nearest. Constants are those
with the least mean KL(softmax || s/Z) over the calibration rows, searched exhaustively
(docs/calibration.md). *As published* are row sums of 15 bits, which leave B at most 127 for 256
positions (and so a least sum of 32 in place of 256), outputs rounded down, and no fraction bits in
int16. *Masked scores at -128*: what an additive mask in front of a unit without masks does; each
masked position keeps the floor. *KL by value norm*: a position's divergence counts |V| times.

Constants are integers of codes: heads that share them and have scales of their own have lines of
different lengths in score units. The rows with one scale for those heads show how much of the loss
by layer and global is that.

*Learned*: score scale, reach and floor of all heads follow, by Adam, the gradient of KL(logits with
softmax || logits with HCCS) on calibration text, through the integers that are exported
(`surmax.train.learn.tune_hccs`, docs/training.md), in 48 steps of 2 windows where nothing else is
said. It may choose a floor of 0, at which a head's own KL is infinite. Weights, datapath and test
text are as in the other rows: it costs no hardware.

All but scores, normaliser and the product with the values is computed in bfloat16, but for the
first row. KL of outputs and of attention and row sums are over 4 windows; KL of attention is of a
head's visible positions against softmax of the scores that it is given there, a code of 0 counting
as half a code. CPU seconds do not count what all rows share (loading, collecting scores, softmax
once).
"""


def arms(*, tokens: int | None = None, long: bool = False, **_: Any) -> list[Arm]:
    """Return the arms; `tokens` is the length of the test text, None for TOKENS.

    `long`: those too that make the comparison more than some minutes of a CPU.

    Raises InputError when it is less than a window or more than there is.
    """
    tokens = check_range("tokens", TOKENS if tokens is None else tokens, LENGTH, 40000)
    common = {
        "model": "SmolLM2-135M-Instruct",
        "windows": tokens // LENGTH,
        "length": LENGTH,
        "calibration_windows": CALIBRATION_WINDOWS,
    }

    def arm(name: str, title: str, *, exact: bool = False, **own: Any) -> Arm:
        return Arm("language", name, title, exact, {**common, **own})

    def hccs_arm(name: str, title: str, config: HccsConfig = WIDE, **own: Any) -> Arm:
        own = {"constants": "head", "mask": "exact"} | own
        return arm(name, title, exact=True, config=config.to_json(), **own)

    found = [
        arm("softmax-float", "softmax, all of the model in float32", half=False),
        arm("softmax", "softmax"),
        arm("softmax-int8", "softmax of int8 scores", scores="int8"),
        hccs_arm("hccs-head", "HCCS per head"),
        hccs_arm("hccs-layer", "HCCS per layer", constants="layer"),
        hccs_arm("hccs-global", "HCCS global", constants="global"),
        hccs_arm(
            "hccs-layer-scale",
            "HCCS per layer, and one score scale a layer",
            constants="layer",
            scales="layer",
        ),
        hccs_arm(
            "hccs-global-scale",
            "HCCS global, and one score scale for all",
            constants="global",
            scales="global",
        ),
        hccs_arm("hccs-leaking", "HCCS per head, masked scores at -128", mask="leaking"),
    ]
    for name, title in (FORMS | MORE_FORMS if long else FORMS).items():
        config = fit_min_sum(HCCS_PRESETS[name], LENGTH)
        found.append(hccs_arm(f"hccs-{name}", f"HCCS per head, {title}", config))
    for name, one in LEARNED.items():
        if one.long and not long:
            continue
        config = WIDE if one.preset is None else fit_min_sum(HCCS_PRESETS[one.preset], LENGTH)
        own = {"tuning_windows": one.windows, "learn_scale": one.learn_scale}
        own |= {key: getattr(one.tuning, key) for key in _TUNING}
        found.append(hccs_arm(f"hccs-{name}", one.title, config, constants="learned", **own))
    if long:
        title = "HCCS per head, KL by value norm"
        found.append(hccs_arm("hccs-value", title, constants="value norm"))
    return found


def measure(arms: Sequence[Arm], seed: int, keep: Keep, say: Say, **_: Any) -> None:
    """Measure the arms; `seed` shuffles the articles and so decides test and calibration text."""
    bench = Bench(arms[0].settings["windows"], seed, say)
    bench.prepare()
    for arm in arms:
        start = time.process_time()
        half = arm.settings.get("half", True)
        normalisers, details = bench.normalisers(arm)
        metrics = bench.evaluate(normalisers, half=half, full_scale=_full_scale(arm))
        keep(arm, metrics, details, time.process_time() - start)


def _full_scale(arm: Arm) -> int | None:
    return HccsConfig.from_json(arm.settings["config"]).max_code if arm.exact else None


class Bench:
    """Model, texts and calibration scores, each made when it is first needed.

    Parameters:
        windows: of the test text.
        seed: of the order of the articles.
        say: told what is being done.
    """

    def __init__(self, windows: int, seed: int, say: Say) -> None:
        self._count, self._seed, self._say = windows, seed, say
        self._heads: dict[str, list[HeadScores]] = {}
        self._found: dict[tuple[Bounds, str, str], dict[tuple[int, int], HccsConstants]] = {}

    @cached_property
    def _loaded(self) -> tuple[Llama, Any]:
        self._say("loading SmolLM2-135M")
        return load_smollm2()

    @property
    def model(self) -> Llama:
        """The model, its weights in float32."""
        return self._loaded[0]

    def prepare(self) -> None:
        """Make what most arms share, so that it counts for none of them."""
        for _ in (self.heads(), self._reference):
            pass

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
        """Tokens of other text, (windows, LENGTH): the first ones calibrate."""
        return text_windows(self._loaded[1], self._texts[1], LENGTH, windows)

    @cached_property
    def collected(self) -> Collected:
        """Scores and value norms of all heads on the calibration windows."""
        self._say("collecting scores")
        self.model.replace_normalisers(self._softmax())
        with torch.autocast("cpu", torch.bfloat16):
            return collect(self.model, self.other(CALIBRATION_WINDOWS), value_norms=True)

    def heads(self, granularity: str = "head") -> list[HeadScores]:
        """Return the calibration scores as int8 codes, the largest |score| being code 127.

        That is the largest of the heads that share a scale: by head, layer or global.
        """
        if granularity not in self._heads:
            mask = self.collected.mask
            found = []
            for layer, scores in enumerate(self.collected.scores):
                for head, real in enumerate(scores):
                    own = [real_rows(real, mask)]
                    scale = self._scales(granularity)[layer][head]
                    one = make_head(layer, head, own, scale)
                    found.append(replace(one, rows=tuple(replace(r, real=None) for r in one.rows)))
            self._heads[granularity] = found
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
        return np.array([[np.abs(one[seen]).max() for one in row] for row in self.collected.scores])

    @cached_property
    def _reference(self) -> tuple[Tensor, Tensor]:
        """Of softmax: the likeliest next tokens, and log probabilities of the first windows."""
        self._say("softmax, as a reference")
        best, logs = [], []
        for at, _, log in self._outputs(self._softmax(), half=True):
            best.append(log.argmax(dim=-1))
            if at < COMPARED_WINDOWS:
                logs.append(log[: COMPARED_WINDOWS - at])
        return torch.cat(best), torch.cat(logs)

    def normalisers(self, arm: Arm) -> tuple[list[nn.Module], dict[str, Any]]:
        """Return the arm's normalisers, one a layer, and details that are worth keeping."""
        settings = arm.settings
        if not arm.exact:
            if settings.get("scores") != "int8":
                return self._softmax(), {}
            heads = self.model.config.heads
            scales = self._scales("head").tolist()
            return [SoftmaxNormaliser(heads, one) for one in scales], {}
        config = HccsConfig.from_json(settings["config"])
        how, scales = settings["constants"], settings.get("scales", "head")
        details: dict[str, Any] = {}
        if how == "learned":
            made, details["losses"] = self._tuned(arm, config)
        else:
            if how == "value norm":
                constants = self._by_value_norm(config)
            else:
                constants = self._searched(config, how, scales)
            made = self._hccs(config, constants, scales=scales)
        exported = [one for layer, n in enumerate(made) for one in n.export(layer)]
        details["constants"] = [
            [h.layer, h.head, h.scale, h.constants.B, h.constants.S, h.constants.Dmax]
            for h in exported
        ]
        if settings["mask"] == "leaking":
            return [LeakingMask(one) for one in made], details
        return list(made), details

    def evaluate(
        self, normalisers: Sequence[nn.Module], *, half: bool, full_scale: int | None
    ) -> dict[str, float]:
        """Return the metrics of the test text with these normalisers.

        `half`: bfloat16 for all but scores, normaliser and values. `full_scale` is that of the
        output codes, of which a 0 counts as half a code in divergences; None: no codes.
        """
        best, logs = self._reference
        sums = Sums()
        least = 0.5 / full_scale if full_scale else 1e-30
        watched = [Observer(one, sums, least=least) for one in normalisers]
        loss = agreed = divergence = 0.0
        for at, tokens, log in self._outputs(watched, half=half):
            picked = log[:, :-1].gather(-1, tokens[:, 1:, None])
            loss -= float(picked.double().sum())
            agreed += float((log.argmax(dim=-1) == best[at : at + len(log)]).sum())
            wanted = logs[at : at + len(log)]
            if len(wanted):
                apart = wanted - log[: len(wanted)]
                divergence += float(apart.mul_(wanted.exp()).sum(dtype=torch.float64))
        count = self.test.numel()
        return {
            "perplexity": math.exp(loss / (count - len(self.test))),
            "agreement": agreed / count,
            "output_kl": divergence / logs[..., 0].numel(),
            **sums.metrics(),
        }

    @torch.no_grad()
    def _outputs(self, normalisers: Sequence[nn.Module], *, half: bool) -> Any:
        """Yield (first window, tokens, log probabilities of the next token) by batch."""
        self.model.replace_normalisers(normalisers)
        for at in range(0, len(self.test), _BATCH):
            for one in normalisers:
                if isinstance(one, Observer):
                    one.active = at < COMPARED_WINDOWS
            tokens = self.test[at : at + _BATCH]
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                logits = self.model(tokens)
            yield at, tokens, logits.float().log_softmax(dim=-1)

    def _softmax(self) -> list[nn.Module]:
        config = self.model.config
        return [SoftmaxNormaliser(config.heads) for _ in range(config.layers)]

    def _searched(
        self, config: HccsConfig, granularity: str, scales: str = "head"
    ) -> dict[tuple[int, int], HccsConstants]:
        """Return the constants with the least mean KL(softmax || s/Z), by (layer, head)."""
        bounds = HccsTarget(config, LENGTH).bounds
        key = bounds, granularity, scales
        if key in self._found:
            return self._found[key]
        self._say(f"searching constants by {granularity}")
        found = {}
        for group in group_heads(self.heads(scales), granularity):
            step = -(-sum(one.count for one in group) // _POOL_ROWS)
            rows = make_histograms([one.every(step) for one in group])
            constants = search(rows, bounds).constants
            found |= {(one.layer, one.head): constants for one in group}
        self._found[key] = found
        return found

    def _by_value_norm(self, config: HccsConfig) -> dict[tuple[int, int], HccsConstants]:
        """Return constants whose KL counts each position by |V|, by (layer, head)."""
        self._say("searching constants by value norm")
        target = HccsTarget(config, LENGTH, weighted=True)
        weights = self.collected.weights
        assert weights is not None  # collected with value_norms
        found = {}
        for at, one in enumerate(self.heads()):
            (rows,) = one.rows
            step = max(1, len(rows) // _WEIGHTED_ROWS)
            few = replace(rows, weights=weights[at])[::step]
            (result,) = calibrate([replace(one, rows=(few,))], target)
            found[one.layer, one.head] = result.constants
        return found

    def _tuned(self, arm: Arm, config: HccsConfig) -> tuple[list[HccsNormaliser], list[float]]:
        """Return normalisers with learned constants and scales, and the losses of learning."""
        settings = arm.settings
        tuning = Tuning(seed=self._seed, **{key: settings[key] for key in _TUNING})
        constants = self._searched(config, "head")
        made = self._hccs(config, constants, learn=True, learn_scale=settings["learn_scale"])
        losses = tune(
            self.model,
            self._softmax(),
            made,
            self.other(settings["tuning_windows"]),
            tuning,
            progress=lambda done, wanted, loss: self._say(
                f"{arm.name}: step {done} of {wanted}, KL {loss:.4f}"
            ),
        )
        return made, [round(one, 5) for one in losses]

    def _hccs(
        self,
        config: HccsConfig,
        constants: Mapping[tuple[int, int], HccsConstants],
        *,
        scales: str = "head",
        learn: bool = False,
        learn_scale: bool = False,
    ) -> list[HccsNormaliser]:
        heads = self.model.config.heads
        return [
            HccsNormaliser(
                heads,
                [constants[layer, head] for head in range(heads)],
                own,
                config,
                length=LENGTH,
                face="exact",
                learn=learn,
                learn_scale=learn_scale,
            )
            for layer, own in enumerate(self._scales(scales).tolist())
        ]


class LeakingMask(nn.Module):
    """HCCS whose masked positions have the score -128 in place of being masked.

    As with an additive mask in front of a unit that knows no masks: they keep the floor B - S*Dmax.
    """

    def __init__(self, normaliser: HccsNormaliser) -> None:
        super().__init__()
        self.normaliser = normaliser

    def forward(self, scores: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return probabilities; those of masked positions are not 0."""
        if mask is None:
            return self.normaliser(scores)
        lowest = (-128 * self.normaliser.scale).view(-1, 1, 1).expand(scores.shape)
        return self.normaliser(torch.where(mask, lowest, scores))
