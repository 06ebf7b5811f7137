# SPDX-License-Identifier: Apache-2.0
"""Learn HCCS constants end to end; the weights of the model and the hardware stay the same.

Calibration makes the rows of each head similar to those of softmax. It does not see which heads
matter to the model, or what a floor does to the weighted sum. Here the constants of all heads, and
their score scales, follow the gradient of KL(logits with softmax || logits with HCCS) on a few
windows of text. The gradient goes through the integers that are exported, with a real reciprocal
(the quantised face of HccsNormaliser) or as the hardware computes (the exact face).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from surmax.common.errors import InputError, check_choice, check_range, shown
from surmax.train.models.llama import Llama
from surmax.train.normalisers.base import FACES
from surmax.train.normalisers.hccs import HccsNormaliser
from torch import Tensor, nn
from torch.nn import functional

# (step done from 1, steps, divergence of the step in nats)
Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Tuning:
    """Settings of learning constants.

    Attributes:
        steps: of Adam; the learning rate falls along a cosine from `rate` to 0.
        batch: windows of a step.
        rate: learning rate of the logarithms of reach and scale and of the logit of the floor.
        seed: of the order of the windows.
        face: the face that gradients are computed with. "quantised" sees the integers that are
            exported, "exact" also the reciprocal and the rounding of outputs, "float" neither.

    Raises InputError when a field is out of range.
    """

    steps: int = 64
    batch: int = 1
    rate: float = 0.05
    seed: int = 1
    face: str = "quantised"

    def __post_init__(self) -> None:
        """Check all fields."""
        check_range("steps", self.steps, 1, 1 << 20)
        check_range("batch", self.batch, 1, 1 << 10)
        check_range("seed", self.seed, 0, 2**32 - 1)
        check_choice("face", self.face, FACES)
        if not 0 < self.rate <= 1:
            raise InputError(f"rate must be above 0 and at most 1, not {shown(self.rate)}")


def tune(
    model: Llama,
    references: Sequence[nn.Module],
    normalisers: Sequence[HccsNormaliser],
    windows: Tensor,
    tuning: Tuning,
    *,
    half: bool = True,
    progress: Progress | None = None,
) -> list[float]:
    """Learn the constants of `normalisers`, one a layer, in place; return each step's divergence.

    The model is left with `normalisers` in it, their faces as they were. Its weights stay.

    Args:
        model: its weights are not trained.
        references: the normalisers whose logits are the target.
        normalisers: made with learn, and with learn_scale where score scales are learned too.
        windows: tokens, int (windows, length).
        tuning: steps and rates.
        half: compute what autocast allows in bfloat16.
        progress: called after each step.

    Raises InputError when the normalisers have no parameters.
    """
    parameters = [parameter for normaliser in normalisers for parameter in normaliser.parameters()]
    if not parameters:
        raise InputError("normalisers must be made with learn=True: these have nothing to learn")
    faces = [normaliser.face for normaliser in normalisers]
    for normaliser in normalisers:
        normaliser.face = tuning.face
    teacher = _Teacher(model, references, windows)
    optimiser = torch.optim.Adam(parameters, lr=tuning.rate)
    generator = torch.Generator().manual_seed(tuning.seed)
    waiting: list[int] = []
    losses = []
    for step in range(tuning.steps):
        for group in optimiser.param_groups:
            group["lr"] = tuning.rate * (1 + math.cos(math.pi * step / tuning.steps)) / 2
        while len(waiting) < tuning.batch:
            waiting += torch.randperm(len(windows), generator=generator).tolist()
        chosen = waiting[: tuning.batch]
        del waiting[: tuning.batch]
        with torch.autocast(windows.device.type, torch.bfloat16, enabled=half):
            wanted = teacher.logs(chosen)
            model.replace_normalisers(normalisers)
            logits = model(windows[chosen])
        loss = _divergence(wanted, logits.float())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
        if progress:
            progress(step + 1, tuning.steps, losses[-1])
    for normaliser, face in zip(normalisers, faces, strict=True):
        normaliser.face = face
    return losses


class _Teacher:
    """The model with the reference normalisers; features of windows are kept for later steps."""

    def __init__(self, model: Llama, references: Sequence[nn.Module], windows: Tensor) -> None:
        self._model, self._references, self._windows = model, references, windows
        self._features: dict[int, Tensor] = {}

    @torch.no_grad()
    def logs(self, chosen: Sequence[int]) -> Tensor:
        """Return log probabilities (windows, length, vocabulary) of the windows of these numbers.

        The reference normalisers stay in the model.
        """
        self._model.replace_normalisers(self._references)
        fresh = [number for number in dict.fromkeys(chosen) if number not in self._features]
        if fresh:
            found = self._model.features(self._windows[fresh])
            self._features |= dict(zip(fresh, found, strict=True))
        features = torch.stack([self._features[number] for number in chosen])
        return self._model.logits(features).float().log_softmax(dim=-1)


def _divergence(wanted: Tensor, logits: Tensor) -> Tensor:
    """Return the mean over positions of KL(exp(wanted) || softmax(logits)) in nats.

    `wanted` holds log probabilities and is overwritten.
    """
    p = wanted.exp()
    cross = functional.cross_entropy(logits.flatten(0, 1), p.flatten(0, 1), reduction="sum")
    return (cross + wanted.mul_(p).sum()) / wanted[..., 0].numel()
