# SPDX-License-Identifier: Apache-2.0
"""Settings of the language experiment, its arms and the columns of its table."""

from dataclasses import dataclass, field
from typing import Any

from surmax.common.errors import check_range
from surmax.golden.hccs.config import HCCS_PRESETS, HccsConfig, fit_min_sum
from surmax.train.experiments.records import Arm, Contrast
from surmax.train.learn.tune_hccs import Tuning

# Positions of a window; the longest row of a head.
LENGTH = 256
# Default length of the test text.
TOKENS = 4096
CALIBRATION_WINDOWS = 8

# Row sums of 18 bits hold 256 positions of B up to 1023; their reciprocal has fraction bits.
WIDE = HccsConfig(output="i16", rounding="nearest", fraction_bits=15, sum_bits=18)
# Presets of HccsConfig that are measured with constants of each head, and their titles.
FORMS = {
    "div": "uint8, div, as published",
    "clb": "uint8, clb, as published",
}
# Further presets, measured only with long arms.
MORE_FORMS = {
    "div16": "int16, div, as published",
    "clb16": "int16, clb, as published",
    "long": "uint8, rounded, row sums of 22 bits",
}


@dataclass(frozen=True)
class Learning:
    """Settings of an arm whose constants are learned.

    Attributes:
        title: of the arm in the table.
        windows: of calibration text.
        tuning: steps and rates; the seed is that of the run.
        preset: of HccsConfig; None is WIDE.
        learn_scale: learn the score scales too.
        long: measure the arm only when long arms are asked for.
    """

    title: str
    windows: int = CALIBRATION_WINDOWS
    tuning: Tuning = field(default_factory=lambda: Tuning(steps=48, batch=2))
    preset: str | None = None
    learn_scale: bool = True
    long: bool = True


_LEARNED_TITLE = f"HCCS per head, learned on {CALIBRATION_WINDOWS * LENGTH} tokens"
LEARNED = {
    "learned": Learning(_LEARNED_TITLE, long=False),
    "learned-fixed": Learning(f"{_LEARNED_TITLE}, score scales fixed", learn_scale=False),
    # The same number of steps, so that only the amount of text differs.
    "learned-more": Learning(f"HCCS per head, learned on {64 * LENGTH} tokens", windows=64),
    "learned-longer": Learning(
        f"HCCS per head, learned on {64 * LENGTH} tokens, 128 steps", 64, Tuning(steps=128, batch=2)
    ),
    "learned-clb": Learning(
        f"{_LEARNED_TITLE}, {FORMS['clb']}",
        tuning=Tuning(steps=48, batch=2, face="exact"),
        preset="clb",
    ),
}
# Fields of Tuning that are among the settings of an arm.
TUNING_SETTINGS = ("steps", "batch", "rate", "face")

COLUMNS = (
    ("perplexity", "perplexity"),
    ("agreement", "same next token"),
    ("output_kl", "KL of outputs, nats"),
    ("attention_kl", "KL of attention, nats"),
    ("row_sum_mean", "mean row sum"),
    ("row_sum_min", "least"),
    ("row_sum_max", "largest"),
)
CONTRAST = Contrast("against softmax, %", "perplexity", True, lambda _: "softmax")


def arms(*, tokens: int | None = None, long: bool = False, **_: Any) -> list[Arm]:
    """Return the arms in the order of the table.

    Args:
        tokens: length of the test text; None is TOKENS.
        long: include the arms that take more than some minutes of a CPU.

    Raises InputError when `tokens` is less than a window or more than there is.
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
    for name, learning in LEARNED.items():
        if learning.long and not long:
            continue
        preset = learning.preset
        config = WIDE if preset is None else fit_min_sum(HCCS_PRESETS[preset], LENGTH)
        own = {"tuning_windows": learning.windows, "learn_scale": learning.learn_scale}
        own |= {key: getattr(learning.tuning, key) for key in TUNING_SETTINGS}
        found.append(hccs_arm(f"hccs-{name}", learning.title, config, constants="learned", **own))
    if long:
        title = "HCCS per head, KL by value norm"
        found.append(hccs_arm("hccs-value", title, constants="value norm"))
    return found
