# SPDX-License-Identifier: Apache-2.0
"""A sentence classifier (encoder, mean of its features, linear layer) and its batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from surmax.train.models.bert import Bert
from torch import Tensor, nn

# So many batches are sorted by length together: little is padded, and batches stay mixed.
_POOL_BATCHES = 32
# Padded lengths are multiples of this, so that there are few shapes.
_STEP = 8


@dataclass(frozen=True)
class Example:
    """A sentence in tokens, and the number of its class."""

    tokens: tuple[int, ...]
    label: int


@dataclass(frozen=True)
class Batch:
    """Sentences of one call.

    Attributes:
        tokens: int64 (batch, length), padded with 0.
        counts: int64 (batch,), tokens of each row that are not padding; None without padding.
        labels: int64 (batch,).
    """

    tokens: Tensor
    counts: Tensor | None
    labels: Tensor


class Classifier(nn.Module):
    """Returns logits of each sentence: a linear layer over the mean of the encoder's features."""

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
    for start in range(0, len(order), pool):
        pooled = sorted(order[start : start + pool], key=lambda index: len(examples[index].tokens))
        for first in range(0, len(pooled), size):
            chosen = [examples[index] for index in pooled[first : first + size]]
            longest = max(len(example.tokens) for example in chosen)
            found.append(_batch(chosen, -(-longest // _STEP) * _STEP))
    return [found[index] for index in rng.permutation(len(found))]


def whole_batches(examples: Sequence[Example], size: int) -> Iterator[tuple[list[int], Batch]]:
    """Yield (indices, batch); examples of a batch have one length, so that nothing is padded."""
    by_length: dict[int, list[int]] = {}
    for index, example in enumerate(examples):
        by_length.setdefault(len(example.tokens), []).append(index)
    for length, indices in sorted(by_length.items()):
        for first in range(0, len(indices), size):
            chosen = indices[first : first + size]
            yield chosen, _batch([examples[index] for index in chosen], length)


def _batch(examples: Sequence[Example], length: int) -> Batch:
    tokens = torch.zeros(len(examples), length, dtype=torch.int64)
    for row, example in zip(tokens, examples, strict=True):
        row[: len(example.tokens)] = torch.tensor(example.tokens)
    counts = torch.tensor([len(example.tokens) for example in examples])
    whole = bool((counts == length).all())
    labels = torch.tensor([example.label for example in examples])
    return Batch(tokens, None if whole else counts, labels)
