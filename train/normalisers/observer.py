# SPDX-License-Identifier: Apache-2.0
"""Compare the rows of a normaliser with softmax: divergence and row sums."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

# Smallest probability that a divergence counts, where there are no codes with half a code to take.
LEAST_PROBABILITY = 1e-30


@dataclass
class RowFigures:
    """Running totals over rows.

    Attributes:
        rows: number of rows.
        kl: sum of their divergences, nats.
        total, squares: sum of the row sums, and of their squares.
        least, largest: smallest and largest row sum.
    """

    rows: int = 0
    kl: float = 0.0
    total: float = 0.0
    squares: float = 0.0
    least: float = float("inf")
    largest: float = float("-inf")

    def add(self, kl: Tensor, sums: Tensor) -> None:
        """Add rows: the divergence and the sum of each, both of shape (rows,)."""
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
        """Return attention_kl (mean, nats) and row_sum_mean, _std, _min and _max; {} of no rows."""
        if not self.rows:
            return {}
        mean = self.total / self.rows
        return {
            # Rounding can make the mean slightly negative.
            "attention_kl": max(self.kl / self.rows, 0.0),
            "row_sum_mean": mean,
            "row_sum_std": max(self.squares / self.rows - mean**2, 0.0) ** 0.5,
            "row_sum_min": self.least,
            "row_sum_max": self.largest,
        }


class Observer(nn.Module):
    """Wraps a normaliser and compares its rows with softmax of the same scores.

    The divergence of a row is KL(softmax || p / sum(p)). A visible position whose probability is 0
    counts as `least`, so that the divergence is finite. Rows that are masked everywhere do not
    count.

    Attributes:
        normaliser: the wrapped normaliser, whose result is returned.
        figures: totals that the rows are added to; observers of several layers may share them.
        active: whether rows are compared.
    """

    def __init__(
        self, normaliser: nn.Module, figures: RowFigures, *, least: float = LEAST_PROBABILITY
    ) -> None:
        super().__init__()
        self.normaliser, self.figures, self._least = normaliser, figures, least
        self.active = True

    def forward(self, scores: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return what the normaliser returns."""
        p = self.normaliser(scores, mask)
        if self.active:
            with torch.no_grad():
                self._compare(scores.float(), mask, p.float())
        return p

    def _compare(self, scores: Tensor, mask: Tensor | None, p: Tensor) -> None:
        sums = p.sum(dim=-1)
        if mask is None:
            wanted, q = scores.log_softmax(dim=-1), p.clamp(min=self._least)
            counts = torch.ones_like(sums, dtype=torch.bool)
        else:
            # The least finite score instead of -inf: the difference of two infinities is NaN.
            wanted = scores.masked_fill(mask, torch.finfo(scores.dtype).min).log_softmax(dim=-1)
            q = p.clamp(min=self._least).masked_fill(mask, 0.0)
            counts = (~mask).any(dim=-1).expand(sums.shape)
        share = q / q.sum(dim=-1, keepdim=True).clamp(min=torch.finfo(q.dtype).tiny)
        terms = wanted.exp() * (wanted - share.log())
        if mask is not None:
            terms = terms.masked_fill(mask, 0.0)
        self.figures.add(terms.sum(dim=-1)[counts], sums[counts])


def observe(
    normalisers: Sequence[nn.Module], figures: RowFigures, *, least: float
) -> list[Observer]:
    """Return each normaliser wrapped in an observer; all of them add to `figures`."""
    return [Observer(normaliser, figures, least=least) for normaliser in normalisers]


def set_observers(model: nn.Module, *, active: bool) -> None:
    """Switch all observers in a model on or off."""
    for module in model.modules():
        if isinstance(module, Observer):
            module.active = active
