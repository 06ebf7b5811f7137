# SPDX-License-Identifier: Apache-2.0
"""Training in pieces: a piece begins where another one ended, its optimiser's moments included."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from surmax.common.kept import keep_result, kept_result
from surmax.train.learn.optimiser_groups import parameter_groups
from torch import Tensor, nn

Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Recipe:
    """How a model is trained with AdamW.

    Attributes:
        rate: learning rate.
        normaliser_rate: that of the normalisers' own parameters.
        decay: weight decay of matrices.
        clip: largest norm of a gradient.
        betas: of AdamW.
        half: bfloat16 for all but what is kept in float32 by the model itself.
    """

    rate: float
    normaliser_rate: float
    decay: float = 0.01
    clip: float = 1.0
    betas: tuple[float, float] = (0.9, 0.999)
    half: bool = True


@dataclass(frozen=True)
class Checkpoint:
    """A model's trained parameters, and AdamW's state of each, by name."""

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
    """Take one step a batch and return where the model got to.

    Args:
        model: is changed.
        loss: of the model and a batch.
        batches: in order.
        rates: factor of the learning rates, one a batch.
        recipe: of the optimiser.
        start: its moments are taken for parameters that it knows; the model's values are the
            caller's to set (restore).
        progress: told steps done, steps wanted and the step's loss.
    """
    groups = parameter_groups(model, recipe.decay, recipe.normaliser_rate)
    optimiser = torch.optim.AdamW(groups, lr=recipe.rate, betas=recipe.betas, fused=True)
    names = {parameter: name for name, parameter in model.named_parameters()}
    own = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    for parameter in own:
        known = start.moments.get(names[parameter]) if start else None
        if known is not None:
            optimiser.state[parameter] = {name: one.clone() for name, one in known.items()}
    full = [group["lr"] for group in optimiser.param_groups]
    device = own[0].device.type
    for step, (batch, rate) in enumerate(zip(batches, rates, strict=True)):
        for group, lr in zip(optimiser.param_groups, full, strict=True):
            group["lr"] = lr * rate
        with torch.autocast(device, torch.bfloat16, enabled=recipe.half):
            value = loss(model, batch)
        value.backward()
        torch.nn.utils.clip_grad_norm_(own, recipe.clip)
        optimiser.step()
        optimiser.zero_grad()
        if progress:
            progress(step + 1, len(batches), float(value.detach()))
    return Checkpoint(
        {names[parameter]: parameter.detach().clone() for parameter in own},
        {
            names[parameter]: {name: one.clone() for name, one in state.items()}
            for parameter, state in optimiser.state.items()
        },
    )


def restore(model: nn.Module, checkpoint: Checkpoint) -> None:
    """Give a model the values that it shares with a checkpoint, by name."""
    own = model.state_dict()
    shared = {name: one for name, one in checkpoint.values.items() if name in own}
    model.load_state_dict({**own, **shared})


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
    partial = path.with_name(f".{path.name}.partial")
    torch.save({"values": dict(made.values), "moments": dict(made.moments)}, partial)
    os.replace(partial, path)
    keep_result(note, place, len(made.values), beside=[path])
    return made


def falling_rates(steps: int, falling: int) -> list[float]:
    """Return factors of a learning rate: 1, and over the last `falling` steps down to almost 0."""
    return [min(1.0, (steps - step) / (falling + 1)) for step in range(steps)]
