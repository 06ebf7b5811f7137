# SPDX-License-Identifier: Apache-2.0
"""Scores of a model's heads on text, collected for calibration."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from surmax.calibrate.score_file import save_scores
from surmax.calibrate.scores import quantise
from surmax.golden import InputError
from surmax.train.normalisers.recorder import Recorder
from torch import Tensor, nn

Progress = Callable[[int, int], None]

_BATCH = 4


@dataclass(frozen=True)
class Collected:
    """Scores of all heads on windows of one length; rows are queries, window after window.

    Attributes:
        scores: float32 (layers, heads, rows, length), QK^T/sqrt(d) before the mask.
        mask: bool (rows, length), True where a position is masked.
        value_norms: float32 (layers, heads, windows, length), |V| of each position; None: not
            wanted.
    """

    scores: npt.NDArray[np.float32]
    mask: npt.NDArray[np.bool_]
    value_norms: npt.NDArray[np.float32] | None

    @property
    def by_head(self) -> npt.NDArray[np.float32]:
        """The scores, (layers*heads, rows, length)."""
        return self.scores.reshape(-1, *self.scores.shape[2:])

    def largest(self) -> npt.NDArray[np.float64]:
        """Return the largest |score| of each head that is not masked, (layers*heads,)."""
        return np.array([np.abs(one[~self.mask]).max() for one in self.by_head], np.float64)

    @property
    def weights(self) -> npt.NDArray[np.float32] | None:
        """Value norms for each query: (layers*heads, rows, length)."""
        if self.value_norms is None:
            return None
        layers, heads, windows, length = self.value_norms.shape
        norms = self.value_norms.reshape(layers * heads, windows, 1, length)
        return np.repeat(norms, length, axis=2).reshape(layers * heads, -1, length)


def collect(
    model: nn.Module, tokens: Tensor, *, value_norms: bool = False, progress: Progress | None = None
) -> Collected:
    """Return the scores of a model with `layers`, each with a `normaliser`, on whole windows.

    The normalisers are as they were afterwards.

    Args:
        model: of surmax.train.models.bert or surmax.train.models.llama, or one made like them.
        tokens: (windows, length), none of them padding.
        value_norms: collect |V| too; the layers have a linear layer `value` then.
        progress: told windows done and wanted.
    """
    layers = list(model.layers)
    before = [layer.normaliser for layer in layers]
    recorders = [Recorder(one) for one in before]
    norms: list[list[Tensor]] = [[] for _ in layers]
    hooks = [
        layer.value.register_forward_hook(lambda _, __, out, kept=kept: kept.append(out.detach()))
        for layer, kept in (zip(layers, norms, strict=True) if value_norms else ())
    ]
    parts: list[list[npt.NDArray[np.float32]]] = [[] for _ in layers]
    masks: list[npt.NDArray[np.bool_]] = []
    try:
        for layer, recorder in zip(layers, recorders, strict=True):
            layer.normaliser = recorder
        for at in range(0, len(tokens), _BATCH):
            with torch.no_grad():
                model(tokens[at : at + _BATCH])
            for kept, recorder in zip(parts, recorders, strict=True):
                ((scores, mask),) = recorder.seen
                recorder.clear()
                kept.append(scores.transpose(0, 1).flatten(1, 2).float().cpu().numpy())
                if recorder is recorders[0]:
                    masks.append(_mask_rows(scores, mask))
            if progress:
                progress(min(at + _BATCH, len(tokens)), len(tokens))
    finally:
        for layer, one in zip(layers, before, strict=True):
            layer.normaliser = one
        for hook in hooks:
            hook.remove()
    heads = parts[0][0].shape[0]
    # Heads of values, each of which may serve several heads of queries.
    shared = getattr(model.config, "key_heads", heads)
    return Collected(
        np.stack([np.concatenate(kept, axis=1) for kept in parts]),
        np.concatenate(masks),
        np.stack([_norms(torch.cat(kept), heads, shared) for kept in norms])
        if value_norms
        else None,
    )


def _mask_rows(scores: Tensor, mask: Tensor | None) -> npt.NDArray[np.bool_]:
    """Return the mask of a call as (windows*queries, keys); it is the same for all heads."""
    batch, _, queries, keys = scores.shape
    if mask is None:
        return np.zeros((batch * queries, keys), dtype=bool)
    spread = mask.expand(batch, 1, queries, keys) if mask.dim() == 4 else mask.expand(scores.shape)
    return spread[:, 0].flatten(0, 1).cpu().numpy()


def _norms(values: Tensor, heads: int, value_heads: int) -> npt.NDArray[np.float32]:
    """Return |V| by head, (heads, windows, length), of values (windows, length, width)."""
    norms = values.unflatten(-1, (value_heads, -1)).float().norm(dim=-1)
    return norms.repeat_interleave(heads // value_heads, dim=-1).permute(2, 0, 1).cpu().numpy()


def save_collected(
    path: Path, collected: Sequence[Collected], *, real: bool, about: Mapping[str, Any]
) -> None:
    """Write a file of scores of one model, collected on windows of one or more lengths.

    int8 codes, the largest |score| of a head that counts being code 127, or the real scores.
    """
    layers, heads = collected[0].scores.shape[:2]
    by_length = {one.mask.shape[1]: one for one in collected}
    # Head by head: all of them in float64 would take too much memory.
    scale = np.max([one.largest() for one in collected], axis=0) / 127
    codes = {
        length: one.by_head
        if real
        else np.stack([quantise(rows, own) for rows, own in zip(one.by_head, scale, strict=True)])
        for length, one in by_length.items()
    }
    weights = {n: one.weights for n, one in by_length.items() if one.weights is not None}
    save_scores(
        path,
        codes,
        scale=scale,
        places=[(layer, head) for layer in range(layers) for head in range(heads)],
        masks={length: one.mask for length, one in by_length.items()},
        weights=weights,
        about=about,
    )


def text_windows(tokenizer: Any, text: str, length: int, count: int) -> Tensor:
    """Return the first `count` windows of a text, (count, length).

    What a tokenizer puts around a text (BERT's [CLS] and [SEP]) is put around each window.
    Raises InputError when the text is too short.
    """
    plain = tokenizer.encode(text, add_special_tokens=False).ids
    around = tokenizer.encode("").ids
    body = length - len(around)
    if body < 1 or len(plain) < count * body:
        raise InputError(
            f"text has {len(plain)} tokens: {count * max(body, 1)} are needed for {count} windows "
            f"of {length}"
        )
    first, last = around[: len(around) // 2], around[len(around) // 2 :]
    return torch.tensor([first + plain[at * body : (at + 1) * body] + last for at in range(count)])
