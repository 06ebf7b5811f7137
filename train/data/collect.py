# SPDX-License-Identifier: Apache-2.0
"""Collect the attention scores of a model on text, for calibration."""

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
        value_norms: float32 (layers, heads, windows, length), |V| of each position; None where they
            were not collected.
    """

    scores: npt.NDArray[np.float32]
    mask: npt.NDArray[np.bool_]
    value_norms: npt.NDArray[np.float32] | None

    @property
    def by_head(self) -> npt.NDArray[np.float32]:
        """The scores, (layers*heads, rows, length)."""
        return self.scores.reshape(-1, *self.scores.shape[2:])

    def largest(self) -> npt.NDArray[np.float64]:
        """Return the largest visible |score| of each head, (layers*heads,)."""
        return np.array([np.abs(scores[~self.mask]).max() for scores in self.by_head], np.float64)

    @property
    def weights(self) -> npt.NDArray[np.float32] | None:
        """Value norms repeated for each query, (layers*heads, rows, length); None without them."""
        if self.value_norms is None:
            return None
        layers, heads, windows, length = self.value_norms.shape
        norms = self.value_norms.reshape(layers * heads, windows, 1, length)
        return np.repeat(norms, length, axis=2).reshape(layers * heads, -1, length)


def collect(
    model: nn.Module, tokens: Tensor, *, value_norms: bool = False, progress: Progress | None = None
) -> Collected:
    """Return the scores of a model on whole windows; its normalisers stay as they were.

    Args:
        model: has `layers`, each with a `normaliser`, as the models of surmax.train.models.
        tokens: (windows, length), none of them padding.
        value_norms: collect |V| too; the layers must have a linear layer `value`.
        progress: called with the windows done and wanted.
    """
    layers = list(model.layers)
    before = [layer.normaliser for layer in layers]
    recorders = [Recorder(normaliser) for normaliser in before]
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
        for first in range(0, len(tokens), _BATCH):
            with torch.no_grad():
                model(tokens[first : first + _BATCH])
            for kept, recorder in zip(parts, recorders, strict=True):
                ((scores, mask),) = recorder.seen
                recorder.clear()
                kept.append(scores.transpose(0, 1).flatten(1, 2).float().cpu().numpy())
                if recorder is recorders[0]:
                    masks.append(_mask_rows(scores, mask))
            if progress:
                progress(min(first + _BATCH, len(tokens)), len(tokens))
    finally:
        for layer, normaliser in zip(layers, before, strict=True):
            layer.normaliser = normaliser
        for hook in hooks:
            hook.remove()
    heads = parts[0][0].shape[0]
    # A head of values may serve several heads of queries.
    value_heads = getattr(model.config, "key_heads", heads)
    return Collected(
        np.stack([np.concatenate(kept, axis=1) for kept in parts]),
        np.concatenate(masks),
        np.stack([_norms(torch.cat(kept), heads, value_heads) for kept in norms])
        if value_norms
        else None,
    )


def _mask_rows(scores: Tensor, mask: Tensor | None) -> npt.NDArray[np.bool_]:
    """Return the mask of a call, which is the same for all heads, as (windows*queries, keys)."""
    batch, _, queries, keys = scores.shape
    if mask is None:
        return np.zeros((batch * queries, keys), dtype=bool)
    spread = mask.expand(batch, 1, queries, keys) if mask.dim() == 4 else mask.expand(scores.shape)
    return spread[:, 0].flatten(0, 1).cpu().numpy()


def _norms(values: Tensor, heads: int, value_heads: int) -> npt.NDArray[np.float32]:
    """Return |V| of each head of queries, (heads, windows, length).

    `values`: (windows, length, width), of `value_heads` heads side by side.
    """
    norms = values.unflatten(-1, (value_heads, -1)).float().norm(dim=-1)
    return norms.repeat_interleave(heads // value_heads, dim=-1).permute(2, 0, 1).cpu().numpy()


def save_collected(
    path: Path, collected: Sequence[Collected], *, real: bool, about: Mapping[str, Any]
) -> None:
    """Write a score file of one model.

    Args:
        path: the file.
        collected: scores on windows of one or more lengths, one item a length.
        real: write the real scores; otherwise int8 codes, the largest visible |score| of a head
            being code 127.
        about: JSON-ready, kept in the file.
    """
    layers, heads = collected[0].scores.shape[:2]
    by_length = {scores.mask.shape[1]: scores for scores in collected}
    # Quantised head by head, because all heads in float64 would take too much memory.
    scale = np.max([scores.largest() for scores in collected], axis=0) / 127
    codes = {
        length: found.by_head
        if real
        else np.stack([quantise(rows, own) for rows, own in zip(found.by_head, scale, strict=True)])
        for length, found in by_length.items()
    }
    weights = {
        length: found.weights for length, found in by_length.items() if found.weights is not None
    }
    save_scores(
        path,
        codes,
        scale=scale,
        places=[(layer, head) for layer in range(layers) for head in range(heads)],
        masks={length: found.mask for length, found in by_length.items()},
        weights=weights,
        about=about,
    )


def text_windows(tokenizer: Any, text: str, length: int, count: int) -> Tensor:
    """Return the first `count` windows of a text, (count, length).

    The tokens that a tokenizer puts around a text, such as BERT's [CLS] and [SEP], are put around
    each window. Raises InputError when the text is too short.
    """
    plain = tokenizer.encode(text, add_special_tokens=False).ids
    around = tokenizer.encode("").ids
    body = length - len(around)
    if body < 1 or len(plain) < count * body:
        raise InputError(
            f"text must have at least {count * max(body, 1)} tokens for {count} windows of "
            f"{length}, not {len(plain)}"
        )
    first, last = around[: len(around) // 2], around[len(around) // 2 :]
    return torch.tensor([first + plain[at * body : (at + 1) * body] + last for at in range(count)])
