# SPDX-License-Identifier: Apache-2.0
"""Settings of the scratch experiment, its arms and the columns of its table."""

from typing import Any

from surmax.common.errors import check_range
from surmax.train.experiments.records import Arm, Contrast
from surmax.train.learn.training import Recipe
from surmax.train.models.gpt import PLACES

# Default number of training steps.
STEPS = 500
# Windows of a step.
BATCH = 8
VOCABULARY = 4096
# Positions of a window.
CONTEXT = 128
WIDTH, LAYERS, HEADS = 256, 4, 8
TEST_WINDOWS = 256
# Betas, rate, decay and clip of AdamW are those of the ConSmax paper; the rate follows a cosine.
RECIPE = Recipe(rate=1e-3, normaliser_rate=1e-2, decay=0.1, clip=1.0, betas=(0.9, 0.99))
# Share of the steps in which the rate rises. With a tenth, post-norm models learn nothing at this
# rate, with softmax or without.
WARM_UP = 0.3
# Windows of training text that give ConSmax its start and int8 codes their scales.
CALIBRATION_WINDOWS = 16

COLUMNS = (
    ("perplexity", "perplexity"),
    ("agreement", "agreement with softmax"),
    ("output_kl", "KL of outputs, nats"),
    ("row_sum_mean", "mean row sum"),
    ("row_sum_std", "its standard deviation"),
)
CONTRAST = Contrast(
    "against softmax, %", "perplexity", True, lambda name: f"{name.split('-')[0]}-softmax"
)

# By name of the tested normaliser: title, normaliser of training, whether integers are tested.
_TESTED = {
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
    """Return the arms in the order of the table, those with the same weights together.

    `steps` of training; None is STEPS. Raises InputError when it is out of range.
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
        for name, (title, trained, exact) in _TESTED.items()
    ]
