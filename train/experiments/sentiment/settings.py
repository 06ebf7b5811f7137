# SPDX-License-Identifier: Apache-2.0
"""Settings of the sentiment experiment, its arms and the columns of its table."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from surmax.train.experiments.records import Arm, Contrast
from surmax.train.learn.training import Recipe

EPOCHS = 3
# All arms share these, trained with softmax; the last epoch is each arm's own.
SHARED_EPOCHS = EPOCHS - 1
BATCH = 32
RECIPE = Recipe(rate=5e-5, normaliser_rate=1e-2)
# Training sentences of the 8 056: an epoch of each arm in under a minute.
SENTENCES = 4096
# Longest sentence in tokens; one in a thousand is cut.
LENGTH = 64
# Training sentences whose scores calibrate: about 1 700 rows a head.
CALIBRATION_SENTENCES = 64
# Held-out sentences whose attention rows are compared with softmax.
OBSERVED_SENTENCES = 256
# Preset of HCCS that is trained with: the published datapath with 16-bit outputs.
TRAINED_FORM = "div16"
# Presets of HCCS that the same weights and constants are tested with, and their titles.
OTHER_FORMS = {
    "div": "uint8",
    "clb": "uint8, leading bits",
    "fine16": "int16, fraction bits",
}
# Learning rate of the constants and scales of HCCS, where the last epoch trains them too.
LEARNED_RATE = 2e-2
GRANULARITIES = {"head": "per head", "layer": "per layer", "global": "global"}
# (beta, gamma) where ConSmax starts; None is the mean logsumexp of each head, and gamma 1.
STARTS: dict[str, tuple[float, float] | None] = {"calibrated": None, "published": (1.0, 100.0)}

COLUMNS = (
    ("accuracy", "accuracy"),
    ("agreement", "agreement with softmax"),
    ("output_kl", "KL of outputs, nats"),
    ("attention_kl", "KL of attention, nats"),
    ("row_sum_mean", "mean row sum"),
    ("row_sum_std", "its standard deviation"),
)


def _control(name: str) -> str:
    """Return the arm that an arm is compared with.

    A retrained arm is compared with softmax of int8 scores, because another last epoch brings
    softmax itself to other weights.
    """
    if name in ("softmax", "softmax-int8") or name.endswith("-plain"):
        return "softmax"
    return "softmax-int8"


CONTRAST = Contrast("against its control, points", "accuracy", False, _control)


def arms(**_: Any) -> list[Arm]:
    """Return the arms in the order of the table, those with the same weights together.

    The setting `trained` of an arm names its weights, by the normaliser of the last epoch;
    `tested` names the normaliser that it is tested with.
    """
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
            yield arm(own + suffix, title, trained or own, f"{own}-{TRAINED_FORM}", exact=True)

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
        f"hccs-learned-{TRAINED_FORM}",
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
