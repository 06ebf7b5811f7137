# SPDX-License-Identifier: Apache-2.0
"""Record the scores and masks that a normaliser is called with."""

from torch import Tensor, nn


class Recorder(nn.Module):
    """Wraps a normaliser and keeps the scores and masks of every call.

    Attributes:
        normaliser: the wrapped normaliser, whose result is returned.
        seen: (scores, mask) of each call since `clear`; scores are detached, a mask may be None.
    """

    def __init__(self, normaliser: nn.Module) -> None:
        super().__init__()
        self.normaliser = normaliser
        self.seen: list[tuple[Tensor, Tensor | None]] = []

    def forward(self, scores: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return what the normaliser returns."""
        self.seen.append((scores.detach(), mask))
        return self.normaliser(scores, mask)

    def clear(self) -> None:
        """Forget all recorded calls."""
        self.seen.clear()
