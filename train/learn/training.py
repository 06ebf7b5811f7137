# SPDX-License-Identifier: Apache-2.0
"""Training in pieces: a piece continues where another ended, with the optimiser's moments."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from surmax.common.kept import keep_result, kept_result
from surmax.common.writing import write_whole
from surmax.train.learn.optimiser_groups import parameter_groups
from torch import Tensor, nn

Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Recipe:
    """Settings of training with AdamW.

    Attributes:
        rate: learning rate of the model's parameters.
        normaliser_rate: learning rate of the normalisers' parameters.
        decay: weight decay of matrices.
        clip: largest norm of all gradients together.
        betas: of AdamW.
        half: compute in bfloat16 what the model itself does not keep in float32.
    """

    rate: float
    normaliser_rate: float
    decay: float = 0.01
    clip: float = 1.0
    betas: tuple[float, float] = (0.9, 0.999)
    half: bool = True


@dataclass(frozen=True)
class Checkpoint:
    """The trained parameters of a model, and the state of AdamW for each, by name."""

    values: Mapping[str, Tensor]
    moments: Mapping[str, Mapping[str, Tensor]]


def train(
    model: nn.Module,
    loss: Callable[[nn.Module, Any], Tensor],
    batches: Sequence[Any],
    rates: Sequence[float],
    recipe: Recipe,
    *,
    start: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Checkpoint:
    """Train with one step a batch, and return the trained parameters.

    Args:
        model: trained in place.
        loss: called with the model and a batch.
        batches: in the order of training.
        rates: factor of the learning rates for each batch.
        recipe: settings of the optimiser.
        start: the optimiser begins with its moments, where it has the parameter. The caller gives
            the model its values (restore).
        progress: called with steps done, steps wanted and the loss of the step.
    """
    groups = parameter_groups(model, recipe.decay, recipe.normaliser_rate)
    optimiser = torch.optim.AdamW(groups, lr=recipe.rate, betas=recipe.betas, fused=True)
    names = {parameter: name for name, parameter in model.named_parameters()}
    trained = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    for parameter in trained:
        known = start.moments.get(names[parameter]) if start else None
        if known is not None:
            optimiser.state[parameter] = {name: moment.clone() for name, moment in known.items()}
    full = [group["lr"] for group in optimiser.param_groups]
    device = trained[0].device.type
    for step, (batch, rate) in enumerate(zip(batches, rates, strict=True)):
        for group, lr in zip(optimiser.param_groups, full, strict=True):
            group["lr"] = lr * rate
        with torch.autocast(device, torch.bfloat16, enabled=recipe.half):
            value = loss(model, batch)
        value.backward()
        torch.nn.utils.clip_grad_norm_(trained, recipe.clip)
        optimiser.step()
        optimiser.zero_grad()
        if progress:
            progress(step + 1, len(batches), float(value.detach()))
    return Checkpoint(
        {names[parameter]: parameter.detach().clone() for parameter in trained},
        {
            names[parameter]: {name: moment.clone() for name, moment in state.items()}
            for parameter, state in optimiser.state.items()
        },
    )


def restore(model: nn.Module, checkpoint: Checkpoint) -> None:
    """Give a model the values of the checkpoint's parameters that it has, by name."""
    present = model.state_dict()
    shared = {name: value for name, value in checkpoint.values.items() if name in present}
    model.load_state_dict({**present, **shared})


def keep_in(path: Path | None, make: Callable[[], Checkpoint]) -> Checkpoint:
    """Return the checkpoint in a file; where there is none, make it and write the file.

    `path` None: nothing is written. A file that was damaged or is of another folder is reported in
    one line and made again; NAME.json beside it has its checksum.
    """
    if path is None:
        return make()
    note, place = path.with_suffix(".json"), f"{path.parent.name}/{path.name}"
    if kept_result(note, place) is not None:
        read = torch.load(path, weights_only=True)
        return Checkpoint(read["values"], read["moments"])
    made = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    torch.save({"values": dict(made.values), "moments": dict(made.moments)}, content)
    write_whole(path, content.getvalue())
    keep_result(note, place, len(made.values), beside=[path])
    return made


def falling_rates(steps: int, falling: int) -> list[float]:
    """Return a factor of the learning rate for each step: 1, falling to almost 0 at the end.

    The last `falling` steps fall in equal parts.
    """
    return [min(1.0, (steps - step) / (falling + 1)) for step in range(steps)]
