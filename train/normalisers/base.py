# SPDX-License-Identifier: Apache-2.0
"""What all normalisers share: shapes, masks, the scale of the scores, the face."""

from collections.abc import Sequence
from typing import Any

import torch
from surmax.common.errors import InputError, check_choice, check_range
from surmax.golden.head_file import ConsmaxHead, HccsHead
from surmax.golden.reference import check_head
from torch import Tensor, nn

FACES = ("float", "quantised", "exact")


class Normaliser(nn.Module):
    """Attention scores to probabilities: what stands in the place of softmax.

    Called as normaliser(scores, mask):
        scores: float, shape (batch, heads, queries, keys).
        mask: bool, broadcastable to `scores`, True where a position is masked; None masks nothing.
    It returns probabilities of the shape of `scores`, float32 (float64 for float64 scores). A
    masked position is exactly 0, takes no part in the others, and has no gradient, whatever its
    score is; a row that is masked everywhere is 0.

    Attributes:
        heads: attention heads.
        face: "float" is smooth; "quantised" sees int8 scores and integer constants, with
            straight-through gradients; "exact" returns what the integers of surmax.golden give,
            divided by full scale, with the gradients of the quantised face.

    Parameters:
        scale: real score units an int8 code, one for all heads or one a head; None: no int8 codes.
        learn_scale: train it, as its logarithm.

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
                raise InputError("learn_scale needs a scale to begin with, and scale is None")
            self.register_buffer("_scale", None)
            return
        values = torch.tensor(_check_scales(scale, heads), dtype=torch.float32)
        if learn_scale:
            self.log_scale = nn.Parameter(values.log())
        else:
            self.register_buffer("_scale", values)

    @property
    def face(self) -> str:
        """Which of FACES is computed; can be set at any time."""
        return self._face

    @face.setter
    def face(self, face: str) -> None:
        self._face = check_choice("face", face, FACES)

    @property
    def scale(self) -> Tensor | None:
        """Score units an int8 code, shape (heads,), with its gradient; None: no codes."""
        return self.log_scale.exp() if self.learn_scale else self._scale

    def forward(self, scores: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return probabilities; see the class."""
        if scores.ndim != 4 or scores.shape[1] != self.heads or not scores.is_floating_point():
            raise InputError(
                f"scores have shape {tuple(scores.shape)} and dtype {scores.dtype}: floats of "
                f"shape (batch, {self.heads}, queries, keys) are needed"
            )
        if mask is not None:
            mask = self._check_mask(mask, scores)
        if scores.dtype not in (torch.float32, torch.float64):
            scores = scores.to(torch.float32)
        return self._probabilities(scores, mask)

    def _probabilities(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        """Normalise float32 or float64 scores; `mask` is bool with 4 axes, the last one whole."""
        raise NotImplementedError

    @staticmethod
    def _check_mask(mask: Tensor, scores: Tensor) -> Tensor:
        if mask.dtype != torch.bool:
            raise InputError(f"mask has dtype {mask.dtype}: bool is needed, True where masked")
        shape = (1,) * (4 - mask.ndim) + tuple(mask.shape)
        if len(shape) != 4 or any(
            m not in (1, n) for m, n in zip(shape, scores.shape, strict=True)
        ):
            raise InputError(
                f"mask has shape {tuple(mask.shape)}: one that broadcasts to "
                f"{tuple(scores.shape)} is needed"
            )
        return mask.view(shape).expand(*shape[:3], scores.shape[-1])


def heads_of_layer(heads: Sequence[ConsmaxHead] | Sequence[HccsHead], layer: int) -> list[Any]:
    """Return the heads of one layer of a head-constants file, from head 0 up.

    Raises InputError when one is missing.
    """
    found = sorted((one for one in heads if one.layer == layer), key=lambda one: one.head)
    numbers = [one.head for one in found]
    if not found or numbers != list(range(len(found))):
        raise InputError(
            f"constants of layer {layer} are of heads {numbers}: all heads, from 0 up, are needed"
        )
    return found


def set_face(model: nn.Module, face: str) -> None:
    """Set the face of every normaliser in `model`; raises InputError when there is no such face."""
    check_choice("face", face, FACES)
    for module in model.modules():
        if isinstance(module, Normaliser):
            module.face = face


def per_head(values: Tensor) -> Tensor:
    """Return one value a head, shape (heads,), so that it broadcasts to scores."""
    return values.view(-1, 1, 1)


def _check_scales(scale: float | Sequence[float], heads: int) -> list[float]:
    scales = list(scale) if isinstance(scale, Sequence) else [scale] * heads
    if len(scales) != heads:
        raise InputError(
            f"scale holds {len(scales)} values: one, or {heads}, one a head, is needed"
        )
    return [check_head(one, 0.0, 1.0)[0] for one in scales]
