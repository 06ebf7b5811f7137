# SPDX-License-Identifier: Apache-2.0
"""Split the parameters of a model into groups for an optimiser."""

from typing import Any

from surmax.train.normalisers.base import Normaliser
from torch import nn


def parameter_groups(
    model: nn.Module, weight_decay: float, normaliser_rate: float | None = None
) -> list[dict[str, Any]]:
    """Return optimiser groups: matrices, vectors, and the parameters of normalisers.

    Only matrices decay. Vectors (biases, gains) do not. Nor do the parameters of normalisers,
    whatever their shape: decay would pull beta and log(gamma) of ConSmax and the constants of HCCS
    towards 0, which is no sensible value for them. Parameters without a gradient are left out, and
    so are empty groups.

    Args:
        model: any module that holds normalisers.
        weight_decay: of the matrices.
        normaliser_rate: learning rate of the normalisers' group; None is the optimiser's.
    """
    of_normalisers = {
        parameter
        for module in model.modules()
        if isinstance(module, Normaliser)
        for parameter in module.parameters()
    }
    groups: list[dict[str, Any]] = [
        {"params": [], "weight_decay": weight_decay},
        {"params": [], "weight_decay": 0.0},
        {"params": [], "weight_decay": 0.0},
    ]
    if normaliser_rate is not None:
        groups[2]["lr"] = normaliser_rate
    for parameter in model.parameters():
        if parameter.requires_grad:
            place = 2 if parameter in of_normalisers else 0 if parameter.ndim >= 2 else 1
            groups[place]["params"].append(parameter)
    return [group for group in groups if group["params"]]
