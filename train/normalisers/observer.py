# SPDX-License-Identifier: Apache-2.0
"""What a normaliser's rows look like beside softmax: divergence and row sums."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass
class Sums:
    """Running sums over rows: their number, divergences, row sums, squares, least and largest."""

    rows: int = 0
    kl: float = 0.0
    total: float = 0.0
    squares: float = 0.0
    least: float = float("inf")
    largest: float = float("-inf")

    def add(self, kl: Tensor, sums: Tensor) -> None:
        """Add rows."""
        if not sums.numel():
            return
        sums = sums.double()
        self.rows += sums.numel()
        self.kl += float(kl.double().sum())
        self.total += float(sums.sum())
        self.squares += float((sums**2).sum())
        self.least = min(self.least, float(sums.min()))
        self.largest = max(self.largest, float(sums.max()))

    def metrics(self) -> dict[str, float]:
        """Return attention_kl, the mean in nats, and row_sum_mean, _std, _min and _max."""
        if not self.rows:
            return {}
        mean = self.total / self.rows
        return {
            # Rounding alone makes it less than 0.
            "attention_kl": max(self.kl / self.rows, 0.0),
            "row_sum_mean": mean,
            "row_sum_std": max(self.squares / self.rows - mean**2, 0.0) ** 0.5,
            "row_sum_min": self.least,
            "row_sum_max": self.largest,
        }


class Observer(nn.Module):
    """Wraps a normaliser and compares its rows with softmax of the scores that it is given.

    Rows that are masked everywhere do not count. The divergence of a row is KL(softmax || p), p
    divided by its sum; what is visible and 0 counts as `least` there, so that it is finite.

    Attributes:
        normaliser: the one that answers.
        sums: where rows are added; observers of several layers may share it.
        active: whether rows are looked at.
    """

    def __init__(self, normaliser: nn.Module, sums: Sums, *, least: float = 1e-30) -> None:
        super().__init__()
        self.normaliser, self.sums, self._least = normaliser, sums, least
        self.active = True

    def forward(self, scores: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return what the normaliser returns."""
        p = self.normaliser(scores, mask)
        if self.active:
            with torch.no_grad():
                self._look(scores.float(), mask, p.float())
        return p

    def _look(self, scores: Tensor, mask: Tensor | None, p: Tensor) -> None:
        sums = p.sum(dim=-1)
        if mask is None:
            wanted, q = scores.log_softmax(dim=-1), p.clamp(min=self._least)
            counts = torch.ones_like(sums, dtype=torch.bool)
        else:
            # -inf in both logarithms would be no number where it counts nothing.
            wanted = scores.masked_fill(mask, torch.finfo(scores.dtype).min).log_softmax(dim=-1)
            q = p.clamp(min=self._least).masked_fill(mask, 0.0)
            counts = (~mask).any(dim=-1).expand(sums.shape)
        share = q / q.sum(dim=-1, keepdim=True).clamp(min=torch.finfo(q.dtype).tiny)
        terms = wanted.exp() * (wanted - share.log())
        if mask is not None:
            terms = terms.masked_fill(mask, 0.0)
        self.sums.add(terms.sum(dim=-1)[counts], sums[counts])
