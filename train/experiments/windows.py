# SPDX-License-Identifier: Apache-2.0
"""Run a causal language model over windows of text."""

from collections.abc import Iterator

import torch
from surmax.train.normalisers.observer import set_observers
from torch import Tensor, nn


@torch.no_grad()
def next_token_logs(
    model: nn.Module, windows: Tensor, *, batch: int, observed: int, half: bool
) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Yield (number of the first window, tokens, log probabilities of the next token) by batch.

    Args:
        model: takes tokens (windows, length), returns logits (windows, length, vocabulary).
        windows: tokens, int64 (windows, length).
        batch: windows of one call.
        observed: observers in the model look at batches that begin before this window.
        half: compute what autocast allows in bfloat16.
    """
    for first in range(0, len(windows), batch):
        set_observers(model, active=first < observed)
        tokens = windows[first : first + batch]
        with torch.autocast(windows.device.type, torch.bfloat16, enabled=half):
            logits = model(tokens)
        yield first, tokens, logits.float().log_softmax(dim=-1)


def log_likelihood(log: Tensor, tokens: Tensor) -> tuple[float, int]:
    """Return the sum of the log probabilities of a batch's tokens, and how many they are.

    The first token of each window is not predicted and does not count.

    Args:
        log: log probabilities of the next token, (windows, length, vocabulary).
        tokens: int64 (windows, length).
    """
    picked = log[:, :-1].gather(-1, tokens[:, 1:, None])
    return float(picked.double().sum()), picked.numel()
