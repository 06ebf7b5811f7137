# SPDX-License-Identifier: Apache-2.0
"""The parameters of a model in groups, as an optimiser should take them."""

from typing import Any

from surmax.train.normalisers.base import Normaliser
from torch import nn


def parameter_groups(
    model: nn.Module, weight_decay: float, normaliser_rate: float | None = None
) -> list[dict[str, Any]]:
    """Return optimiser groups: what decays, what does not, and the normalisers' own.

    Matrices decay. Vectors (biases, gains) do not, and nothing of a normaliser does, whatever its
    shape: decay would pull ConSmax's beta and log(gamma) and the constants of HCCS to values that
    mean nothing. Parameters that take no gradient are left out, and so are empty groups.

    Args:
        model: any module that holds normalisers.
        weight_decay: of the first group.
        normaliser_rate: learning rate of the normalisers' group; None: the optimiser's.
    """
    own = {
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
            place = 2 if parameter in own else 0 if parameter.ndim >= 2 else 1
            groups[place]["params"].append(parameter)
    return [group for group in groups if group["params"]]
