# SPDX-License-Identifier: Apache-2.0
"""Base class of the normalisers: checks of shapes and masks, the score scale, the face."""

from collections.abc import Sequence
from typing import Any

import torch
from surmax.common.errors import InputError, check_choice, check_range
from surmax.golden.head_file import ConsmaxHead, HccsHead
from surmax.golden.reference import check_head
from torch import Tensor, nn

FACES = ("float", "quantised", "exact")


class Normaliser(nn.Module):
    """Turns attention scores into probabilities, in the place of softmax.

    Called as normaliser(scores, mask):
        scores: float, shape (batch, heads, queries, keys).
        mask: bool, broadcastable to `scores`, True where a position is masked; None masks nothing.
    It returns probabilities of the shape of `scores`, float32 (float64 for float64 scores). A
    masked position gives exactly 0 and does not influence the other positions; its gradient is 0.
    Its score may be any number, infinite or NaN. A row that is masked everywhere gives zeros.

    Attributes:
        heads: number of attention heads.
        face: "float" is smooth. "quantised" uses int8 scores and integer constants, with
            straight-through gradients. "exact" returns the codes of surmax.golden divided by full
            scale, with the gradients of the quantised face.

    Parameters:
        scale: real score units of an int8 code, one value for all heads or one a head; None where
            scores are not quantised.
        learn_scale: train the scale, as its logarithm.

    Raises InputError when a value is out of range, at construction or in a call.
    """

    def __init__(
        self,
        heads: int,
        scale: float | Sequence[float] | None,
        face: str,
        *,
        learn_scale: bool = False,
    ) -> None:
        super().__init__()
        self.heads = check_range("heads", heads, 1, 65536)
        self.face = face
        self.learn_scale = learn_scale
        if scale is None:
            if learn_scale:
                raise InputError("scale must be given with learn_scale, not None")
            self.register_buffer("_scale", None)
            return
        values = torch.tensor(
            [check_head(value, 0.0, 1.0)[0] for value in head_values("scale", scale, heads)],
            dtype=torch.float32,
        )
        if learn_scale:
            self.log_scale = nn.Parameter(values.log())
        else:
            self.register_buffer("_scale", values)

    @property
    def face(self) -> str:
        """The face that is computed, one of FACES; it can be set at any time."""
        return self._face

    @face.setter
    def face(self, face: str) -> None:
        self._face = check_choice("face", face, FACES)

    @property
    def scale(self) -> Tensor | None:
        """Score units of an int8 code, shape (heads,), with gradient; None without a scale."""
        return self.log_scale.exp() if self.learn_scale else self._scale

    def forward(self, scores: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the probabilities of `scores`; the class describes shapes and masks."""
        if scores.ndim != 4 or scores.shape[1] != self.heads or not scores.is_floating_point():
            raise InputError(
                f"scores must be floats of shape (batch, {self.heads}, queries, keys), not "
                f"{scores.dtype} of shape {tuple(scores.shape)}"
            )
        if mask is not None:
            mask = check_mask(mask, scores.shape)
        if scores.dtype not in (torch.float32, torch.float64):
            scores = scores.to(torch.float32)
        return self._probabilities(scores, mask)

    def _probabilities(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        """Normalise float32 or float64 scores; `mask` is what check_mask returned, or None."""
        raise NotImplementedError


def check_mask(mask: Tensor, shape: Sequence[int]) -> Tensor:
    """Return a mask with as many axes as the scores, its last axis expanded to all keys.

    Args:
        mask: as a normaliser takes it.
        shape: of the scores, (..., keys).

    Raises InputError when the mask is not bool or does not broadcast to the scores.
    """
    if mask.dtype != torch.bool:
        raise InputError(f"mask must be bool, True where masked, not {mask.dtype}")
    own = (1,) * (len(shape) - mask.ndim) + tuple(mask.shape)
    if len(own) != len(shape) or any(m not in (1, n) for m, n in zip(own, shape, strict=True)):
        raise InputError(
            f"mask must have a shape that broadcasts to {tuple(shape)}, not {tuple(mask.shape)}"
        )
    return mask.view(own).expand(*own[:-1], shape[-1])


def heads_of_layer(heads: Sequence[ConsmaxHead] | Sequence[HccsHead], layer: int) -> list[Any]:
    """Return the heads of one layer of a head-constants file, in the order of their numbers.

    Raises InputError when a head is missing.
    """
    found = sorted((head for head in heads if head.layer == layer), key=lambda head: head.head)
    numbers = [head.head for head in found]
    if not found or numbers != list(range(len(found))):
        raise InputError(
            f"constants of layer {layer} must be of all heads from 0 up, not of {numbers}"
        )
    return found


def set_face(model: nn.Module, face: str) -> None:
    """Set the face of every normaliser in `model`; raises InputError when there is no such face."""
    check_choice("face", face, FACES)
    for module in model.modules():
        if isinstance(module, Normaliser):
            module.face = face


def per_head(values: Tensor) -> Tensor:
    """Return values of heads, shape (heads,), in a shape that broadcasts to scores."""
    return values.view(-1, 1, 1)


def head_values(name: str, value: float | Sequence[float], heads: int) -> list[float]:
    """Return one value for each head; a single number is every head's.

    Raises InputError naming the field when a sequence has another length.
    """
    values = list(value) if isinstance(value, Sequence) else [value] * heads
    if len(values) != heads:
        raise InputError(
            f"{name} must hold one value, or {heads} for {heads} heads, not {len(values)}"
        )
    return values
