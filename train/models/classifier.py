# SPDX-License-Identifier: Apache-2.0
"""A classifier of sentences: an encoder, the mean of its features, a linear layer; its batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from surmax.train.models.bert import Bert
from torch import Tensor, nn

# Batches that are sorted by length together: little is padded, and batches stay mixed.
_POOL_BATCHES = 32
# Padded lengths are multiples of this: few shapes.
_STEP = 8


@dataclass(frozen=True)
class Example:
    """A sentence as tokens, and its class."""

    tokens: tuple[int, ...]
    label: int


@dataclass(frozen=True)
class Batch:
    """Sentences of one call.

    Attributes:
        tokens: int64 (batch, length), padded with 0.
        counts: int64 (batch,), real ones a row; None: nothing is padded.
        labels: int64 (batch,).
    """

    tokens: Tensor
    counts: Tensor | None
    labels: Tensor


class Classifier(nn.Module):
    """Logits of each sentence: a linear layer over the mean of the encoder's features."""

    def __init__(self, encoder: Bert, classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.config.width, classes)

    def forward(self, batch: Batch) -> Tensor:
        """Return float32 logits, (batch, classes)."""
        features = self.encoder(batch.tokens, batch.counts).float()
        if batch.counts is None:
            mean = features.mean(dim=1)
        else:
            real = torch.arange(features.shape[1], device=features.device) < batch.counts[:, None]
            mean = (features * real[..., None]).sum(dim=1) / batch.counts[:, None]
        return self.head(mean).float()


def training_batches(
    examples: Sequence[Example], size: int, rng: np.random.Generator
) -> list[Batch]:
    """Return all examples once in random batches of similar lengths; the last may be smaller."""
    order = rng.permutation(len(examples))
    pool = size * _POOL_BATCHES
    found = []
    for at in range(0, len(order), pool):
        some = sorted(order[at : at + pool], key=lambda one: len(examples[one].tokens))
        for first in range(0, len(some), size):
            chosen = [examples[one] for one in some[first : first + size]]
            longest = max(len(one.tokens) for one in chosen)
            found.append(_batch(chosen, -(-longest // _STEP) * _STEP))
    return [found[at] for at in rng.permutation(len(found))]


def whole_batches(examples: Sequence[Example], size: int) -> Iterator[tuple[list[int], Batch]]:
    """Yield (indices, batch) of examples of one length, so that nothing is padded."""
    by_length: dict[int, list[int]] = {}
    for at, one in enumerate(examples):
        by_length.setdefault(len(one.tokens), []).append(at)
    for length, found in sorted(by_length.items()):
        for first in range(0, len(found), size):
            some = found[first : first + size]
            yield some, _batch([examples[at] for at in some], length)


def _batch(examples: Sequence[Example], length: int) -> Batch:
    tokens = torch.zeros(len(examples), length, dtype=torch.int64)
    for row, one in zip(tokens, examples, strict=True):
        row[: len(one.tokens)] = torch.tensor(one.tokens)
    counts = torch.tensor([len(one.tokens) for one in examples])
    whole = bool((counts == length).all())
    labels = torch.tensor([one.label for one in examples])
    return Batch(tokens, None if whole else counts, labels)
